"""Counts that single precision can hold, their squares too, and no digits lost to a pedestal."""

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

#: A level so many times the noise costs single precision a thousandth of the noise.
_PEDESTAL = 1e4

#: Enough pixels to tell what is typical.
_SAMPLE = 100_000


def fit_range(parts: dict[str, Any]) -> dict[str, Any]:
    """Take a pedestal off an image, and multiply its counts by a power of ten, where they need it.

    Images in units of energy, such as erg / (s cm2 Hz), have pixels of 1e-30.
    Raw ones and some reductions have a sky so high that of its noise single
    precision would keep few digits, or none.

    Parameters
    ----------
    parts : `dict`
        Parts of a `~meas_blends.data.coadd.Coadd`: ``image``, ``zero_point``,
        ``origins`` and perhaps ``variance``.

    Returns
    -------
    parts : `dict`
        The same if all is well; else the image less its median, which is
        taken off in double precision unless single precision holds the pixels
        as they are; or image and variance in new counts, the AB magnitude of
        one of which is the new zero point.
    """
    level, typical = _typical(parts["image"])
    exact = np.can_cast(parts["image"].dtype, np.float32)
    pedestal = level if abs(level) > _PEDESTAL * typical and not exact else 0.0
    fits_well = typical == 0.0 or _SMALLEST <= typical <= _LARGEST
    if fits_well and pedestal == 0.0:
        return parts
    origins = dict(parts["origins"])
    if pedestal:
        origins["image"] += f", less a pedestal of {pedestal:.10g}"
    if fits_well:
        return {**parts, "image": _scaled(parts["image"], 1.0, less=pedestal), "origins": origins}
    exponent = -round(math.log10(typical))
    factor = 10.0**exponent
    origins["image"] += f", times 1e{exponent:d} to suit 32-bit numbers"
    scaled = {
        "image": _scaled(parts["image"], factor, less=pedestal),
        "zero_point": parts["zero_point"] + 2.5 * exponent,
        "origins": origins,
    }
    if parts.get("variance") is not None:
        # Twice, for the square may not be a number.
        scaled["variance"] = _scaled(parts["variance"], factor, factor)
    return {**parts, **scaled}


def _scaled(plane: np.ndarray, *factors: float, less: float = 0.0) -> np.ndarray:
    """A plane less a number, times some factors one after the other, as a `Coadd` keeps it."""
    scaled = image_array(plane.shape, np.float32)
    for rows in row_strips(plane.shape):
        part = plane[rows].astype(np.float64)
        part -= less
        for factor in factors:
            part *= factor
        scaled[rows] = part
    return scaled


def _typical(image: np.ndarray) -> tuple[float, float]:
    """Median of the pixels, and their median distance from it.

    Where most distances are next to nothing it is the largest of them; of an
    image of one value it is that value.
    """
    values = image.ravel()[:: 1 + image.size // _SAMPLE].astype(np.float64)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, 0.0
    level = float(np.median(values))
    distance = np.abs(values - level)
    typical = float(np.median(distance))
    # Without noise, most pixels may be the far wings of a few sources.
    if typical < _SMALLEST_SHARE * np.max(distance):
        typical = float(np.max(distance))
    return level, typical or abs(level)
