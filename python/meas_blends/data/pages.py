"""A report: a page with its pictures and tables, kept as a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadInputError
from .files import write_whole

__all__ = ["Pages"]

_FIRST = "index.html"


@dataclass(frozen=True)
class Pages:
    """The files of a report.

    Parameters
    ----------
    files : mapping of `str` to `bytes`
        Content of each file by its name; ``index.html`` is the page to open.
        All lie in one folder.

    Raises
    ------
    ValueError
        If there is no ``index.html``, or a name is not that of a plain file.
    """

    files: Mapping[str, bytes]

    def __post_init__(self) -> None:
        if _FIRST not in self.files:
            raise ValueError(f"a report needs {_FIRST}")
        for name in self.files:
            if Path(name).name != name or not name or name.startswith("."):
                raise ValueError(f"a report cannot hold a file named {name!r}")

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write the report as a folder, whole or not at all."""
        with write_whole(folder) as temporary:
            temporary.mkdir()
            for name, content in self.files.items():
                (temporary / name).write_bytes(content)

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> Pages:
        """Read a report.

        Raises
        ------
        BadInputError
            If the folder is no report.
        """
        folder = Path(folder)
        if not (folder / _FIRST).is_file():
            raise BadInputError(f"{folder}: no report, {_FIRST} is missing; make it anew.")
        paths = sorted(path for path in folder.iterdir() if path.is_file())
        return cls({path.name: path.read_bytes() for path in paths})
