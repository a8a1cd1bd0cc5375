"""One detection image from several bands."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..data.large import image_array
from ..data.tiles import row_strips
from .matched_filter import STRIDE, FilteredCoadd, MatchedFilter, confusion

__all__ = ["stack_significance"]


def stack_significance(bands: Iterable[FilteredCoadd | MatchedFilter]) -> np.ndarray:
    """Add up the point-source S/N of several bands.

    The sum over the root of the number of bands is the S/N of a source that
    is equally significant in all of them; as in `matched_filter` it is
    divided by its own clipped scatter, which galaxies too faint to see raise
    more here, for all bands show the same ones.

    Parameters
    ----------
    bands : iterable of `FilteredCoadd` or `MatchedFilter`
        On one grid of pixels. Consumed one by one.

    Returns
    -------
    significance : `numpy.ndarray` of float32, (ny, nx)
        Where a band has no usable light, that of the others.
    """
    total: np.ndarray | None = None
    for filtered in bands:
        if total is None:
            total = image_array(filtered.significance.shape, np.float32)
            number = image_array(total.shape, np.uint8)
        for rows in row_strips(total.shape):
            usable = ~filtered.bad[rows]
            np.add(total[rows], filtered.significance[rows], out=total[rows], where=usable)
            number[rows] += usable
    for rows in row_strips(total.shape):
        total[rows] /= np.sqrt(np.maximum(number[rows], 1), dtype=np.float32)
    part = (slice(None, None, STRIDE),) * 2
    excess = np.float32(confusion(total[part][number[part] > 0]))
    for rows in row_strips(total.shape):
        total[rows] /= excess
    return total
