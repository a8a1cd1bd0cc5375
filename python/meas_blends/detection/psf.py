"""PSF images: made from a width, and measured."""

from __future__ import annotations

import weakref

import galsim
import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from ..data.psf import CellPsf, normalise_psf
from ..errors import BadInputError

__all__ = [
    "gaussian_psf",
    "noise_areas",
    "psf_from_fwhm",
    "psf_fwhm",
    "psf_sigma",
    "psf_widths",
    "typical_width",
]

#: First guesses of the adaptive moments' width [pixel]: the fit may fail on a
#: small stamp if it starts far too wide, and on a wide PSF if it starts narrow.
_GUESSES = (2.0, 1.0, 5.0, 12.0)

#: Widths [pixel] that a PSF on a pixel grid can have: below, it lies within
#: one pixel; above, somebody gave a width in another unit.
_FWHM_LIMITS = (0.5, 200.0)

#: Smaller widths [pixel] cannot be told from a single bright pixel, and below
#: this one pixels sample a profile too coarsely for adaptive moments.
_MIN_SIGMA = 0.2
_SAMPLED_SIGMA = 1.2

#: Widths of the kinds of each PSF that there is.
_widths: weakref.WeakKeyDictionary[CellPsf, np.ndarray] = weakref.WeakKeyDictionary()


def gaussian_psf(sigma: float, size: int | None = None) -> np.ndarray:
    """Round Gaussian, sampled at the pixels' centres.

    Parameters
    ----------
    sigma : `float`
        Standard deviation [pixel].
    size : `int`, optional
        Side [pixel], odd; reaches to 5 sigma if not given.

    Returns
    -------
    psf : `numpy.ndarray` of float32, (size, size)
        Unit sum, centred on the middle pixel.

    Raises
    ------
    BadInputError
        If sigma is not a positive number, or the size is even.
    """
    if not (np.isfinite(sigma) and sigma > 0):
        raise BadInputError(f"PSF: a Gaussian of sigma {sigma} pixels; give a positive number.")
    if size is None:
        size = 2 * int(np.ceil(5.0 * sigma)) + 1
    offset = np.arange(size) - size // 2
    profile = np.exp(-0.5 * (offset / sigma) ** 2)
    return normalise_psf(np.outer(profile, profile))


def psf_from_fwhm(fwhm: float) -> np.ndarray:
    """PSF image of a given width.

    A Kolmogorov profile: what long exposures through the atmosphere have, to
    which optics and pixels add little. A Gaussian of the same FWHM has too
    little light in its wings, and would make stars look extended.

    Parameters
    ----------
    fwhm : `float`
        Full width at half maximum, pixels included [pixel].

    Returns
    -------
    psf : `numpy.ndarray` of float32, (odd, odd)
        Unit sum, centred on the middle pixel.

    Raises
    ------
    BadInputError
        If the width is not one that a PSF on a pixel grid can have.
    """
    low, high = _FWHM_LIMITS
    if not low <= fwhm <= high:
        raise BadInputError(
            f"PSF: a FWHM of {fwhm} pixels; give one between {low} and {high} pixels."
        )
    size = 2 * int(np.ceil(4.0 * fwhm)) + 1
    image = galsim.Kolmogorov(fwhm=fwhm).drawImage(nx=size, ny=size, scale=1.0, method="no_pixel")
    return normalise_psf(np.maximum(image.array, 0.0))


def psf_sigma(psf: np.ndarray) -> float:
    """Width of a PSF image by adaptive moments.

    That is the sigma of the elliptical Gaussian that fits it best: what the
    LSST pipelines take as the PSF's size (Hirata & Seljak 2003, MNRAS 343,
    459).

    Parameters
    ----------
    psf : `numpy.ndarray`, (odd, odd)
        PSF image, centred on its middle pixel.

    Returns
    -------
    sigma : `float`
        ``det(M) ** (1/4)`` [pixel].

    Raises
    ------
    BadInputError
        If the image has no measurable width.
    """
    image = np.asarray(psf, np.float64)
    sigma = _adaptive_sigma(image)
    if sigma > _SAMPLED_SIGMA:
        return sigma
    # On a profile hardly wider than a pixel the moments are biased or fail:
    # a known width is folded in, and taken off again.
    widened = gaussian_filter(np.pad(image, 6), 1.0, mode="constant", truncate=6.0)
    square = _adaptive_sigma(widened) ** 2 - 1.0
    if square > _MIN_SIGMA**2:
        return float(np.sqrt(square))
    raise BadInputError(
        f"PSF: an image of shape {np.shape(psf)} without a width that can be measured;"
        " give an image of a star, or a FWHM."
    )


