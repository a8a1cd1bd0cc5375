"""Noise: its variance, its correlation, and the variance plane's promise."""

import numpy as np
import pytest
from scipy.signal import oaconvolve

from meas_blends.simulation.noise import add_noise, noise_power, variance_scale
from meas_blends.simulation.psf import psf_image
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")


def _noise(survey: Survey, size: int = 512) -> np.ndarray:
    image = np.zeros((size, size), np.float32)
    add_noise(image, survey, np.random.default_rng(8))
    return image / np.float32(np.sqrt(survey.sky_level))


def test_resampled_noise_has_the_correlation_of_bilinear_dithers():
    noise = _noise(LSST)
    row = [1 / 6, 2 / 3, 1 / 6]
    for dy in (0, 1):
        for dx in (0, 1):
            product = noise[dy:, dx:] * noise[: 512 - dy, : 512 - dx]
            assert product.mean() == pytest.approx(row[1 + dy] * row[1 + dx], abs=0.006)
    assert (noise[2:] * noise[:-2]).mean() == pytest.approx(0.0, abs=0.006)


def test_plain_noise_is_white():
    noise = _noise(LSST.replace(resampled=False))
    assert noise.var() == pytest.approx(1.0, abs=0.01)
    assert (noise[1:] * noise[:-1]).mean() == pytest.approx(0.0, abs=0.01)
    assert variance_scale(LSST.replace(resampled=False)) == 1.0


def test_sources_add_noise():
    image = np.zeros((256, 256), np.float32)
    image[:, 128:] = 3.0 * LSST.sky_level
    light = image.copy()
    variance = add_noise(image, LSST, np.random.default_rng(2))
    assert variance[0, 0] == pytest.approx(LSST.sky_level)
    assert variance[0, -1] == pytest.approx(4.0 * LSST.sky_level)
    noise = image - light
    assert noise[:, 130:].std() / noise[:, :126].std() == pytest.approx(2.0, rel=0.03)


def test_noise_power_is_that_of_the_noise():
    power = np.mean(
        [np.abs(np.fft.rfft2(_noise(LSST)[i : i + 32, j : j + 32])) ** 2 / 32**2
         for i in range(0, 512, 32) for j in range(0, 512, 32)],
        axis=0,
    )  # fmt: skip
    expected = noise_power(LSST, 32)
    assert expected[0, 0] == 1.0
    assert np.abs(power - expected).mean() < 0.06


@pytest.mark.parametrize("fwhm", [0.5, 0.7, 1.1])
def test_variance_scale_predicts_point_source_fluxes(fwhm):
    """The scatter of PSF fluxes on empty sky is what the variance says, to a percent or so."""
    survey = LSST.replace(psf_fwhm=fwhm)
    psf = psf_image(survey).astype(float)
    fluxes = oaconvolve(_noise(survey, 1024), psf, mode="valid") / (psf**2).sum()
    predicted = np.sqrt(variance_scale(survey) / (psf**2).sum())
    assert fluxes.std() == pytest.approx(predicted, rel=0.02)
