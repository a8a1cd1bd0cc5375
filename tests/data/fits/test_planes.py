"""Images and masks of single HDUs."""

import io

import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.coadd import DEFAULT_MASK_PLANES
from meas_blends.data.fits.planes import has_image, image_of, mask_of, name_of
from meas_blends.errors import BadInputError

RAMP = np.arange(6.0).reshape(2, 3)
TABLE = fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])])


def stored(hdu):
    """The same HDU, in a file."""
    content = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(content)
    content.seek(0)
    return fits.open(content, memmap=False, uint=False)[1]


@pytest.mark.parametrize(
    ("hdu", "number", "name"),
    [
        (fits.PrimaryHDU(), 0, "the primary HDU"),
        (fits.ImageHDU(), 3, "HDU 3"),
        (fits.ImageHDU(name="sci"), 3, "HDU SCI"),
    ],
)
def test_names(hdu, number, name):
    assert name_of(hdu, number) == name


@pytest.mark.parametrize(
    ("hdu", "expected"),
    [
        (fits.PrimaryHDU(), False),
        (TABLE, False),
        (fits.ImageHDU(RAMP), True),
        (fits.ImageHDU(np.zeros((4, 2, 3))), True),
        (fits.ImageHDU(np.zeros((0, 5))), True),
        (fits.CompImageHDU(np.zeros((8, 8), np.int32)), True),
    ],
)
def test_which_hdus_hold_an_image(hdu, expected):
    assert has_image(hdu) is expected


@pytest.mark.parametrize("axes", [(), (1,), (1, 1)])
def test_leading_axes_of_length_one_are_taken_off(axes):
    hdu = stored(fits.ImageHDU(RAMP.reshape(*axes, 2, 3)))
    assert np.array_equal(image_of(hdu, "f.fits", "HDU 1"), RAMP)


def test_a_single_row_stays_an_image():
    assert image_of(stored(fits.ImageHDU(RAMP[None, :1])), "f.fits", "HDU 1").shape == (1, 3)


@pytest.mark.parametrize(
    ("hdu", "words"),
    [
        (fits.PrimaryHDU(), "is an empty HDU, where an image should be"),
        (TABLE, "is a table, where an image should be"),
        (fits.ImageHDU(np.zeros((5, 0))), "has no pixels"),
        (fits.ImageHDU(np.zeros(7)), r"has 1 dimension \(7,\)"),
        (fits.ImageHDU(np.zeros((2, 1, 3, 4))), r"has 4 dimensions \(2, 1, 3, 4\)"),
    ],
)
def test_what_is_no_plane_of_pixels(hdu, words):
    with pytest.raises(BadInputError, match=rf"^f\.fits: HDU X {words}.*; give .*\.$"):
        image_of(hdu, "f.fits", "HDU X")


def mask_hdu(values, **planes):
    hdu = fits.ImageHDU(np.array(values))
    for name, bit in planes.items():
        hdu.header[f"HIERARCH MP_{name}"] = bit
    return stored(hdu)


def test_planes_that_the_header_names():
    mask, planes = mask_of(mask_hdu([[1, 6]], BAD=1, SENSOR_EDGE=2), "f.fits", "HDU MASK")
    assert planes == {"BAD": 1, "SENSOR_EDGE": 2}
    assert mask.dtype == np.int32
    assert mask.tolist() == [[1, 6]]


def test_planes_of_a_mask_that_names_none_are_a_copy_of_the_default():
    _, planes = mask_of(mask_hdu([[0, 1]]), "f.fits", "HDU MASK")
    assert planes == DEFAULT_MASK_PLANES
    assert planes is not DEFAULT_MASK_PLANES


def test_a_mask_of_floats_without_a_value_is_not_masked():
    mask, _ = mask_of(mask_hdu([[np.nan, 3.0]]), "f.fits", "HDU MASK")
    assert mask.tolist() == [[0, 3]]


@pytest.mark.parametrize("dtype", [np.uint32, np.int64, np.float64])
def test_bit_31_is_the_sign(dtype):
    values = np.array([[2**31 + 1, 2]], dtype)
    mask, planes = mask_of(mask_hdu(values, LAST=31), "f.fits", "HDU MASK")
    assert mask.tolist() == [[-(2**31) + 1, 2]]
    assert planes == {"LAST": 31}


@pytest.mark.parametrize("bit", [32, -1, 1.5, "x"])
def test_a_card_without_a_bit_number(bit):
    with pytest.raises(BadInputError, match=r"HDU MASK says that MP_BAD is .* from 0 to 31\.$"):
        mask_of(mask_hdu([[0]], BAD=bit), "f.fits", "HDU MASK")


@pytest.mark.parametrize("compressed", [False, True])
def test_a_plane_is_native_and_kept_once(tmp_path, compressed):
    kind = fits.CompImageHDU if compressed else fits.ImageHDU
    plane = kind(np.arange(64, dtype=np.float32).reshape(8, 8))
    fits.HDUList([fits.PrimaryHDU(), plane]).writeto(tmp_path / "f.fits")
    with fits.open(tmp_path / "f.fits", memmap=False) as hdus:
        first = image_of(hdus[1], "f.fits", "HDU 1")
        assert first.dtype.isnative
        # A second look reads anew: the HDU has not kept what it gave.
        second = image_of(hdus[1], "f.fits", "HDU 1")
        assert not np.shares_memory(first, second)
        np.testing.assert_array_equal(first, second)


PLANES = {
    "float64": np.linspace(-1e-50, 1e60, 700).reshape(35, 20),
    "blanks": np.arange(700, dtype=np.int16).reshape(35, 20),
    "leading axes": np.arange(700, dtype=np.float32).reshape(1, 1, 35, 20),
}


@pytest.mark.parametrize("tiles", [None, (1, 20), (6, 7), (35, 20)])
@pytest.mark.parametrize("name", PLANES)
def test_what_is_read_by_parts_is_what_the_file_holds(monkeypatch, name, tiles):
    monkeypatch.setattr("meas_blends.data.tiles._STRIP_PIXELS", 100)
    values = PLANES[name]
    if tiles is None:
        made = fits.ImageHDU(values)
    else:
        tile_shape = (1,) * (values.ndim - 2) + tiles
        made = fits.CompImageHDU(
            values, tile_shape=tile_shape, compression_type="GZIP_1", quantize_level=0
        )
    if name == "blanks":
        made.header.update(BLANK=17, BSCALE=0.1, BZERO=3.0)
    hdu = stored(made)
    found = image_of(hdu, "f.fits", "HDU 1")
    expected = hdu.data.reshape(35, 20)
    assert found.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, expected)
    assert np.isnan(found).any() == (name == "blanks")
