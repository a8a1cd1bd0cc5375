import galsim
import numpy as np
import pytest

from meas_blends.detection.psf import gaussian_psf, psf_from_fwhm, psf_fwhm, psf_sigma
from meas_blends.errors import BadInputError

FWHM_OF_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))


@pytest.mark.parametrize("sigma", [0.7, 1.0, 1.7, 4.0, 20.0])
def test_gaussian_has_unit_sum_and_its_sigma(sigma):
    psf = gaussian_psf(sigma)
    assert psf.shape[0] % 2 == 1
    assert psf.sum() == pytest.approx(1.0, abs=1e-5)
    assert np.unravel_index(psf.argmax(), psf.shape) == (psf.shape[0] // 2, psf.shape[1] // 2)
    assert psf_sigma(psf) == pytest.approx(sigma, rel=0.01)
    assert psf_fwhm(psf) == pytest.approx(FWHM_OF_SIGMA * sigma, rel=0.02)


def test_gaussian_size_is_kept():
    assert gaussian_psf(2.0, 43).shape == (43, 43)


@pytest.mark.parametrize("sigma", [0.0, -1.0, np.nan, np.inf])
def test_gaussian_of_no_width_is_refused(sigma):
    with pytest.raises(BadInputError, match="positive number"):
        gaussian_psf(sigma)


def test_gaussian_of_even_size_is_refused():
    with pytest.raises(BadInputError, match="odd sides"):
        gaussian_psf(2.0, 42)


@pytest.mark.parametrize("fwhm", [1.5, 3.5, 8.0])
def test_psf_from_fwhm_has_that_fwhm(fwhm):
    psf = psf_from_fwhm(fwhm)
    assert psf.sum() == pytest.approx(1.0, abs=1e-5)
    assert psf_fwhm(psf) == pytest.approx(fwhm, rel=0.03)


def test_psf_from_fwhm_has_wider_wings_than_a_gaussian():
    psf = psf_from_fwhm(4.0)
    gaussian = gaussian_psf(4.0 / FWHM_OF_SIGMA, psf.shape[0])
    assert psf[psf.shape[0] // 2, 4] > 100 * gaussian[psf.shape[0] // 2, 4]


@pytest.mark.parametrize("fwhm", [0.0, -2.0, np.nan, 1e4])
def test_psf_from_impossible_fwhm_is_refused(fwhm):
    with pytest.raises(BadInputError, match="FWHM"):
        psf_from_fwhm(fwhm)


def test_sigma_of_an_elliptical_psf_is_the_geometric_mean():
    psf = galsim.Gaussian(sigma=2.5).shear(g1=0.2, g2=0.1)
    image = psf.drawImage(nx=41, ny=41, scale=1.0, method="no_pixel").array
    assert psf_sigma(image) == pytest.approx(2.5, rel=1e-3)


def test_fwhm_is_of_the_profile_not_of_a_gaussian():
    image = galsim.Moffat(beta=2.5, fwhm=5.0).drawImage(nx=81, ny=81, scale=1.0, method="no_pixel")
    assert psf_fwhm(image.array) == pytest.approx(5.0, rel=0.01)


@pytest.mark.parametrize("side", [1, 11])
def test_a_single_pixel_has_no_width(side):
    psf = np.zeros((side, side))
    psf[side // 2, side // 2] = 1.0
    with pytest.raises(BadInputError, match="width"):
        psf_sigma(psf)


def test_a_flat_image_has_no_fwhm():
    with pytest.raises(BadInputError, match="half of its centre"):
        psf_fwhm(np.ones((9, 9)))
