import numpy as np
import pytest
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from meas_blends.data.coadd import BAD_PLANES, Coadd
from meas_blends.data.psf import normalise_psf
from meas_blends.errors import BadInputError

ONES = np.ones((3, 4))


def tan_wcs():
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [10.0, 20.0], [1.0, 1.0], [-2e-4, 2e-4]
    return wcs


def test_planes_become_native_and_contiguous():
    coadd = Coadd(ONES.T.astype(">f8").T, variance=ONES.astype(">f4"), mask=ONES.astype(">u2"))
    assert [p.dtype for p in (coadd.image, coadd.variance, coadd.mask)] == ["f4", "f4", "i4"]
    assert coadd.image.dtype.isnative
    assert coadd.image.flags.c_contiguous
    assert coadd.shape == (3, 4)


def test_mask_is_clear_if_not_given():
    assert not Coadd(ONES).mask.any()


@pytest.mark.parametrize("shape", [(0, 4), (4,), (2, 3, 4), ()])
def test_image_of_wrong_shape(shape):
    with pytest.raises(BadInputError, match="2-D image"):
        Coadd(np.ones(shape))


@pytest.mark.parametrize("plane", ["variance", "mask"])
def test_planes_of_different_shapes(plane):
    with pytest.raises(BadInputError, match=f"here: the {plane} has shape"):
        Coadd(ONES, name="here", **{plane: np.ones((4, 3))})


def test_bad_pixels():
    image, variance, mask = (np.ones((1, 12)) for _ in range(3))
    mask = np.zeros((1, 12), int)
    image[0, :3] = np.nan, np.inf, -np.inf
    variance[0, 3:7] = 0.0, -1.0, np.nan, np.inf
    mask[0, 7:11] = 1, 2, 4, 8
    coadd = Coadd(image, variance, mask, mask_planes={"BAD": 0, "SAT": 1, "EDGE": 2, "NO_DATA": 3})
    assert coadd.bad[0].tolist() == [True] * 8 + [False] + [True] * 2 + [False]


def test_sky_counts_parent_pixels():
    coadd = Coadd(ONES, wcs=tan_wcs(), xy0=(100, 200))
    ra, dec = coadd.sky([100.0, 100.0], [200.0, 201.0])
    assert ra == pytest.approx([10.0, 10.0])
    assert dec == pytest.approx([20.0, 20.0002])
    assert coadd.pixel_scale == pytest.approx(0.72)
    assert [len(a) for a in coadd.sky([], [])] == [0, 0]


def test_sky_without_a_wcs_is_nan():
    ra, dec = Coadd(ONES).sky([1.0, 2.0], [3.0, 4.0])
    assert np.isnan(ra).all()
    assert np.isnan(dec).all()
    assert np.isnan(Coadd(ONES).pixel_scale)


def test_flux_of_a_count():
    assert Coadd(ONES, zero_point=31.4).nanojansky_per_count == pytest.approx(1.0)
    assert Coadd(ONES, zero_point=28.9).nanojansky_per_count == pytest.approx(10.0)
    assert np.isnan(Coadd(ONES).nanojansky_per_count)


def test_replace_merges_origins_and_leaves_the_original():
    coadd = Coadd(ONES, origins={"psf": "here"})
    other = coadd.replace(band="i", origins={"variance": "there"})
    assert (other.band, other.origins) == ("i", {"psf": "here", "variance": "there"})
    assert (coadd.band, coadd.origins) == ("", {"psf": "here"})


def test_psf_gets_unit_sum():
    assert normalise_psf(np.full((3, 5), 4.0)) == pytest.approx(np.full((3, 5), 1.0 / 15.0))


@pytest.mark.parametrize(
    "psf",
    [np.ones((4, 5)), np.ones(5), np.zeros((3, 3)), np.full((3, 3), np.nan), -np.ones((3, 3))],
)
def test_a_psf_that_cannot_be_one(psf):
    with pytest.raises(BadInputError, match="PSF image"):
        Coadd(ONES, psf=psf)


