"""``run.json``: what was made from what, so that a second run does only what is missing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..data.files import unfinished, write_whole
from .storage import stamp

__all__ = ["RECORD_NAME", "Record"]

RECORD_NAME = "run.json"

#: What an entry must hold to be of use.
_DATASET = frozenset({"file", "stamp", "fingerprint", "inputs"})
_TASK = frozenset({"status", "note", "outputs", "fingerprint"})


class Record:
    """The ``run.json`` of one folder.

    Parameters
    ----------
    folder : `pathlib.Path`
        Folder of a unit, or of the run. A missing or damaged ``run.json``
        is an empty record: then everything is made anew.

    Attributes
    ----------
    content : `dict`
        All of it. ``datasets`` holds one entry a dataset: its file, the
        file's size and time of change, who made it, its fingerprint and what
        it was made from.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            content = json.loads((folder / RECORD_NAME).read_text())
        except (OSError, ValueError):
            content = {}
        self.content: dict[str, Any] = content if isinstance(content, dict) else {}
        self.datasets = self._entries("datasets", _DATASET)
        self.tasks = self._entries("tasks", _TASK)

    def _entries(self, part: str, keys: frozenset[str]) -> dict[str, dict[str, Any]]:
        """Keep the entries of one part that are whole: other versions may write others."""
        found = self.content.get(part)
        found = found if isinstance(found, dict) else {}
        whole = {
            name: entry
            for name, entry in found.items()
            if isinstance(entry, dict) and keys <= entry.keys()
        }
        self.content[part] = whole
        return whole

    def update(self, content: Mapping[str, Any]) -> None:
        """Set parts of the content, in front of tasks and datasets, and write it."""
        self.content.update(content)
        for key in ("tasks", "datasets"):
            self.content[key] = self.content.pop(key)
        self.save()

    def save(self) -> None:
        """Write ``run.json``, whole or not at all."""
        with write_whole(self.folder / RECORD_NAME) as temporary:
            temporary.write_text(json.dumps(self.content, indent=2, default=str) + "\n")

    def fingerprint(self, name: str) -> str | None:
        """Fingerprint of a dataset whose file is as it was written, else ``None``."""
        entry = self.datasets.get(name)
        if entry is None or stamp(self.folder / entry["file"]) != entry["stamp"]:
            return None
        return entry["fingerprint"]

    def add(self, name: str, path: Path, fingerprint: str, inputs: Iterable[str]) -> None:
        """Enter a dataset whose file has been written."""
        self.datasets[name] = {
            "file": path.name,
            "stamp": stamp(path),
            "fingerprint": fingerprint,
            "inputs": sorted(inputs),
        }

    def forget(self, name: str) -> None:
        """Remove a dataset and everything that was made from it, files included."""
        entry = self.datasets.pop(name, None)
        if entry is not None:
            path = self.folder / entry["file"]
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for other in [key for key, value in self.datasets.items() if name in value["inputs"]]:
            self.forget(other)

    def clean(self) -> None:
        """Remove what a killed run left under temporary names, not what a live one writes."""
        for path in unfinished(self.folder):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
