"""Datasets as files: which name each has, and what tells that one was changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..data.formats import FORMATS

__all__ = ["dataset_path", "read_dataset", "stamp", "write_dataset"]


def dataset_path(folder: Path, name: str, storage: str) -> Path | None:
    """Path of a dataset in a folder.

    Parameters
    ----------
    folder : `pathlib.Path`
        Of the unit or the run.
    name : `str`
        Dataset type; the file leaves out a leading ``blend_``.
    storage : `str`
        Storage class. ``None`` comes back for one that has no file format:
        such a dataset lives in memory only, and is made anew in each run.
    """
    if storage not in FORMATS:
        return None
    return folder / f"{name.removeprefix('blend_')}{FORMATS[storage].suffix}"


def write_dataset(value: Any, path: Path, storage: str) -> None:
    """Write a dataset, whole or not at all."""
    FORMATS[storage].write(value, path)


def read_dataset(path: Path, storage: str) -> Any:
    """Read a dataset.

    Raises
    ------
    BadInputError
        If the file cannot be used.
    """
    return FORMATS[storage].read(path)


def stamp(path: Path) -> list[int] | None:
    """Size and time of last change [ns] of a file or a folder; ``None`` if there is none."""
    if not path.exists():
        return None
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    stats = [file.stat() for file in files]
    return [sum(s.st_size for s in stats), max((s.st_mtime_ns for s in stats), default=0)]
