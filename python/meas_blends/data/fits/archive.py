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
        self._tables: dict[int, np.ndarray] = {}
        if self._start is None:
            return
        # Column by column: a catalogue of sources has an index of 100,000 lines.
        index = hdus[self._start].data
        numbers = [
            _index_column(index, field).astype(np.int64).tolist()
            for field in ("id", "cat.archive", "cat.persistable", "row0", "nrows")
        ]
        names = [str(name).strip() for name in _index_column(index, "name")]
        for identifier, catalog, persistable, row0, rows, name in zip(*numbers, names, strict=True):
            entry = _Entry(name, catalog, persistable, row0, rows)
            self._entries.setdefault(identifier, []).append(entry)

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

    def rows(self, identifier: int, persistable: int) -> np.ndarray:
        """All rows of an object in one of its tables.

        Parameters
        ----------
        identifier : `int`
            Of the object.
        persistable : `int`
            Number of the table among those of the object.

        Returns
        -------
        rows : `numpy.ndarray`, (n,)
            A structured array, as the file has it. Perhaps empty.

        Raises
        ------
        KeyError
            If there is no such object or table, or it has not all of the rows.
        """
        entries = [e for e in self._entries.get(identifier, ()) if e.persistable == persistable]
        number = self._start + entries[0].catalog if entries else 0
        if not entries or not self._start < number < len(self._hdus):
            raise KeyError(f"no table {persistable} of the archive object {identifier}")
        table, entry = self._table(number), entries[0]
        if not 0 <= entry.row0 <= entry.row0 + entry.rows <= len(table):
            raise KeyError(f"no such rows of the archive object {identifier}")
        return table[entry.row0 : entry.row0 + entry.rows]

    def _table(self, number: int) -> np.ndarray:
        """A data table, read once."""
        if number not in self._tables:
            self._tables[number] = np.asarray(self._hdus[number].data)
        return self._tables[number]


def _index_column(index: fits.FITS_rec, field: str) -> np.ndarray:
    """A column of the index, in whose name newer files may spell the period as an underscore.

    Raises
    ------
    KeyError
        If there is no such column.
    """
    for name in (field, field.replace(".", "_")):
        if name in index.names:
            return index[name]
    raise KeyError(f"an archive index without the column {field}")


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
