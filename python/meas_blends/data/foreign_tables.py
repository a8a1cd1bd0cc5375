"""Tables of other makers: Parquet, FITS, ECSV and CSV."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from astropy.table import Table

from ..errors import BadInputError
from .tables import read_table

__all__ = ["TABLE_SUFFIXES", "read_foreign_table"]

#: File name endings, and astropy's name of the format.
TABLE_SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".fits": "fits",
    ".fit": "fits",
    ".fits.gz": "fits",
    ".ecsv": "ascii.ecsv",
    ".csv": "ascii.csv",
}


def read_foreign_table(path: str | os.PathLike[str]) -> Table:
    """Read a table whatever its format, as plain columns.

    Parameters
    ----------
    path : path-like
        A file whose name ends with one of `TABLE_SUFFIXES`.

    Returns
    -------
    table : `astropy.table.Table`
        Columns in the machine's byte order; hidden numbers are NaN.

    Raises
    ------
    BadInputError
        If the file is missing, of an unknown kind, or not what its name says.
    """
    name = Path(path).name.lower()
    kinds = [kind for suffix, kind in TABLE_SUFFIXES.items() if name.endswith(suffix)]
    if not kinds:
        raise BadInputError(
            f"{path}: not a table that can be read; give a file that ends with one of"
            f" {', '.join(TABLE_SUFFIXES)}."
        )
    if not Path(path).is_file():
        raise BadInputError(f"{path}: no such file; give the path of a table.")
    if kinds[0] == "parquet":
        return read_table(path)
    try:
        table = Table.read(path, format=kinds[0])
    # Each of astropy's readers has its own exceptions.
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInputError(
            f"{path}: not a readable {kinds[0].removeprefix('ascii.').upper()} table ({reason});"
            " give a whole one."
        ) from error
    return Table({column: _plain(table[column]) for column in table.colnames})


def _plain(column: object) -> np.ndarray:
    """Values without mask and foreign byte order."""
    values = np.asarray(column)
    hidden = np.ma.getmaskarray(column)
    if values.dtype.kind in "iufb" and hidden.any():
        values = np.where(hidden, np.nan, values)
    return values.astype(values.dtype.newbyteorder("="))
