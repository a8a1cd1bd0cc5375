"""Tables in the formats that users bring."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from meas_blends.data.foreign_tables import read_foreign_table
from meas_blends.data.tables import write_table
from meas_blends.errors import BadInputError


@pytest.fixture
def table() -> Table:
    return Table({"x": np.array([1.5, 2.5], ">f4"), "n": [3, 4], "name": ["a", "b"]})


@pytest.mark.parametrize("suffix", ["fits", "fits.gz", "ecsv", "csv"])
def test_formats(table, tmp_path, suffix):
    path = tmp_path / f"galaxies.{suffix}"
    table.write(path)
    got = read_foreign_table(path)
    np.testing.assert_array_equal(got["x"], [1.5, 2.5])
    np.testing.assert_array_equal(got["n"], [3, 4])
    assert got["x"].dtype.isnative


def test_parquet(table, tmp_path):
    write_table(table["n",], tmp_path / "galaxies.parquet")
    np.testing.assert_array_equal(read_foreign_table(tmp_path / "galaxies.parquet")["n"], [3, 4])


def test_hidden_numbers_are_nan(tmp_path):
    path = tmp_path / "galaxies.ecsv"
    Table({"n": MaskedColumn([3, 4], mask=[False, True])}).write(path)
    np.testing.assert_array_equal(read_foreign_table(path)["n"], [3.0, np.nan])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("galaxies.txt", "x\n1\n", r"not a table that can be read.*\.parquet"),
        ("galaxies.fits", "no FITS", "not a readable FITS table"),
        ("galaxies.ecsv", "x\n1\n", "not a readable ECSV table"),
        ("galaxies.parquet", "no Parquet", "not a readable Parquet table"),
    ],
)
def test_refuses_what_is_no_table(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(BadInputError, match=said):
        read_foreign_table(path)


def test_refuses_a_missing_file(tmp_path):
    with pytest.raises(BadInputError, match="no such file"):
        read_foreign_table(tmp_path / "nowhere.csv")
