"""The archive's index and its rows, in the spellings that files have."""

import io

import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.fits.archive import Archive, Record


def opened(*hdus, **cards):
    """HDUs after a primary one, as they come back from a file."""
    primary = fits.PrimaryHDU()
    primary.header.update(cards)
    file = io.BytesIO()
    fits.HDUList([primary, *hdus]).writeto(file)
    return fits.open(io.BytesIO(file.getvalue()), memmap=False)


def record(**columns):
    """Record of one row: two numbers make an array column, one a scalar."""
    formats = [f"{np.size(value)}D" for value in columns.values()]
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column(name, code, array=np.reshape(value, (1, -1)))
            for (name, value), code in zip(columns.items(), formats, strict=True)
        ]
    )
    return Record(opened(table)[1].data[0])


@pytest.mark.parametrize(
    "columns", [{"center": (3.0, 7.0)}, {"center_x": 3.0, "center_y": 7.0}], ids=["one", "two"]
)
def test_a_point_in_one_column_or_two(columns):
    assert list(record(**columns).point("center")) == [3.0, 7.0]


def test_an_array_of_any_length():
    values = record(one=5.0, three=(1.0, 2.0, 3.0))
    assert values.array("one").shape == (1,)
    assert list(values.array("three")) == [1.0, 2.0, 3.0]


def test_a_field_that_is_not_there():
    values = record(sigma=2.0)
    assert "sigma" in values
    assert "sigma1" not in values
    for lacking in (lambda: values["sigma1"], lambda: values.point("center")):
        with pytest.raises(KeyError, match="without the column"):
            lacking()


def test_objects_are_found_by_identifier_and_by_class(archive):
    tables = archive()
    first = tables.add("Gaussian", sigma=2.0)
    second = tables.add("Kernel", sigma=3.0)
    tables.add("Gaussian", sigma=4.0)
    objects = Archive(opened(*tables.hdus()))
    assert objects.record(second)["sigma"] == 3.0
    assert objects.class_name(second) == "Kernel"
    assert objects.find_class("Gaussian") == first
    assert objects.find_class("Wcs") == 0
    assert second in objects
    assert 99 not in objects


def test_the_first_row_of_the_first_table(archive):
    tables = archive()
    tables.add("Other", value=1.0)
    tables.tables[0] = fits.BinTableHDU.from_columns(
        [fits.Column("value", "D", array=[10.0, 11.0, 12.0])]
    )
    tables.add("Second", value=20.0)
    # Of one object: its second table stands first in the index.
    tables.index = [(7, 2, 1, 0, 1, "Kernel", "afw"), (7, 1, 0, 1, 2, "Kernel", "afw")]
    assert Archive(opened(*tables.hdus())).record(7)["value"] == 11.0


def test_the_period_may_be_an_underscore(archive):
    tables = archive()
    identifier = tables.add("Gaussian", sigma=2.0)
    index, *data = tables.hdus()
    columns = [
        fits.Column(c.name.replace(".", "_"), c.format, array=c.array) for c in index.columns
    ]
    renamed = fits.BinTableHDU.from_columns(columns)
    renamed.header["EXTTYPE"] = "ARCHIVE_INDEX"
    assert Archive(opened(renamed, *data)).record(identifier)["sigma"] == 2.0


def test_an_index_without_its_type_is_where_the_primary_header_says(archive):
    tables = archive()
    identifier = tables.add("Gaussian", sigma=2.0)
    hdus = [fits.ImageHDU(np.zeros((2, 2))), *tables.hdus()]
    for hdu in hdus[1:]:
        del hdu.header["EXTTYPE"]
    assert Archive(opened(*hdus, AR_HDU=3)).record(identifier)["sigma"] == 2.0
    # The image, beyond the end, the primary HDU, no number: no archive.
    for number in (2, 9, 1, "3"):
        assert identifier not in Archive(opened(*hdus, AR_HDU=number))


def test_a_file_without_an_archive():
    objects = Archive(opened(fits.ImageHDU(np.zeros((2, 2)))))
    assert 1 not in objects
    assert objects.find_class("Gaussian") == 0
    with pytest.raises(KeyError):
        objects.class_name(1)


@pytest.mark.parametrize(
    ("catalog", "rows"), [(5, 1), (-1, 1), (1, 0)], ids=["beyond", "before", "no rows"]
)
def test_an_object_whose_rows_are_not_there(archive, catalog, rows):
    tables = archive()
    tables.add("Gaussian", sigma=2.0)
    tables.index = [(4, catalog, 0, 0, rows, "Gaussian", "afw")]
    with pytest.raises(KeyError, match="archive object 4"):
        Archive(opened(*tables.hdus())).record(4)
