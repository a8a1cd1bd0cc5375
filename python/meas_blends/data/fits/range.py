"""Counts that single precision can hold, and their squares too."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..large import image_array
from ..tiles import row_strips

__all__ = ["fit_range"]

#: Typical pixel values outside these limits have variances that leave, or
#: nearly leave, the range of 32-bit numbers, 1e-38 to 1e38.
_SMALLEST, _LARGEST = 1e-15, 1e15

#: Noise is not weaker than this, compared with the brightest pixels.
_SMALLEST_SHARE = 1e-9

#: Enough pixels to tell what is typical.
_SAMPLE = 100_000


def fit_range(parts: dict[str, Any]) -> dict[str, Any]:
    """Multiply the counts of an image by a power of ten where they need it.

    Images in units of energy, such as erg / (s cm2 Hz), have pixels of 1e-30.

    Parameters
    ----------
    parts : `dict`
        Parts of a `~meas_blends.data.coadd.Coadd`: ``image``, ``zero_point``,
        ``origins`` and perhaps ``variance``.

    Returns
    -------
    parts : `dict`
        The same if all is well; else with image and variance in new counts,
        the AB magnitude of one of which is the new zero point.
    """
    typical = _typical(parts["image"])
    if typical == 0.0 or _SMALLEST <= typical <= _LARGEST:
        return parts
    exponent = -round(math.log10(typical))
    factor = 10.0**exponent
    origins = dict(parts["origins"])
    origins["image"] += f", times 1e{exponent:d} to suit 32-bit numbers"
    scaled = {
        "image": _scaled(parts["image"], factor),
        "zero_point": parts["zero_point"] + 2.5 * exponent,
        "origins": origins,
    }
    if parts.get("variance") is not None:
        # Twice, for the square may not be a number.
        scaled["variance"] = _scaled(parts["variance"], factor, factor)
    return {**parts, **scaled}


def _scaled(plane: np.ndarray, *factors: float) -> np.ndarray:
    """A plane times some factors, one after the other, as a `Coadd` keeps it."""
    scaled = image_array(plane.shape, np.float32)
    for rows in row_strips(plane.shape):
        part = plane[rows].astype(np.float64)
        for factor in factors:
            part *= factor
        scaled[rows] = part
    return scaled


def _typical(image: np.ndarray) -> float:
    """Median distance of the pixels from their median, else the largest; 0 if all is 0."""
    values = image.ravel()[:: 1 + image.size // _SAMPLE].astype(np.float64)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0
    typical = float(np.median(np.abs(values - np.median(values))))
    largest = float(np.max(np.abs(values)))
    # Without noise, most pixels may be the far wings of a few sources.
    return largest if typical < _SMALLEST_SHARE * largest else typical
