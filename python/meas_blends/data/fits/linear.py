"""Softened magnitudes made linear pixels."""

from __future__ import annotations

import math

import numpy as np
from astropy.io.fits import Header

from ..large import image_array
from ..tiles import row_strips
from .header import number

__all__ = ["linear_pixels"]

#: Softened magnitudes of Pan-STARRS are in these units.
_POGSON = 2.5 / math.log(10.0)


def linear_pixels(pixels: np.ndarray, header: Header) -> tuple[np.ndarray, str]:
    """Turn asinh-scaled pixels into linear ones.

    Parameters
    ----------
    pixels : `numpy.ndarray`, (ny, nx)
        As the file has them.
    header : `astropy.io.fits.Header`
        With BSOFTEN and BOFFSET if they are asinh-scaled, as Pan-STARRS's are.

    Returns
    -------
    pixels : `numpy.ndarray`, (ny, nx)
        The same, or of float64 and linear: BOFFSET + 2 BSOFTEN sinh(pixel / 1.0857).
    note : `str`
        For the origin: what was done, if anything.
    """
    softening, offset = number([header], "BSOFTEN"), number([header], "BOFFSET")
    if not (softening > 0 and math.isfinite(offset)):
        return pixels, ""
    linear = image_array(pixels.shape, np.float64)
    for rows in row_strips(pixels.shape):
        linear[rows] = offset + 2.0 * softening * np.sinh(pixels[rows].astype(np.float64) / _POGSON)
    return linear, ", made linear by BSOFTEN and BOFFSET"
