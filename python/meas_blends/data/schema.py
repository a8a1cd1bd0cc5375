"""What a table, a column and a flag bit are; every table declares its own once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Column as AstropyColumn
from astropy.table import Table

__all__ = ["Column", "Flag", "TableSchema"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : `str`
        Column name.
    dtype : `str`
        numpy dtype; ``"str"`` for text.
    description : `str`
        What it holds.
    unit : `str`, optional
        astropy unit string.
    ucd : `str`, optional
        IVOA UCD1+ word.
    """

    name: str
    dtype: str
    description: str
    unit: str = ""
    ucd: str = ""


@dataclass(frozen=True)
class Flag:
    """One bit of a table's ``flags`` column."""

    bit: int
    name: str
    description: str

    @property
    def mask(self) -> int:
        """``1 << bit``."""
        return 1 << self.bit


@dataclass(frozen=True)
class TableSchema:
    """The columns and flag bits of one dataset type.

    Parameters
    ----------
    name : `str`
        Dataset type name, such as ``blend_peaks``.
    description : `str`
        One line.
    columns : `tuple` [`Column`]
        In order; a ``flags`` column is appended if there are flags.
    flags : `tuple` [`Flag`], optional
        Bits of the ``flags`` column.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    flags: tuple[Flag, ...] = ()

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The declared columns, and ``flags`` where there are flags."""
        if not self.flags:
            return self.columns
        bits = "; ".join(f"{flag.mask} {flag.name}" for flag in self.flags)
        return (*self.columns, Column("flags", "i4", f"Bits, added up: {bits}", ucd="meta.code"))

    def flag(self, name: str) -> int:
        """Mask of a flag by name.

        Raises
        ------
        KeyError
            If there is no such flag.
        """
        for flag in self.flags:
            if flag.name == name:
                return flag.mask
        raise KeyError(f"{self.name} has no flag {name!r}")

    def decode(self, value: int) -> list[str]:
        """Names of the flags set in one value of the ``flags`` column."""
        return [flag.name for flag in self.flags if int(value) & flag.mask]

    def make(self, data: Mapping[str, Any] | None = None) -> Table:
        """Build a table of this schema.

        Parameters
        ----------
        data : `dict` [`str`, array-like], optional
            Every column by name; scalars are broadcast. An empty table if
            not given.

        Returns
        -------
        table : `astropy.table.Table`
            Columns in the schema's order, types, units and descriptions.

        Raises
        ------
        KeyError
            If a column is missing or unknown: a mistake in the code, not in
            the data.
        """
        columns = self.all_columns
        names = [column.name for column in columns]
        if data is None:
            data = dict.fromkeys(names, ())
        wrong = sorted(set(names) ^ set(data))
        if wrong:
            raise KeyError(f"{self.name}: columns missing or unknown: {', '.join(wrong)}")
        length = max((np.size(data[n]) for n in names if np.ndim(data[n])), default=1)
        table = Table()
        for column in columns:
            values = np.asarray(data[column.name])
            # An empty float array cast straight to str would become "<U32".
            values = values.astype(str if column.dtype == "str" else column.dtype)
            if values.ndim == 0:
                values = np.full(length, values)
            meta = {"ucd": column.ucd} if column.ucd else None
            table[column.name] = AstropyColumn(
                values, unit=column.unit or None, description=column.description, meta=meta
            )
        return table

    def check(self, table: Table) -> None:
        """Check that a table has at least this schema's columns.

        Raises
        ------
        ValueError
            Naming the missing columns.
        """
        missing = missing_columns(table, (column.name for column in self.all_columns))
        if missing:
            raise ValueError(f"{self.name} lacks the columns {', '.join(missing)}")


def missing_columns(table: Table, names: Iterable[str]) -> list[str]:
    """Names that are not columns of ``table``, in the order given."""
    return [name for name in names if name not in table.colnames]
