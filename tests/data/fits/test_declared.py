import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.coadd import DEFAULT_MASK_PLANES
from meas_blends.data.fits import read_coadd
from meas_blends.errors import BadInputError

RAMP = np.arange(12.0).reshape(3, 4)


def write(path, *hdus):
    fits.HDUList(list(hdus)).writeto(path)
    return path


def test_a_plain_file_with_one_image(tmp_path):
    hdu = fits.PrimaryHDU(RAMP)
    hdu.header.update(MAGZERO=27.0, FILTER="HSC-Z", PIXSCALE=0.2)
    coadd = read_coadd(write(tmp_path / "plain.fits", hdu))
    assert np.array_equal(coadd.image, RAMP)
    assert coadd.image.dtype == np.float32
    assert coadd.image.dtype.isnative
    assert (coadd.zero_point, coadd.band, coadd.pixel_scale) == (27.0, "z", 0.2)
    assert coadd.variance is None
    assert coadd.psf is None
    assert coadd.wcs is None
    assert coadd.xy0 == (0, 0)
    assert coadd.name.endswith("plain.fits")
    assert coadd.origins == {
        "image": "the primary HDU",
        "zero_point": "MAGZERO in the header",
        "fill value": "none",
    }


def test_the_first_image_counts_where_none_is_named(tmp_path):
    table = fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])])
    path = write(tmp_path / "f.fits", fits.PrimaryHDU(), table, fits.ImageHDU(RAMP, name="DATA"))
    assert np.array_equal(read_coadd(path).image, RAMP)
    assert read_coadd(path).origins["image"] == "HDU DATA"


def test_named_hdus_in_any_order(tmp_path):
    mask = fits.ImageHDU(np.full((3, 4), 6, np.uint8), name="MASK")
    mask.header["MP_CLIP"] = 2
    mask.header["HIERARCH MP_SENSOR_EDGE"] = 1
    path = write(
        tmp_path / "f.fits",
        fits.PrimaryHDU(np.zeros((2, 2))),
        fits.ImageHDU(np.outer([1.0, 4.0, 1.0], [0.5, 1.0, 3.0, 1.0, 0.5]), name="PSF"),
        fits.ImageHDU(RAMP + 1.0, name="VARIANCE"),
        mask,
        fits.ImageHDU(RAMP, name="IMAGE"),
    )
    coadd = read_coadd(path)
    assert np.array_equal(coadd.image, RAMP)
    assert np.array_equal(coadd.variance, RAMP + 1.0)
    assert coadd.psf.middle == pytest.approx(
        np.outer([1.0, 4.0, 1.0], [0.5, 1.0, 3.0, 1.0, 0.5]) / 36.0
    )
    assert coadd.mask_planes == {"CLIP": 2, "SENSOR_EDGE": 1}
    assert (coadd.mask == 6).all()
    assert coadd.origins["psf"] == "HDU PSF"


def test_sci_and_err(tmp_path):
    path = write(
        tmp_path / "f.fits",
        fits.PrimaryHDU(),
        fits.ImageHDU(RAMP, name="SCI"),
        fits.ImageHDU(np.full((3, 4), 3.0), name="ERR"),
    )
    coadd = read_coadd(path)
    assert np.array_equal(coadd.image, RAMP)
    assert (coadd.variance == 9.0).all()


def test_a_mask_without_named_planes_is_of_bad_pixels(tmp_path):
    values = np.zeros((3, 4), np.int16)
    values[1, 2] = -7
    path = write(tmp_path / "f.fits", fits.PrimaryHDU(RAMP), fits.ImageHDU(values, name="MASK"))
    coadd = read_coadd(path)
    assert coadd.mask_planes == DEFAULT_MASK_PLANES
    assert np.array_equal(coadd.bad, values != 0)


#: INTRP and CR, DETECTED, planes beyond the common ones; BAD, EDGE, NO_DATA.
BITS = np.array([[12, 32, 44, 53248], [0, 1, 16, 256], [0, 0, 0, 0]], np.int32)


def test_a_mask_without_named_planes_has_those_of_afw_in_our_own_layout(tmp_path):
    # A mask that came by way of an array.
    image, mask = fits.ImageHDU(RAMP, name="IMAGE"), fits.ImageHDU(BITS, name="MASK")
    coadd = read_coadd(write(tmp_path / "f.fits", fits.PrimaryHDU(), image, mask))
    assert np.array_equal(coadd.bad, np.isin(BITS, [1, 16, 256]))
    assert np.array_equal(coadd.mask, BITS)
    assert "names no planes" in coadd.remarks["mask"]


def test_a_mask_without_named_planes_of_anybody_is_of_bad_pixels(tmp_path):
    path = write(tmp_path / "f.fits", fits.PrimaryHDU(RAMP), fits.ImageHDU(BITS, name="MSK"))
    coadd = read_coadd(path)
    assert np.array_equal(coadd.bad, BITS != 0)
    assert "any value but zero is bad" in coadd.remarks["mask"]


