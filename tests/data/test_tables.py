import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meas_blends.data.catalogs import SCHEMAS
from meas_blends.data.tables import read_table, write_table
from meas_blends.errors import BadInputError

VALUES = {
    "i8": st.integers(-(2**63), 2**63 - 1),
    "i4": st.integers(-(2**31), 2**31 - 1),
    "f8": st.floats(),
    "f4": st.floats(width=32),
    "bool": st.booleans(),
    "str": st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12),
}


@st.composite
def tables(draw):
    schema = draw(st.sampled_from(list(SCHEMAS.values())))
    length = draw(st.integers(0, 4))
    return schema.make(
        {
            column.name: draw(st.lists(VALUES[column.dtype], min_size=length, max_size=length))
            for column in schema.all_columns
        }
    )


def assert_same(one, two):
    assert one.colnames == two.colnames
    assert len(one) == len(two)
    for name in one.colnames:
        a, b = one[name], two[name]
        assert a.dtype.kind == b.dtype.kind
        assert a.unit == b.unit
        assert a.description == b.description
        assert dict(a.meta) == dict(b.meta)
        if a.dtype.kind == "U":
            assert a.tolist() == b.tolist()
        else:
            assert a.dtype == b.dtype
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(table=tables())
def test_tables_come_back(tmp_path, table):
    write_table(table, tmp_path / "table.parquet")
    assert_same(read_table(tmp_path / "table.parquet"), table)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_empty_tables_come_back(tmp_path, schema):
    write_table(schema.make(), tmp_path / "empty.parquet")
    assert_same(read_table(tmp_path / "empty.parquet"), schema.make())


def test_a_table_without_our_attributes_is_read(tmp_path):
    import pyarrow as pa

    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "yz"]}), tmp_path / "plain.parquet")
    table = read_table(tmp_path / "plain.parquet")
    assert table["a"].tolist() == [1, 2]
    assert table["b"].dtype.kind == "U"
    assert table["a"].unit is None


def test_the_butler_finds_units_where_it_looks(tmp_path):
    write_table(Table({"x": [1.0]}, units={"x": "nJy"}), tmp_path / "t.parquet")
    metadata = pq.read_schema(tmp_path / "t.parquet").metadata
    assert b"nJy" in metadata[b"table_meta_yaml"]


def test_a_second_table_replaces_the_first(tmp_path):
    for value in (1, 2):
        write_table(Table({"x": [value]}), tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")["x"].tolist() == [2]
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


def test_missing_damaged_and_other_files(tmp_path):
    with pytest.raises(BadInputError, match="no such file"):
        read_table(tmp_path / "none.parquet")
    write_table(Table({"x": np.arange(1000)}), tmp_path / "cut.parquet")
    content = (tmp_path / "cut.parquet").read_bytes()
    for wrong in (b"", b"text", content[:-20], content[: len(content) // 2]):
        (tmp_path / "cut.parquet").write_bytes(wrong)
        with pytest.raises(BadInputError, match="not a readable Parquet table") as caught:
            read_table(tmp_path / "cut.parquet")
        assert "\n" not in str(caught.value)