def psf_widths(psf: CellPsf) -> np.ndarray:
    """Widths of a PSF that varies over the image.

    Parameters
    ----------
    psf : `~meas_blends.data.psf.CellPsf`

    Returns
    -------
    sigma : `numpy.ndarray`, (k,)
        `psf_sigma` of each of its kinds [pixel]; measured once.

    Raises
    ------
    BadInputError
        If one has no measurable width.
    """
    if psf not in _widths:
        _widths[psf] = np.array([psf_sigma(image) for image in psf.kinds[0]])
    return _widths[psf]


def noise_areas(psf: CellPsf) -> np.ndarray:
    """Noise-equivalent areas of a PSF that varies over the image.

    Parameters
    ----------
    psf : `~meas_blends.data.psf.CellPsf`

    Returns
    -------
    area : `numpy.ndarray`, (k,)
        Of each of its kinds: 1 over the sum of its squared pixels, the number of pixels
        whose noise a point source competes with. For a Gaussian ``4 pi sigma^2``; wings
        make it larger.
    """
    return 1.0 / np.sum(psf.kinds[0].astype(np.float64) ** 2, axis=(1, 2))


def typical_width(psf: CellPsf) -> float:
    """Median of `psf_widths` over the cells [pixel]: what stands for the whole image."""
    return float(np.median(psf_widths(psf)[psf.kinds[1]]))


def psf_fwhm(psf: np.ndarray) -> float:
    """Full width at half maximum of a PSF image's own azimuthal profile.

    No Gaussian is assumed: for a Kolmogorov profile ``2.355 psf_sigma`` would
    be several per cent off.

    Parameters
    ----------
    psf : `numpy.ndarray`, (odd, odd)
        PSF image, centred on its middle pixel.

    Returns
    -------
    fwhm : `float`
        [pixel].

    Raises
    ------
    BadInputError
        If the profile does not fall to half of its centre.
    """
    y0, x0 = psf.shape[0] // 2, psf.shape[1] // 2
    radius = np.arange(0.0, min(y0, x0) + 0.025, 0.05)
    angle = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    y = y0 + radius[:, None] * np.sin(angle)
    x = x0 + radius[:, None] * np.cos(angle)
    # A margin of zeros keeps the spline at a small image's border sane.
    padded = np.pad(np.asarray(psf, np.float64), 4)
    profile = map_coordinates(padded, [y + 4, x + 4], order=3).mean(axis=1)
    below = np.flatnonzero(profile <= 0.5 * profile[0])
    if profile[0] <= 0 or below.size == 0:
        raise BadInputError(
            f"PSF: an image of shape {np.shape(psf)} that does not fall to half of its centre;"
            " give a larger image, centred on its middle pixel."
        )
    k = below[0]
    fraction = (profile[k - 1] - 0.5 * profile[0]) / (profile[k - 1] - profile[k])
    return float(2.0 * (radius[k - 1] + fraction * (radius[k] - radius[k - 1])))


def _adaptive_sigma(image: np.ndarray) -> float:
    """Sigma by adaptive moments [pixel]; 0 if they do not converge."""
    wrapped = galsim.Image(np.ascontiguousarray(image), scale=1.0)
    for guess in _GUESSES:
        shape = galsim.hsm.FindAdaptiveMom(wrapped, guess_sig=guess, strict=False)
        if shape.moments_status == 0 and 0 < shape.moments_sigma < max(image.shape):
            return float(shape.moments_sigma)
    return 0.0
