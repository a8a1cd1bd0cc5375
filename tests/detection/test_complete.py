import numpy as np
import pytest

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


def test_a_complete_coadd_is_the_same_object():
    coadd = complete_coadd(Coadd(starry_image()))
    assert complete_coadd(coadd) is coadd


def test_nothing_that_is_there_is_changed():
    variance, psf = np.full((160, 160), 4.0), gaussian_psf(3.0)
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


def test_whether_the_variance_was_estimated_is_remembered():
    image = np.random.default_rng(1).normal(size=(80, 80))
    assert "variance" in complete_coadd(Coadd(image)).origins
    assert "variance" not in complete_coadd(Coadd(image, np.ones((80, 80)))).origins


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
