"""The matched filter: a smoothed image, and the point-source S/N of every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from ..data.coadd import Coadd
from .noise import clipped_scatter, smoothing_noise_factor
from .psf import psf_sigma

__all__ = ["FilteredCoadd", "excess_scatter", "matched_filter"]

#: Half-width of the Gaussian kernel in sigma; beyond it lies 1e-4 of a point source's S/N.
_TRUNCATE = 4.0

#: A smoothed image that scatters by more than this many times its noise is
#: filled with sources, and its scatter no longer says anything of its noise.
_CROWDED = 2.0

#: Rows that are convolved at once.
_STRIP = 32

#: Every how many pixels the scatter is measured, along each axis.
_STRIDE = 3


@dataclass(frozen=True)
class FilteredCoadd:
    """A coadd with its matched-filtered images.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete and background-subtracted; its bad pixels are 0.
    bad : `numpy.ndarray` of bool, (ny, nx)
        Pixels without usable light.
    smoothed : `numpy.ndarray` of float32, (ny, nx)
        Image convolved with the unit-sum kernel [count]: the image in which
        LSST finds peaks, and whose value is ``peakValue``.
    significance : `numpy.ndarray` of float32, (ny, nx)
        Flux of a point source centred on each pixel over its standard error.
    sigma : `float`
        Adaptive-moments width of the PSF [pixel].
    noise_factor : `float`
        What the standard errors of white noise were multiplied by.
    """

    coadd: Coadd
    bad: np.ndarray
    smoothed: np.ndarray
    significance: np.ndarray
    sigma: float
    noise_factor: float


def matched_filter(coadd: Coadd, kernel: str = "gaussian", noise: str = "scatter") -> FilteredCoadd:
    """Convolve a coadd with its PSF and work out the point-source S/N.

    Follows ``lsst.meas.algorithms.SourceDetectionTask``: image and variance
    are convolved (the variance with the kernel squared), bad pixels count as
    0 with no weight.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete (see `complete_coadd`) and background-subtracted.
    kernel : `str`
        ``"gaussian"`` for the Gaussian of the PSF's width, as LSST and
        Buchanan et al. (2022) do, ``"psf"`` for the PSF image itself.
    noise : `str`
        ``"scatter"`` for standard errors that agree with the clipped scatter
        of the smoothed image, ``"variance"`` for those of the variance plane.

    Returns
    -------
    filtered : `FilteredCoadd`

    Notes
    -----
    A variance plane knows nothing of the correlation that resampling leaves
    between pixels, nor of the galaxies too faint to detect. The slides
    therefore take the noise from the clipped variance of the coadd and
    correct it for correlations ("Footprint Construction"), and LSST's
    ``DynamicDetectionTask`` scales its threshold by the scatter of fluxes on
    empty sky. Here the S/N is divided by its own clipped scatter where that
    lies between 1 and 2; beyond 2 most pixels hold sources, and the variance
    plane stands. At the depth of the slides' scenes the factor is 1.35.

    A variance that was itself estimated from pixels is first corrected by
    the autocorrelation of blank pixels, see `smoothing_noise_factor`.
    """
    bad = coadd.bad
    image = np.where(bad, np.float32(0), coadd.image)
    variance = np.where(bad, np.float32(0), coadd.variance)
    sigma = psf_sigma(coadd.psf)
    if kernel == "gaussian":
        smoothed = _smooth(image, sigma)
        # A squared Gaussian is a narrower Gaussian, so the variance is separable too.
        squared = _unit_gaussian(sigma) ** 2
        weight = np.float32(squared.sum())
        variance = _convolve_rows_and_columns(variance, squared / weight) * weight**2
    else:
        # Correlation, not convolution: the filter must match the PSF's own orientation.
        psf = coadd.psf[::-1, ::-1]
        smoothed = signal.oaconvolve(image, psf, mode="same").astype(np.float32)
        variance = signal.oaconvolve(variance, psf**2, mode="same").astype(np.float32)
    factor = 1.0
    if coadd.variance_estimated:
        deviation = np.sqrt(np.where(bad, np.float32(1), coadd.variance))
        factor = smoothing_noise_factor(image / deviation, bad, sigma)
    # Where every pixel under the kernel is bad there is neither signal nor noise.
    floor = np.float32(np.finfo(np.float32).tiny)
    error = np.sqrt(np.maximum(variance, floor)) * np.float32(factor)
    significance = np.where(variance > floor, smoothed / error, np.float32(0))
    if noise == "scatter":
        excess = excess_scatter(significance, bad)
        significance /= np.float32(excess)
        factor *= excess
    return FilteredCoadd(coadd.replace(image=image), bad, smoothed, significance, sigma, factor)


def excess_scatter(significance: np.ndarray, bad: np.ndarray) -> float:
    """Clipped scatter of the S/N, or 1 where it does not tell of the noise.

    Parameters
    ----------
    significance : `numpy.ndarray`, (ny, nx)
        Point-source S/N of every pixel.
    bad : `numpy.ndarray` of bool, (ny, nx)
        Pixels not to use.
    """
    part = slice(None, None, _STRIDE)
    _, scatter = clipped_scatter(significance[part, part][~bad[part, part]])
    return scatter if 1.0 < scatter <= _CROWDED else 1.0


def _unit_gaussian(sigma: float) -> np.ndarray:
    radius = int(np.ceil(_TRUNCATE * sigma))
    profile = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return (profile / profile.sum()).astype(np.float32)


def _convolve_rows_and_columns(image: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Convolve with an even profile along both axes, with zeros beyond the border.

    Strip by strip, so that what is added up stays in the processor's cache;
    `scipy.ndimage.correlate1d` takes three times as long.
    """
    ny, nx = image.shape
    radius = len(profile) // 2
    # The middle of the profile, and one weight a pair of pixels beside it.
    weights = profile[radius:].astype(np.float32)
    convolved = np.empty((ny, nx), np.float32)
    rows = np.zeros((_STRIP + 2 * radius, nx), np.float32)
    columns = np.zeros((_STRIP, nx + 2 * radius), np.float32)
    pair = np.empty((_STRIP, nx), np.float32)
    for start in range(0, ny, _STRIP):
        number = min(_STRIP, ny - start)
        first, last = max(start - radius, 0), min(start + number + radius, ny)
        rows[: first - start + radius] = 0.0
        rows[first - start + radius : last - start + radius] = image[first:last]
        rows[last - start + radius :] = 0.0
        inner = columns[:number, radius : radius + nx]
        _add_pairs(rows, weights, 0, inner, pair[:number])
        _add_pairs(columns[:number], weights, 1, convolved[start : start + number], pair[:number])
    return convolved


def _add_pairs(
    padded: np.ndarray, weights: np.ndarray, axis: int, out: np.ndarray, pair: np.ndarray
) -> None:
    """Weighted sum of the pixels at equal distances along an axis, into ``out``."""
    radius, length = len(weights) - 1, out.shape[axis]

    def shifted(by: int) -> np.ndarray:
        part = slice(radius + by, radius + by + length)
        return padded[part] if axis == 0 else padded[:, part]

    np.multiply(shifted(0), weights[0], out=out)
    for distance in range(1, radius + 1):
        np.add(shifted(-distance), shifted(distance), out=pair)
        pair *= weights[distance]
        out += pair


def _smooth(image: np.ndarray, sigma: float) -> np.ndarray:
    return _convolve_rows_and_columns(image, _unit_gaussian(sigma))
