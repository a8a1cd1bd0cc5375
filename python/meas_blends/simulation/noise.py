"""Noise of a coadd: photons, and what resampling makes of them."""

from __future__ import annotations

import functools

import numpy as np
from scipy import ndimage

from .survey import Survey

__all__ = ["add_noise", "lanczos_taps", "neighbour_correlation", "noise_power", "pixel_variance"]

#: Order of the Lanczos kernel: its half-width [pixel].
_ORDER = 3

#: Shifts over which powers of kernels are averaged.
_N_SHIFTS = 64

#: Half-width of the filter that gives white noise a power spectrum, and of its grid [pixel].
_REACH, _GRID = 8, 128


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
    taps = _taps(survey.resampling)
    reach = len(taps) // 2
    ny, nx = image.shape
    noise = rng.standard_normal((ny + 2 * reach, nx + 2 * reach), dtype=np.float32)
    noise *= np.pad(np.sqrt(variance), reach, mode="edge")
    for axis in (0, 1) if reach else ():
        noise = ndimage.correlate1d(noise, taps, axis=axis, mode="constant")
    image += noise[reach : reach + ny, reach : reach + nx]
    return variance


def lanczos_taps(shift: float) -> np.ndarray:
    """Weights of the pixels from -2 to 3 that give the value at a place between 0 and 1.

    Parameters
    ----------
    shift : `float`
        The place [pixel].

    Returns
    -------
    taps : `numpy.ndarray`, (6,)
        Of the Lanczos kernel of third order, of unit sum.
    """
    distance = np.arange(1 - _ORDER, _ORDER + 1) - shift
    taps = np.sinc(distance) * np.sinc(distance / _ORDER)
    return taps / taps.sum()


def noise_power(survey: Survey, size: int) -> np.ndarray:
    """Power spectrum of the coadd's noise, in units of its photon variance.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        How the exposures are resampled.
    size : `int`
        Side of the grid [pixel].

    Returns
    -------
    power : `numpy.ndarray`, (size, size // 2 + 1)
        On the grid of a real FFT; 1 for white noise. Resampling leaves the
        lowest frequencies and takes the highest ones.
    """
    power_y = _axis_power(survey.resampling, np.fft.fftfreq(size))
    return power_y[:, None] * _axis_power(survey.resampling, np.fft.rfftfreq(size))


def pixel_variance(survey: Survey) -> float:
    """Variance of a single pixel of the coadd over its photon variance.

    Resampling shares a pixel's noise with its neighbours, so that less is left
    for itself: the variance plane of a coadd is that, as Rubin's and HSC's are.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        How the exposures are resampled.

    Returns
    -------
    share : `float`
        1 without resampling, 4/9 for bilinear interpolation.
    """
    return float(_axis_power(survey.resampling, np.fft.fftfreq(_GRID)).mean() ** 2)


def neighbour_correlation(resampling: str) -> float:
    """Correlation that a kind of resampling leaves between the noise of pixels side by side."""
    if resampling == "none":
        return 0.0
    frequency = np.fft.fftfreq(_GRID)
    power = _axis_power(resampling, frequency)
    return float((power * np.cos(2.0 * np.pi * frequency)).mean() / power.mean())


def _axis_power(resampling: str, frequency: np.ndarray) -> np.ndarray:
    """Mean power over all sub-pixel shifts at frequencies along an axis [1 / pixel]."""
    if resampling == "none":
        return np.ones(len(frequency))
    if resampling == "bilinear":
        return (2.0 + np.cos(2.0 * np.pi * frequency)) / 3.0
    shifts = (np.arange(_N_SHIFTS) + 0.5) / _N_SHIFTS
    taps = np.stack([lanczos_taps(shift) for shift in shifts])
    waves = np.exp(-2j * np.pi * np.outer(np.arange(1 - _ORDER, _ORDER + 1), frequency))
    return (np.abs(taps @ waves) ** 2).mean(axis=0)


@functools.cache
def _taps(resampling: str) -> np.ndarray:
    """Even filter along an axis that gives white noise the power spectrum."""
    if resampling == "none":
        return np.ones(1, np.float32)
    root = np.sqrt(_axis_power(resampling, np.fft.fftfreq(_GRID)))
    taps = np.fft.fftshift(np.fft.ifft(root).real)
    return taps[_GRID // 2 - _REACH : _GRID // 2 + _REACH + 1].astype(np.float32)
