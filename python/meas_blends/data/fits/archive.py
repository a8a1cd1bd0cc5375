"""The archive tables in which ``lsst.afw`` persists objects after an Exposure's pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from astropy.io import fits

__all__ = ["Archive", "Record"]


class Record:
    """One row of an archive table, with points in afw's older and newer spelling."""

    def __init__(self, row: fits.FITS_record) -> None:
        self._row = row
        self._names = set(row.array.names)

    def __contains__(self, field: str) -> bool:
        return field in self._names

    def __getitem__(self, field: str) -> float | int | str | np.ndarray:
        """Value of a field.

        Raises
        ------
        KeyError
            If there is no such field.
        """
        if field not in self._names:
            raise KeyError(f"an archive table without the column {field}")
        return self._row[field]

    def point(self, field: str) -> np.ndarray:
        """``(x, y)`` from one column of two values, or two columns of one."""
        if field in self:
            return np.asarray(self[field])
        return np.array([self[f"{field}_x"], self[f"{field}_y"]])

    def array(self, field: str) -> np.ndarray:
        """Values of an array field, `float` or `int`, (n,)."""
        return np.atleast_1d(np.asarray(self[field]))


class _Entry(NamedTuple):
    """One line of the archive's index."""

    name: str
    catalog: int
    persistable: int
    row0: int
    rows: int


class Archive:
    """The objects that an Exposure file persists, by their archive identifier.

    The index table has one line for each object and table: the class
    (``name``), which table after the index (``cat.archive``), and which rows
    of it (``lsst.afw.table.io``).

    Parameters
    ----------
    hdus : `astropy.io.fits.HDUList`
        An open file.
    """

    def __init__(self, hdus: fits.HDUList) -> None:
        self._hdus = hdus
        self._start = _index_hdu(hdus)
        self._entries: dict[int, list[_Entry]] = {}
        if self._start is None:
            return
        for row in hdus[self._start].data:
            record = Record(row)
            # Newer files may spell the period as an underscore.
            catalog, persistable = (
                int(record[f"cat.{which}"] if f"cat.{which}" in record else record[f"cat_{which}"])
                for which in ("archive", "persistable")
            )
            entry = _Entry(
                str(record["name"]).strip(),
                catalog,
                persistable,
                int(record["row0"]),
                int(record["nrows"]),
            )
            self._entries.setdefault(int(record["id"]), []).append(entry)

    def __contains__(self, identifier: int) -> bool:
        return identifier in self._entries

    def class_name(self, identifier: int) -> str:
        """Name of an object's class, without its module.

        Raises
        ------
        KeyError
            If there is no such object.
        """
        return self._entries[identifier][0].name

    def find_class(self, name: str) -> int:
        """Identifier of the first object of a class, 0 if there is none."""
        found = [i for i, entries in self._entries.items() if entries[0].name == name]
        return min(found, default=0)

    def record(self, identifier: int) -> Record:
        """First row of an object in its first table.

        Raises
        ------
        KeyError
            If there is no such object, or it has no rows.
        """
        entry = min(self._entries[identifier], key=lambda one: one.persistable)
        number = self._start + entry.catalog
        if not 0 < number < len(self._hdus) or entry.rows < 1:
            raise KeyError(f"no table of the archive object {identifier}")
        return Record(self._hdus[number].data[entry.row0])


def _index_hdu(hdus: fits.HDUList) -> int | None:
    """Number of the index's HDU: by its type, or from the primary header."""
    for k, hdu in enumerate(hdus):
        kind = str(hdu.header.get("EXTTYPE", hdu.name)).strip()
        if kind == "ARCHIVE_INDEX" and isinstance(hdu, fits.BinTableHDU):
            return k
    # AR_HDU counts from one.
    number = hdus[0].header.get("AR_HDU")
    if isinstance(number, int) and 1 < number <= len(hdus):
        if isinstance(hdus[number - 1], fits.BinTableHDU):
            return number - 1
    return None
