"""Datasets as files: which name, and how each storage class is written and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.fits import read_coadd, write_coadd
from ..data.packages import ModelPackage
from ..data.pages import Pages
from ..data.tables import read_table, write_table

__all__ = ["dataset_path", "read_dataset", "stamp", "write_dataset"]


@dataclass(frozen=True)
class Format:
    """How datasets of one storage class are kept."""

    suffix: str
    write: Callable[[Any, Path], None]
    read: Callable[[Path], Any]


_FORMATS = {
    "ArrowAstropy": Format(".parquet", write_table, read_table),
    "BlendCoadd": Format(".fits", write_coadd, read_coadd),
    "BlendModelPackage": Format("", ModelPackage.write, ModelPackage.read),
    "BlendReport": Format("", Pages.write, Pages.read),
}


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
    if storage not in _FORMATS:
        return None
    return folder / f"{name.removeprefix('blend_')}{_FORMATS[storage].suffix}"


def write_dataset(value: Any, path: Path, storage: str) -> None:
    """Write a dataset, whole or not at all."""
    _FORMATS[storage].write(value, path)


def read_dataset(path: Path, storage: str) -> Any:
    """Read a dataset.

    Raises
    ------
    BadInputError
        If the file cannot be used.
    """
    return _FORMATS[storage].read(path)


def stamp(path: Path) -> list[int] | None:
    """Size and time of last change [ns] of a file or a folder; ``None`` if there is none."""
    if not path.exists():
        return None
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    stats = [file.stat() for file in files]
    return [sum(s.st_size for s in stats), max((s.st_mtime_ns for s in stats), default=0)]
