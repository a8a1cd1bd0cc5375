"""Pixels made linear and freed of a pedestal, in double precision, before they become float32."""

from __future__ import annotations

import math

import numpy as np
from astropy.io.fits import Header

from ..large import image_array
from ..tiles import row_strips
from .header import number

__all__ = ["linear_pixels", "take_off_pedestal"]

#: Softened magnitudes of Pan-STARRS are in these units.
_POGSON = 2.5 / math.log(10.0)

#: Single precision must resolve the scatter of the pixels this many times.
_DIGITS = 64.0

#: Enough pixels to tell what is typical.
_SAMPLE = 100_000


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


def take_off_pedestal(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Subtract a constant where single precision would lose the pixels' digits to it.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        As the file has it.

    Returns
    -------
    image : `numpy.ndarray`, (ny, nx)
        The same if float32 resolves its noise; else float32, less the pedestal.
    pedestal : `float`
        What was taken off [count], 0 if nothing.
    """
    if image.dtype.itemsize < 4 or image.dtype == np.float32:
        return image, 0.0
    values = image.ravel()[:: 1 + image.size // _SAMPLE].astype(np.float64)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return image, 0.0
    level = float(np.median(values))
    scatter = float(np.median(np.abs(values - level)))
    if not 0 < scatter < _DIGITS * float(np.spacing(np.float32(min(abs(level), 1e38)))):
        return image, 0.0
    less = image_array(image.shape, np.float32)
    for rows in row_strips(image.shape):
        less[rows] = image[rows].astype(np.float64) - level
    return less, level
