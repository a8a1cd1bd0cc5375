"""Noise of a coadd: photons, and what resampling makes of them."""

from __future__ import annotations

import numpy as np

from .psf import psf_transform
from .survey import Survey

__all__ = ["add_noise", "noise_power", "variance_scale"]

#: Two taps whose autocorrelation is [1/6, 2/3, 1/6], the mean of bilinear
#: interpolation over all sub-pixel shifts: a + b = 1, a b = 1/6.
_TAPS = (0.5 + np.sqrt(1 / 12), 0.5 - np.sqrt(1 / 12))

#: Side of the grid on which the noise seen by a point source is summed [pixel].
_GRID = 128


def add_noise(
    image: np.ndarray,
    survey: Survey,
    rng: np.random.Generator,
    coverage: np.ndarray | None = None,
) -> np.ndarray:
    """Add the noise of sky and sources to an image, in place.

    Parameters
    ----------
    image : `numpy.ndarray` of float32, (ny, nx)
        Expected photons without sky.
    survey : `~meas_blends.simulation.survey.Survey`
        Sky level and resampling.
    rng : `numpy.random.Generator`
        Source of randomness.
    coverage : `numpy.ndarray`, (ny, nx), optional
        Exposures of each pixel relative to the survey's; the image stands for
        as many photons as the survey's exposures would have.

    Returns
    -------
    variance : `numpy.ndarray` of float32, (ny, nx)
        Expected Poisson variance of each pixel, before resampling [photon^2].

    Notes
    -----
    A coadd has more than 10^4 photons in a pixel, so a normal distribution
    stands for Poisson's.
    """
    variance = np.maximum(image, np.float32(0)) + np.float32(survey.sky_level)
    if coverage is not None:
        variance /= coverage
    # One more row and column, which the two taps use up.
    ny, nx = image.shape
    noise = rng.standard_normal((ny + 1, nx + 1), dtype=np.float32)
    noise[:ny, :nx] *= np.sqrt(variance)
    noise[ny, :nx] *= np.sqrt(variance[-1])
    noise[:ny, nx] *= np.sqrt(variance[:, -1])
    noise[ny, nx] *= np.sqrt(variance[-1, -1])
    if survey.resampled:
        near, far = (np.float32(tap) for tap in _TAPS)
        noise = near * noise[:, :-1] + far * noise[:, 1:]
        image += near * noise[:-1] + far * noise[1:]
    else:
        image += noise[:-1, :-1]
    return variance


def noise_power(survey: Survey, size: int) -> np.ndarray:
    """Power spectrum of the coadd's noise, in units of its photon variance.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        Whether the exposures are resampled.
    size : `int`
        Side of the grid [pixel].

    Returns
    -------
    power : `numpy.ndarray`, (size, size // 2 + 1)
        On the grid of a real FFT; 1 for white noise. Resampling leaves the
        lowest frequencies and takes the highest ones.
    """
    if not survey.resampled:
        return np.ones((size, size // 2 + 1))
    power_x = (2.0 + np.cos(2.0 * np.pi * np.fft.rfftfreq(size))) / 3.0
    power_y = (2.0 + np.cos(2.0 * np.pi * np.fft.fftfreq(size))) / 3.0
    return power_y[:, None] * power_x


def variance_scale(survey: Survey) -> float:
    """Variance plane of the coadd over its photon variance.

    The plane is scaled so that it predicts the scatter of point-source fluxes
    on empty sky when pixels are taken as independent, as the LSST pipelines'
    ``ScaleVarianceTask`` scales theirs. Neighbouring pixels of a resampled
    coadd are correlated, so the scatter of single pixels is smaller.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        PSF and resampling.

    Returns
    -------
    scale : `float`
        1 without resampling.
    """
    weight = psf_transform(survey, _GRID).astype(float) ** 2
    # The columns between the first and the last stand for two frequencies each.
    weight[:, 1:-1] *= 2.0
    return float((weight * noise_power(survey, _GRID)).sum() / weight.sum())
