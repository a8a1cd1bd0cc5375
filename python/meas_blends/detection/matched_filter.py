"""The matched filter: a smoothed image, and the point-source S/N of every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, signal

from ..data.coadd import Coadd
from .noise import smoothing_noise_factor
from .psf import psf_sigma

__all__ = ["FilteredCoadd", "matched_filter"]

#: Half-width of the Gaussian kernel in sigma; beyond it lies 1e-4 of a point source's S/N.
_TRUNCATE = 4.0


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
        What the standard errors were multiplied by for correlated noise; 1
        if the variance came with the coadd.
    """

    coadd: Coadd
    bad: np.ndarray
    smoothed: np.ndarray
    significance: np.ndarray
    sigma: float
    noise_factor: float


def matched_filter(coadd: Coadd, kernel: str = "gaussian") -> FilteredCoadd:
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

    Returns
    -------
    filtered : `FilteredCoadd`

    Notes
    -----
    A pipeline's variance plane is scaled so that fluxes of empty sky scatter
    as it says (``ScaleVarianceTask``), so it is used as it stands. A variance
    that was estimated from pixels does not know of correlations between
    them; the clipped blank pixels then give the factor by which the noise of
    the smoothed image exceeds that of white noise.
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
    if coadd.origins.get("variance", "").startswith("estimated"):
        deviation = np.sqrt(np.where(bad, np.float32(1), coadd.variance))
        factor = smoothing_noise_factor(image / deviation, bad, sigma)
    # Where every pixel under the kernel is bad there is neither signal nor noise.
    floor = np.float32(np.finfo(np.float32).tiny)
    noise = np.sqrt(np.maximum(variance, floor)) * np.float32(factor)
    significance = np.where(variance > floor, smoothed / noise, np.float32(0))
    return FilteredCoadd(coadd.replace(image=image), bad, smoothed, significance, sigma, factor)


def _unit_gaussian(sigma: float) -> np.ndarray:
    radius = int(np.ceil(_TRUNCATE * sigma))
    profile = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return (profile / profile.sum()).astype(np.float32)


def _convolve_rows_and_columns(image: np.ndarray, profile: np.ndarray) -> np.ndarray:
    rows = ndimage.correlate1d(image, profile, axis=0, mode="constant")
    return ndimage.correlate1d(rows, profile, axis=1, mode="constant")


def _smooth(image: np.ndarray, sigma: float) -> np.ndarray:
    return _convolve_rows_and_columns(image, _unit_gaussian(sigma))