def test_the_last_bit_of_a_mask_is_a_plane():
    mask = np.zeros((2, 2), np.int32)
    mask[0, 1] = -(2**31)
    coadd = Coadd(np.zeros((2, 2)), mask=mask, mask_planes={"BAD": 31, "SAT": 1})
    assert coadd.bad.tolist() == [[False, True], [False, False]]
    assert not coadd.in_planes("SAT", "NO_SUCH_PLANE").any()


def test_pixels_hidden_by_a_masked_array_are_bad():
    hidden = np.array([[True, False], [False, False]])
    coadd = Coadd(np.ma.masked_array(np.ones((2, 2)), hidden))
    assert np.array_equal(coadd.bad, hidden)
    assert np.array_equal(Coadd(np.ma.masked_array([[1, 2], [3, 4]], hidden)).bad, hidden)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"xy0": (1e12, 0)}, "xy0"),
        ({"xy0": (0, float("nan"))}, "xy0"),
        ({"zero_point": -5000.0}, "zero point of -5000 mag"),
        ({"mask_planes": {"BAD": 32}}, "plane BAD has bit 32"),
    ],
)
def test_numbers_out_of_range(wrong, words):
    with pytest.raises(BadInputError, match=words):
        Coadd(np.zeros((2, 2)), **wrong)


def bent_wcs():
    """A WCS with distortion."""
    header = tan_wcs().to_header()
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN-SIP", "DEC--TAN-SIP"
    header["A_ORDER"] = header["B_ORDER"] = 2
    header["A_2_0"], header["B_1_1"] = 1e-5, -2e-5
    return WCS(header)


@given(st.integers(0, 5), st.integers(6, 40), st.integers(0, 8), st.integers(9, 50), st.booleans())
def test_a_window_is_the_same_in_parent_pixels_and_on_the_sky(j0, j1, i0, i1, bent):
    image = np.arange(40.0 * 50).reshape(40, 50)
    wcs = bent_wcs() if bent else tan_wcs()
    coadd = Coadd(image, image + 1, image.astype(int), wcs=wcs, xy0=(1000, -70), zero_point=27.0)
    window = coadd.window(slice(j0, j1), slice(i0, i1))
    assert window.shape == (j1 - j0, i1 - i0)
    assert window.xy0 == (1000 + i0, -70 + j0)
    np.testing.assert_array_equal(window.image, image[j0:j1, i0:i1])
    np.testing.assert_array_equal(window.variance, window.image + 1)
    np.testing.assert_array_equal(window.mask, window.image)
    x, y = np.array([1000.0, 1011.5, 1049.0]), np.array([-70.0, -50.2, -31.0])
    np.testing.assert_allclose(window.sky(x, y), coadd.sky(x, y), rtol=0, atol=1e-11)
    assert (window.zero_point, window.pixel_scale) == (27.0, coadd.pixel_scale)
    assert coadd.xy0 == (1000, -70)


def test_a_window_of_all_is_the_coadd_itself():
    coadd = Coadd(np.ones((4, 5)))
    assert coadd.window(slice(None), slice(0, 5)) is coadd
    assert coadd.window(slice(1, 2), slice(None)).wcs is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("SAT", "SATURATED"), ("EDGE", "DETECTION_EDGE"), ("CR", "COSMIC_RAY"), ("BAD", "BAD")],
)
def test_planes_are_known_by_rubins_names_too(ours, theirs):
    mask = np.zeros((4, 4), np.int32)
    mask[1, 2] = 1 << 6
    coadd = Coadd(np.ones((4, 4)), mask=mask, mask_planes={theirs: 6, "INEXACT_PSF": 0})
    assert np.argwhere(coadd.in_planes(ours)).tolist() == [[1, 2]]
    assert coadd.bad.any() == (ours in BAD_PLANES)
    assert not coadd.in_planes("NO_DATA").any()