@pytest.mark.parametrize("bit", [40, -1, "x", 1.5])
def test_a_plane_without_a_bit_number(tmp_path, bit):
    mask = fits.ImageHDU(np.zeros((3, 4), np.int32), name="MASK")
    mask.header["MP_BAD"] = bit
    path = write(tmp_path / "f.fits", fits.PrimaryHDU(RAMP), mask)
    with pytest.raises(BadInputError, match=r"MP_BAD is .*; give the number of a bit"):
        read_coadd(path)


def test_an_unusable_wcs_is_told(tmp_path):
    hdu = fits.PrimaryHDU(RAMP)
    hdu.header.update(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1="here", PIXSCALE=0.2)
    coadd = read_coadd(write(tmp_path / "f.fits", hdu))
    assert coadd.wcs is None
    assert coadd.pixel_scale == 0.2
    assert "damaged" in coadd.origins["wcs"]


def test_highest_mask_bit(tmp_path):
    mask = fits.ImageHDU(np.full((3, 4), 2**31 + 1, np.uint32), name="MASK")
    mask.header["MP_LAST"] = 31
    coadd = read_coadd(write(tmp_path / "f.fits", fits.PrimaryHDU(RAMP), mask))
    assert (coadd.mask.view(np.uint32) == 2**31 + 1).all()


@pytest.mark.parametrize("dtype", [">i2", ">u2", ">i4", ">f4", ">f8", "u1", ">i8"])
def test_number_types(tmp_path, dtype):
    coadd = read_coadd(write(tmp_path / "f.fits", fits.PrimaryHDU(RAMP.astype(dtype))))
    assert np.array_equal(coadd.image, RAMP)


@pytest.mark.parametrize("scaling", [{}, {"BZERO": 10.5, "BSCALE": 2.0}, {"BZERO": 32768}])
def test_blank_pixels_become_nan(tmp_path, scaling):
    hdu = fits.PrimaryHDU(RAMP.astype(np.int16))
    hdu.header.update(BLANK=5, **scaling)
    coadd = read_coadd(write(tmp_path / "f.fits", hdu))
    expected = RAMP * scaling.get("BSCALE", 1.0) + scaling.get("BZERO", 0.0)
    expected[1, 1] = np.nan
    assert np.array_equal(coadd.image, expected, equal_nan=True)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("nJy", 31.4),
        ("uJy", 23.9),
        ("Jy", 8.9),
        ("adu", np.nan),
        ("MJy/sr", np.nan),
        ("?!", np.nan),
    ],
)
def test_zero_point_of_the_unit(tmp_path, unit, expected):
    hdu = fits.PrimaryHDU(RAMP)
    hdu.header["BUNIT"] = unit
    coadd = read_coadd(write(tmp_path / "f.fits", hdu))
    assert coadd.zero_point == pytest.approx(expected, nan_ok=True)


def test_leading_axes_of_length_one_are_dropped(tmp_path):
    path = write(tmp_path / "f.fits", fits.PrimaryHDU(RAMP[None, None]))
    assert np.array_equal(read_coadd(path).image, RAMP)


TABLE = fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])], name="IMAGE")


@pytest.mark.parametrize(
    ("hdus", "words"),
    [
        ([fits.PrimaryHDU()], "holds no image"),
        ([fits.PrimaryHDU(np.zeros((5, 3, 4)))], r"3 dimensions \(5, 3, 4\)"),
        ([fits.PrimaryHDU(np.zeros(7))], "1 dimension"),
        ([fits.PrimaryHDU(), TABLE], "HDU IMAGE is a table"),
        ([fits.PrimaryHDU(), fits.ImageHDU(name="IMAGE")], "HDU IMAGE is an empty HDU"),
        ([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((0, 5)), name="IMAGE")], "no pixels"),
        ([fits.PrimaryHDU(RAMP), fits.ImageHDU(RAMP.T, name="VARIANCE")], "variance has shape"),
        ([fits.PrimaryHDU(RAMP), fits.ImageHDU(RAMP[1:], name="MASK")], "mask has shape"),
    ],
)
def test_wrong_hdus_get_one_sentence(tmp_path, hdus, words):
    path = write(tmp_path / "wrong.fits", *[hdu.copy() for hdu in hdus])
    with pytest.raises(BadInputError, match=words) as caught:
        read_coadd(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize(
    "psf",
    [
        fits.ImageHDU(-np.ones((5, 5)), name="PSF"),
        fits.ImageHDU(np.zeros((3, 3)), name="PSF"),
        fits.ImageHDU(np.full((5, 5), np.nan), name="PSF"),
        fits.BinTableHDU.from_columns(TABLE.columns, name="PSF"),
    ],
)
def test_a_psf_that_is_none_is_told_and_the_image_read(tmp_path, psf):
    coadd = read_coadd(write(tmp_path / "f.fits", fits.PrimaryHDU(RAMP), psf.copy()))
    assert np.array_equal(coadd.image, RAMP)
    assert coadd.psf is None
    remark = coadd.remarks["PSF"]
    assert remark.startswith("HDU PSF") and "--psf" in remark and "\n" not in remark
