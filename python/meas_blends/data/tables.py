"""Tables as Parquet, with units, descriptions and UCDs kept."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.table import Column, Table, meta

from ..errors import BadInputError
from .files import write_whole

__all__ = ["TABLE_SUFFIX", "read_table", "to_arrow", "write_table"]

#: Of the files of tables.
TABLE_SUFFIX = ".parquet"

#: Key under which astropy and daf_butler keep column attributes in Parquet.
_META_KEY = b"table_meta_yaml"


def write_table(table: Table, path: str | os.PathLike[str]) -> None:
    """Write a table of 1-D columns as Parquet, whole or not at all.

    `astropy.table.Table.read`, ``lsst.daf.butler`` and pandas read it back;
    the first two with units and descriptions.
    """
    with write_whole(path) as temporary:
        pq.write_table(to_arrow(table), temporary)


def to_arrow(table: Table) -> pa.Table:
    """Turn a table of 1-D columns into one of Arrow, units and descriptions included."""
    arrow = pa.table({name: np.asarray(table[name]) for name in table.colnames})
    yaml = "\n".join(meta.get_yaml_from_table(table))
    # Without them astropy warns that it has to look for the longest text.
    lengths = {
        f"table::len::{name}": str(max(table[name].dtype.itemsize // 4, 1))
        for name in table.colnames
        if table[name].dtype.kind == "U"
    }
    return arrow.replace_schema_metadata({_META_KEY: yaml.encode(), **lengths})


def read_table(path: str | os.PathLike[str]) -> Table:
    """Read a Parquet table, with the column attributes that it carries.

    Raises
    ------
    BadInputError
        If the file is missing or no Parquet table.
    """
    if not Path(path).is_file():
        raise BadInputError(f"{path}: no such file; give a Parquet table.")
    try:
        arrow = pq.read_table(path, memory_map=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadInputError(
            f"{path}: not a readable Parquet table ({str(error).splitlines()[0]}); give a whole"
            " Parquet file."
        ) from error
    attributes: dict[str, dict] = {}
    yaml = (arrow.schema.metadata or {}).get(_META_KEY)
    if yaml is not None:
        header = meta.get_header_from_yaml(yaml.decode().split("\n"))
        attributes = {column["name"]: column for column in header["datatype"]}
    table = Table()
    for name in arrow.column_names:
        values = arrow[name].to_numpy()
        if values.dtype == object:
            values = values.astype(str)
        known = attributes.get(name, {})
        table[name] = Column(
            values,
            unit=known.get("unit"),
            description=known.get("description"),
            meta=known.get("meta"),
        )
    return table
