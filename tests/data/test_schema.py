import numpy as np
import pytest
from astropy import units

from meas_blends.data.schema import Column, Flag, TableSchema, missing_columns

SCHEMA = TableSchema(
    "things",
    "One row a thing",
    (
        Column("id", "i8", "Identifier", ucd="meta.id"),
        Column("size", "f4", "How large", "arcsec"),
        Column("name", "str", "What it is called"),
    ),
    (Flag(0, "EDGE", "at the border"), Flag(3, "FAILED", "not measured")),
)


def test_columns_carry_types_units_descriptions():
    table = SCHEMA.make({"id": [1, 2], "size": [0.5, 1.5], "name": ["a", "bcd"], "flags": [0, 9]})
    assert table.colnames == ["id", "size", "name", "flags"]
    assert [table[name].dtype.str[1:] for name in table.colnames] == ["i8", "f4", "U3", "i4"]
    assert table["size"].unit == units.arcsec
    assert table["size"].description == "How large"
    assert table["id"].meta["ucd"] == "meta.id"
    assert "8 FAILED" in table["flags"].description


def test_scalars_are_broadcast():
    table = SCHEMA.make({"id": [1, 2, 3], "size": np.nan, "name": "x", "flags": 0})
    assert len(table) == 3
    assert table["name"].tolist() == ["x", "x", "x"]


def test_empty_table_has_all_columns():
    for table in (SCHEMA.make(), SCHEMA.make({"id": [], "size": [], "name": "gp", "flags": 0})):
        assert len(table) == 0
        assert table.colnames == ["id", "size", "name", "flags"]
        assert table["id"].dtype == np.int64
        assert table["name"].dtype.kind == "U"


@pytest.mark.parametrize(
    "data", [{"id": [1]}, {"id": 1, "size": 1, "name": "", "flags": 0, "new": 0}]
)
def test_missing_and_unknown_columns_are_mistakes(data):
    with pytest.raises(KeyError, match="missing or unknown"):
        SCHEMA.make(data)


def test_flags_by_name_and_back():
    assert SCHEMA.flag("FAILED") == 8
    assert SCHEMA.decode(9) == ["EDGE", "FAILED"]
    assert SCHEMA.decode(0) == []
    with pytest.raises(KeyError, match="things has no flag"):
        SCHEMA.flag("NONE")


def test_check_names_what_is_missing():
    table = SCHEMA.make()
    SCHEMA.check(table)
    table.remove_columns(["size", "flags"])
    assert missing_columns(table, ["id", "size"]) == ["size"]
    with pytest.raises(ValueError, match="things lacks the columns size, flags"):
        SCHEMA.check(table)
