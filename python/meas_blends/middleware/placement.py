"""Which tract, patch and band each coadd file is of: by a manifest, or by its name."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import Table

from ..data.fits import read_band
from ..data.foreign_tables import read_foreign_table
from ..data.image_names import image_stem, split_name
from ..errors import BadInputError

__all__ = ["PlacedFile", "check_distinct", "place_by_manifest", "place_by_name"]

#: Columns of a manifest, and those of them that it must have.
_COLUMNS = ("file", "skymap", "tract", "patch", "band")
_REQUIRED = ("file", "patch")


@dataclass(frozen=True)
class PlacedFile:
    """A coadd file and of what it is.

    Parameters
    ----------
    path : `pathlib.Path`
        The file, as the user wrote it.
    skymap, band : `str`
        Names.
    tract, patch : `int`
        Numbers.
    name : `str`
        Of the patch, if that got its number from the file's name.
    """

    path: Path
    skymap: str
    tract: int
    patch: int
    band: str
    name: str = ""

    @property
    def data_id(self) -> dict[str, str | int]:
        """As the Butler takes it."""
        return {
            "skymap": self.skymap,
            "tract": self.tract,
            "patch": self.patch,
            "band": self.band,
        }


def place_by_name(files: Sequence[Path], skymap: str, known: Mapping[str, int]) -> list[PlacedFile]:
    """Give every stem of a file name a patch of its own, in tract 0.

    As in ``blendtask``, files whose stems differ in their band alone share a
    patch, and files of one stem in different folders get the folder's name
    before it.

    Parameters
    ----------
    files : sequence of `pathlib.Path`
        FITS files.
    skymap : `str`
        Name of the skymap.
    known : `dict` [`str`, `int`]
        Names of patches that have their number already; ``""`` stands for the
        largest number in use.

    Returns
    -------
    placed : `list` [`PlacedFile`]
        In the order of ``files``.

    Raises
    ------
    BadInputError
        If neither the header of a file nor its name says its band, or it
        cannot be read.
    """
    numbers = {name: number for name, number in known.items() if name}
    following = 1 + max(known.values(), default=-1)
    placed = []
    stems = Counter(image_stem(file) for file in files)
    for file in files:
        stem = image_stem(file)
        if stems[stem] > 1:
            stem = f"{file.resolve().parent.name}_{stem}"
        name, band = split_name(stem, read_band(file))
        if not band:
            raise BadInputError(
                f"{file}: neither its header (BAND or FILTER) nor its name says its band; give a"
                " --manifest with the columns file, patch and band."
            )
        if name not in numbers:
            numbers[name], following = following, following + 1
        placed.append(PlacedFile(file, skymap, 0, numbers[name], band, name))
    return placed


def place_by_manifest(files: Sequence[Path], manifest: Path, skymap: str) -> list[PlacedFile]:
    """Look files up in a table.

    Parameters
    ----------
    files : sequence of `pathlib.Path`
        FITS files; all of the table if there are none.
    manifest : `pathlib.Path`
        A table with the columns ``file`` (relative to the manifest's folder,
        or to the current one) and ``patch``, and, if they are not to be
        ``skymap``, 0 and what the file's header says, ``skymap``, ``tract``
        and ``band``.
    skymap : `str`
        Name of the skymap where the table does not say.

    Returns
    -------
    placed : `list` [`PlacedFile`]

    Raises
    ------
    BadInputError
        If the table cannot be read, lacks a column or a file, or says
        something that cannot be.
    """
    table = read_foreign_table(manifest)
    missing = [name for name in _REQUIRED if name not in table.colnames]
    if missing:
        raise BadInputError(
            f"{manifest}: lacks the column {' and '.join(missing)}; give a table with the columns"
            f" {', '.join(_COLUMNS)}."
        )
    rows: dict[Path, int] = {}
    for row, name in enumerate(table["file"]):
        path = _listed_path(manifest, str(name))
        if rows.setdefault(path.resolve(), row) != row:
            raise BadInputError(f"{manifest}: lists {name} more than once; list each file once.")
    if not files:
        files = [_listed_path(manifest, str(name)) for name in table["file"]]
    placed = []
    for file in files:
        if file.resolve() not in rows:
            raise BadInputError(f"{manifest}: does not list {file}; add a row for it.")
        row = rows[file.resolve()]
        placed.append(
            PlacedFile(
                file,
                _text(table, "skymap", row) or skymap,
                _number(manifest, table, "tract", row) if "tract" in table.colnames else 0,
                _number(manifest, table, "patch", row),
                _text(table, "band", row) or _band_of(file, manifest),
            )
        )
    return placed


def check_distinct(placed: Sequence[PlacedFile]) -> None:
    """Check that no two files are of the same patch and band.

    Raises
    ------
    BadInputError
        Naming two that are.
    """
    seen: dict[tuple, PlacedFile] = {}
    for file in placed:
        other = seen.setdefault(tuple(file.data_id.values()), file)
        if other is not file:
            raise BadInputError(
                f"{file.path}: the {file.band} band of the same patch as {other.path}; give each a"
                " patch of its own in a --manifest."
            )


def _listed_path(manifest: Path, name: str) -> Path:
    """Path of a file that a manifest names: from its own folder, else from the current one."""
    beside = manifest.parent / name
    return beside if beside.exists() else Path(os.path.expanduser(name))


def _text(table: Table, column: str, row: int) -> str:
    """Text in a table, empty if it has no such column."""
    return str(table[column][row]).strip() if column in table.colnames else ""


def _number(manifest: Path, table: Table, column: str, row: int) -> int:
    """Whole number in a table."""
    value = table[column][row]
    try:
        if float(value) == int(value) >= 0:
            return int(value)
    except (TypeError, ValueError):
        pass
    raise BadInputError(
        f"{manifest}: the {column} of {table['file'][row]} is {np.asarray(value).item()!r}; give a"
        " whole number from 0."
    )


def _band_of(file: Path, manifest: Path) -> str:
    """Band that a file's header says."""
    band = read_band(file)
    if not band:
        raise BadInputError(
            f"{file}: neither its header (BAND or FILTER) nor {manifest} says its band; add it"
            " there in a column 'band'."
        )
    return band
