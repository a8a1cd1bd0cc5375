"""Depths and widths as surveys publish them, against what images show."""

import galsim
import numpy as np
import pytest

from meas_blends.data.catalogs import TRUTH
from meas_blends.simulation.depths import image_fwhm, limiting_magnitude
from meas_blends.simulation.noise import noise_power
from meas_blends.simulation.psf import effective_psf, psf_image
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")
GAUSSIAN = LSST.replace(psf_scatter=0.0, psf_beta=50.0, charge_diffusion=0.0, resampling="none")


def test_a_wide_gaussian_has_the_depth_of_the_formula():
    """SMTN-002's noise-equivalent area is that of a Gaussian."""
    wide = GAUSSIAN.replace(psf_fwhm=2.0)
    assert limiting_magnitude(wide) == pytest.approx(wide.depth(), abs=0.02)
    assert image_fwhm(wide) == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize("resampling", ["none", "bilinear", "lanczos"])
def test_a_matched_filter_finds_a_star_at_the_limit(resampling):
    """Drawn noise, through the filter for PSF and correlation, scatters by a fifth of the star."""
    survey = LSST.replace(resampling=resampling)
    noise = render_scene(TRUTH.make(), survey, (512, 512), np.random.default_rng(3)).image
    star = np.zeros(noise.shape)
    psf = psf_image(survey)
    star[: len(psf), : len(psf)] = psf
    spectrum = np.fft.fft2(star)
    # What a filter for correlated noise divides by, on the grid of a whole FFT.
    half = noise_power(survey, 512)
    power = np.concatenate([half, np.roll(half[:, 1:-1][::-1, ::-1], 1, axis=0)], axis=1)
    weight = np.conj(spectrum) / power
    gain = np.real(np.fft.ifft2(spectrum * weight))[0, 0]
    scatter = np.real(np.fft.ifft2(np.fft.fft2(noise) * weight)).std() / gain
    limit = survey.coadd_zero_point - 2.5 * np.log10(5.0 * scatter)
    assert limiting_magnitude(survey) == pytest.approx(limit, abs=0.05)


def test_an_aperture_counts_its_pixels():
    photons = 5.0 * np.sqrt(LSST.sky_level * np.pi * (1.0 / 0.2) ** 2)
    assert limiting_magnitude(LSST, aperture=2.0) == pytest.approx(LSST.magnitude(photons))
    ten = limiting_magnitude(LSST, significance=10.0, aperture=2.0)
    assert limiting_magnitude(LSST, aperture=2.0) - ten == pytest.approx(2.5 * np.log10(2.0))


@pytest.mark.parametrize("aperture", [0.3, 1.0, 2.0])
def test_what_an_aperture_lacks_is_added_on_request(aperture):
    lost = limiting_magnitude(LSST, aperture=aperture) - limiting_magnitude(
        LSST, aperture=aperture, corrected=True
    )
    fine = effective_psf(LSST).drawImage(nx=401, ny=401, scale=0.02, method="no_pixel").array
    y, x = (np.indices(fine.shape) - 200) * 0.02
    share = fine[np.hypot(x, y) < aperture / 2].sum()
    assert lost == pytest.approx(-2.5 * np.log10(share), abs=0.03)


def test_a_galaxy_is_harder_to_find_than_a_star():
    disk = galsim.Exponential(half_light_radius=0.45)
    seen = galsim.Convolve(disk, effective_psf(GAUSSIAN)).drawImage(
        nx=128, ny=128, scale=0.2, method="no_pixel"
    )
    photons = 5.0 * np.sqrt(GAUSSIAN.sky_level / (seen.array.astype(float) ** 2).sum())
    found = limiting_magnitude(GAUSSIAN, half_light_radius=0.45)
    assert found == pytest.approx(GAUSSIAN.magnitude(photons), abs=0.01)
    assert found < limiting_magnitude(GAUSSIAN) - 0.2


def test_deeper_is_deeper():
    deeper = limiting_magnitude(LSST.deepened(0.7)) - limiting_magnitude(LSST)
    assert deeper == pytest.approx(0.7)
