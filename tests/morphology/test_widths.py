"""Widths of PSFs on the pixel grid."""

import galsim
import numpy as np
import pytest

from meas_blends.detection.psf import gaussian_psf
from meas_blends.morphology.widths import kolmogorov_width, psf_width


@pytest.mark.parametrize("sigma", [0.8, 1.1, 1.2, 1.25, 2.0, 4.0])
def test_width_of_a_gaussian(sigma):
    assert psf_width(gaussian_psf(sigma)) == pytest.approx(sigma, rel=5e-3)


@pytest.mark.parametrize("fwhm", [2.4, 2.7, 4.3, 6.1])
def test_table_is_what_a_coadd_shows(fwhm):
    image = galsim.Kolmogorov(fwhm=fwhm).drawImage(nx=41, ny=41, scale=1.0).array
    assert kolmogorov_width(fwhm) == pytest.approx(psf_width(image), rel=3e-3)


def test_width_grows_smoothly():
    sigma = kolmogorov_width(np.linspace(2.0, 8.0, 200))
    steps = np.diff(sigma)
    assert (steps > 0).all() and steps.max() < 1.2 * steps.min()
