"""Noise: its variance, its correlation, and the variance plane's promise."""

import numpy as np
import pytest
from scipy.ndimage import correlate1d
from scipy.signal import oaconvolve

from meas_blends.detection.noise import correlation_factor, measure_noise
from meas_blends.detection.psf import psf_sigma
from meas_blends.simulation.noise import (
    add_noise,
    lanczos_taps,
    neighbour_correlation,
    noise_power,
    pixel_variance,
)
from meas_blends.simulation.psf import psf_image
from meas_blends.simulation.survey import RESAMPLINGS, Survey

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
    noise = _noise(LSST.replace(resampling="none"))
    assert noise.var() == pytest.approx(1.0, abs=0.01)
    assert (noise[1:] * noise[:-1]).mean() == pytest.approx(0.0, abs=0.01)
    assert pixel_variance(LSST.replace(resampling="none")) == 1.0


def test_noise_of_lanczos_dithers():
    """Against white noise that is shifted by hand."""
    rng = np.random.default_rng(5)
    expected = np.zeros((3,))
    for _ in range(40):
        white = rng.normal(size=(200, 200))
        for axis in (0, 1):
            white = correlate1d(white, lanczos_taps(rng.uniform()), axis=axis, mode="wrap")
        expected += [(white * np.roll(white, lag, 1)).mean() / 40 for lag in range(3)]
    survey = LSST.replace(resampling="lanczos")
    noise = _noise(survey)
    found = [(noise[:, lag:] * noise[:, : 512 - lag]).mean() for lag in range(3)]
    assert found == pytest.approx(expected, abs=0.03)
    assert pixel_variance(survey) == pytest.approx(found[0], abs=0.01)
    assert neighbour_correlation("lanczos") == pytest.approx(found[1] / found[0], abs=0.01)


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


@pytest.mark.parametrize("resampling", RESAMPLINGS)
def test_the_variance_is_that_of_single_pixels(resampling):
    survey = LSST.replace(resampling=resampling)
    assert _noise(survey, 1024).var() == pytest.approx(pixel_variance(survey), rel=0.01)


@pytest.mark.parametrize("fwhm", [0.5, 0.7, 1.1])
@pytest.mark.parametrize("resampling", RESAMPLINGS)
def test_variance_and_correlation_predict_point_source_fluxes(fwhm, resampling):
    """The scatter of PSF fluxes on empty sky is what both say together."""
    survey = LSST.replace(psf_fwhm=fwhm, resampling=resampling)
    psf = psf_image(survey).astype(float)
    noise = _noise(survey, 1024)
    fluxes = oaconvolve(noise, psf, mode="valid") / (psf**2).sum()
    correlation = measure_noise(noise, np.zeros(noise.shape, bool), psf_sigma(psf)).correlation
    predicted = np.sqrt(pixel_variance(survey) / (psf**2).sum())
    predicted *= correlation_factor(correlation, psf)
    assert fluxes.std() == pytest.approx(predicted, rel=0.025)
