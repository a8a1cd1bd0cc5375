import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from meas_blends.data.coadd import Coadd
from meas_blends.detection.complete import complete_coadd
from meas_blends.detection.psf import gaussian_psf, psf_sigma
from meas_blends.errors import BadInputError


def starry_image(side=160):
    rng = np.random.default_rng(1)
    image = rng.normal(0.0, 2.0, (side, side))
    psf = gaussian_psf(1.8, 25)
    for y, x in [(30, 30), (30, 110), (90, 60), (120, 120), (70, 130), (125, 35)]:
        image[y - 12 : y + 13, x - 12 : x + 13] += 4000.0 * psf
    return image


def test_what_is_missing_is_estimated_and_said():
    coadd = complete_coadd(Coadd(starry_image()))
    assert np.sqrt(np.median(coadd.variance)) == pytest.approx(2.0, rel=0.05)
    assert psf_sigma(coadd.psf.middle) == pytest.approx(1.8, rel=0.03)
    assert coadd.origins["variance"] == "estimated from the clipped scatter of the image"
    assert coadd.origins["psf"] == "estimated from 6 stars in the image"
    assert set(coadd.remarks) == {"noise", "PSF"}
    assert "no variance in the file" in coadd.remarks["noise"] and "--rms" in coadd.remarks["noise"]
    assert "6 stars" in coadd.remarks["PSF"] and "--psf" in coadd.remarks["PSF"]


def test_nothing_is_said_of_what_is_there():
    image = np.random.default_rng(2).normal(size=(200, 200))
    coadd = complete_coadd(Coadd(image, np.ones((200, 200)), psf=gaussian_psf(1.8)))
    assert not coadd.remarks


def test_a_complete_coadd_is_the_same_object():
    coadd = complete_coadd(Coadd(starry_image()))
    assert complete_coadd(coadd) is coadd


def test_nothing_that_is_there_is_changed():
    variance, psf = np.full((160, 160), 4.0), gaussian_psf(1.8)
    coadd = Coadd(starry_image(), variance=variance, origins={"variance": "HDU VARIANCE"})
    completed = complete_coadd(coadd)
    assert (completed.variance == 4.0).all()
    assert completed.origins["variance"] == "HDU VARIANCE"
    assert np.array_equal(
        complete_coadd(coadd.replace(psf=psf)).psf.middle, Coadd(variance, psf=psf).psf.middle
    )
    assert coadd.psf is None


def test_why_there_was_no_psf_is_kept():
    why = "the file holds a CoaddPsf, which only the LSST stack can evaluate"
    coadd = complete_coadd(Coadd(starry_image(), origins={"psf": why}))
    assert coadd.origins["psf"] == f"estimated from 6 stars in the image; {why}"


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_variance_plane_without_a_positive_value_does_not_count(value):
    coadd = complete_coadd(Coadd(starry_image(), variance=np.full((160, 160), value)))
    assert not coadd.bad.any()
    assert coadd.origins["variance"].endswith("no positive value")


@pytest.mark.parametrize("shape", [(1, 1), (3, 100), (50, 50)])
@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, -1e30])
def test_images_without_anything_in_them(shape, value):
    coadd = complete_coadd(Coadd(np.full(shape, value)))
    assert np.isfinite(coadd.variance).all()
    assert (coadd.variance > 0).all()
    assert np.isfinite(coadd.psf.middle).all()


def test_an_image_that_is_masked_all_over():
    coadd = complete_coadd(Coadd(starry_image(), mask=np.ones((160, 160), np.int32)))
    assert coadd.bad.all()
    assert (coadd.variance > 0).all()
    assert coadd.psf is not None


def test_real_blend_without_variance_and_psf(shared_data):
    data = np.load(shared_data / "real" / "hsc_cosmos_35.npz")
    i = 2
    coadd = complete_coadd(Coadd(data["images"][i], pixel_scale=0.168))
    assert psf_sigma(coadd.psf.middle) == pytest.approx(psf_sigma(data["psfs"][i]), rel=0.1)
    ratio = np.sqrt(np.median(coadd.variance) / np.median(data["variance"][i]))
    assert 0.8 < ratio < 1.4


@pytest.mark.parametrize("factor", [1e-25, 1e25])
def test_counts_without_a_variance_in_single_precision(factor):
    with pytest.raises(BadInputError, match="multiply the counts by a power of ten"):
        complete_coadd(Coadd(starry_image() * factor))


def test_a_bare_array_is_no_coadd():
    with pytest.raises(BadInputError, match=r"a ndarray, not a Coadd; give Coadd\(image\)"):
        complete_coadd(starry_image())


