"""The width of a PSF, as the network is told it in training and in use."""

from __future__ import annotations

import functools

import galsim
import numpy as np
from scipy.ndimage import gaussian_filter

from ..detection.psf import psf_sigma

__all__ = ["kolmogorov_width", "psf_width"]


def psf_width(psf: np.ndarray) -> float:
    """Adaptive-moments width of a PSF image, smooth down to undersampled PSFs.

    The image is first widened by a Gaussian of one pixel, whose width is
    then taken off in quadrature. On the image itself the moments of a PSF
    hardly wider than a pixel jump with its sampling.

    Parameters
    ----------
    psf : `numpy.ndarray`, (odd, odd)
        PSF image, pixel included, centred on its middle pixel.

    Returns
    -------
    sigma : `float`
        [pixel].

    Raises
    ------
    BadInputError
        If the image has no measurable width.
    """
    padded = np.pad(np.asarray(psf, np.float64), 6)
    widened = psf_sigma(gaussian_filter(padded, 1.0, mode="constant", truncate=6.0))
    return float(np.sqrt(max(widened**2 - 1.0, 0.01)))


@functools.cache
def _kolmogorov_table() -> tuple[np.ndarray, np.ndarray]:
    """FWHM [pixel] of Kolmogorov PSFs before the pixel, and their widths with it."""
    fwhm = np.geomspace(1.0, 16.0, 40)
    images = (galsim.Kolmogorov(fwhm=f).drawImage(nx=121, ny=121, scale=1.0) for f in fwhm)
    return fwhm, np.array([psf_width(image.array) for image in images])


def kolmogorov_width(fwhm: np.ndarray) -> np.ndarray:
    """Width that `psf_width` finds for Kolmogorov PSFs.

    Parameters
    ----------
    fwhm : `numpy.ndarray`, (n,)
        FWHM before the pixel, 1 to 16 pixels.

    Returns
    -------
    sigma : `numpy.ndarray`, (n,)
        [pixel].
    """
    return np.interp(fwhm, *_kolmogorov_table())
