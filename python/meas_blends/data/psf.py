"""PSF images."""

from __future__ import annotations

import numpy as np

from ..errors import BadInputError

__all__ = ["normalise_psf"]


def normalise_psf(psf: np.ndarray, name: str = "PSF") -> np.ndarray:
    """Check a PSF image and give it unit sum.

    Parameters
    ----------
    psf : array-like, (odd, odd)
        PSF image, its centre pixel the PSF's centre.
    name : `str`
        What to call it in a message.

    Returns
    -------
    psf : `numpy.ndarray` of float32, (odd, odd)

    Raises
    ------
    BadInputError
        If the image is not 2-D with odd sides, not finite, or sums to zero
        or less.
    """
    # What a masked array hides is not finite.
    psf = np.ma.filled(np.ma.asanyarray(psf).astype(np.float64), np.nan)
    if psf.ndim != 2 or psf.shape[0] % 2 == 0 or psf.shape[1] % 2 == 0:
        raise BadInputError(
            f"{name}: the PSF image has shape {psf.shape}; give a 2-D image with odd sides,"
            " centred on its middle pixel."
        )
    total = psf.sum()
    if not np.isfinite(total) or total <= 0:
        raise BadInputError(
            f"{name}: the PSF image sums to {total}; give one with finite pixels and a positive"
            " sum."
        )
    return (psf / total).astype(np.float32)