def resampled_image(seed=3, side=512):
    """Unit noise of pixels before a bilinear shift by half a pixel along one axis, and stars."""
    rng = np.random.default_rng(seed)
    white = rng.normal(size=(side, side + 1))
    image = 0.5 * (white[:, 1:] + white[:, :-1])
    psf = gaussian_psf(1.8, 25)
    for y, x in rng.integers(12, side - 12, (60, 2)):
        image[y - 12 : y + 13, x - 12 : x + 13] += 500.0 * psf
    return image


@pytest.mark.parametrize("share", [0.1, 0.42, 0.5, 0.7, 1.0, 20.0])
def test_every_convention_of_the_variance_comes_to_that_of_single_pixels(share):
    """The plane of a file may stand for photons, pixels or fluxes: pixels decide."""
    plane = np.full((512, 512), share)
    plane[:, 256:] *= 1.02
    coadd = complete_coadd(Coadd(resampled_image(), plane, psf=gaussian_psf(1.8)))
    assert np.median(coadd.variance) == pytest.approx(0.5, rel=0.1)
    # What it says of one place against another is kept.
    assert coadd.variance[0, -1] / coadd.variance[0, 0] == pytest.approx(1.02, rel=1e-3)
    lags = coadd.noise_correlation
    k = len(lags) // 2
    assert lags[k, k + 1] == pytest.approx(0.5, abs=0.02)
    assert lags[k + 1, k] == pytest.approx(0.0, abs=0.02)
    off = np.sqrt(0.5 / share)
    assert ("variance" in coadd.remarks) == (max(off, 1 / off) > 1.5)
    assert complete_coadd(coadd) is coadd


def test_a_correlation_from_the_file_stands():
    known = np.zeros((5, 5))
    known[2, 1:4] = 0.4, 1.0, 0.4
    coadd = Coadd(resampled_image(), np.full((512, 512), 0.5), noise_correlation=known)
    assert complete_coadd(coadd).noise_correlation is known


def test_a_map_of_weights_is_no_variance():
    rng = np.random.default_rng(4)
    sigma = 1.0 + 4.0 * (np.indices((512, 512))[1] > 256)
    image = rng.normal(size=(512, 512)) * sigma
    coadd = complete_coadd(Coadd(image, 1.0 / sigma**2 / 50, psf=gaussian_psf(1.8)))
    found = np.sqrt([np.median(coadd.variance[:, :200]), np.median(coadd.variance[:, 312:])])
    assert found == pytest.approx([1.0, 5.0], rel=0.05)
    assert "estimated from the pixels instead" in coadd.remarks["variance"]
    assert "--weight" in coadd.remarks["variance"]


@pytest.mark.parametrize("sky", [0.0, 1000.0, 3e5])
def test_noise_does_not_depend_on_the_sky(sky):
    """Whether or not the sky was subtracted, and however its variance was estimated."""
    image = (10.0 * resampled_image() + sky).astype(np.float32)
    coadd = complete_coadd(Coadd(image, psf=gaussian_psf(1.8)))
    lags, k = coadd.noise_correlation, len(coadd.noise_correlation) // 2
    assert np.sqrt(np.median(coadd.variance)) == pytest.approx(10.0 * np.sqrt(0.5), rel=0.03)
    assert lags[k, k + 1] == pytest.approx(0.5, abs=0.02)
    assert lags[k + 1, k] == pytest.approx(0.0, abs=0.02)


def test_a_sky_full_of_unseen_stars_does_not_change_a_right_plane():
    """As in the disk of a nearby galaxy, where hardly a pixel is blank."""
    rng = np.random.default_rng(8)
    flux = rng.exponential(40.0, (300, 300)) * (rng.uniform(size=(300, 300)) < 0.3)
    image = gaussian_filter(flux, 1.8) + rng.normal(size=(300, 300))
    coadd = complete_coadd(Coadd(image, np.ones((300, 300)), psf=gaussian_psf(1.8)))
    assert (coadd.variance == 1.0).all()
    assert "variance is believed" in coadd.remarks["noise"]


def test_a_plane_without_blank_pixels_beside_it_is_believed():
    image = np.random.default_rng(1).normal(size=(12, 12))
    coadd = complete_coadd(Coadd(image, np.full((12, 12), 9.0), psf=gaussian_psf(1.8)))
    assert (coadd.variance == 9.0).all()
    assert coadd.noise_correlation.sum() == 1.0
    assert "no blank pixels" in coadd.origins["noise"]


def test_strips_of_rows_change_nothing(monkeypatch):
    image = starry_image()
    image[40:44, 50:70] = np.nan
    whole = complete_coadd(Coadd(image))
    monkeypatch.setattr("meas_blends.data.tiles._STRIP_PIXELS", 1000)
    stripped = complete_coadd(Coadd(image))
    np.testing.assert_array_equal(stripped.bad, whole.bad)
    np.testing.assert_allclose(stripped.variance, whole.variance, rtol=1e-6)
    np.testing.assert_allclose(stripped.psf.middle, whole.psf.middle, atol=1e-7)
    assert stripped.origins == whole.origins
