"""A table of scores that is filled row by row."""

from __future__ import annotations

from astropy.table import Table

from ...data.schema import TableSchema

__all__ = ["Columns"]


class Columns:
    """Gathers rows of one schema.

    Parameters
    ----------
    schema : `~meas_blends.data.schema.TableSchema`
    """

    def __init__(self, schema: TableSchema) -> None:
        self._schema = schema
        self._values: dict[str, list[object]] = {c.name: [] for c in schema.all_columns}

    def add(self, **row: object) -> None:
        """Add a row: every column by name."""
        for name, values in self._values.items():
            values.append(row.pop(name))
        if row:
            raise KeyError(f"{self._schema.name}: unknown columns {', '.join(row)}")

    def table(self) -> Table:
        """The rows so far."""
        return self._schema.make(self._values)
