"""Footprints that are too large to look at."""

from __future__ import annotations

import numpy as np

from .detections import Detections

__all__ = ["MAX_AREA", "MAX_MAXIMA", "is_too_large"]

#: Where nothing else is said, the largest area of a footprint's bounding box
#: [pixel] and the most local maxima, those of LSST's deblender. The largest
#: footprints of LSST's ten-year depth have 18,000 and 17.
MAX_AREA = 100_000
MAX_MAXIMA = 200


def is_too_large(
    detections: Detections, max_area: int = MAX_AREA, max_maxima: int = MAX_MAXIMA
) -> np.ndarray:
    """Whether footprints are larger than any that a classifier was made for.

    Their number of objects is not in doubt, and what a classifier takes in
    memory and time grows with the area and the objects. LSST's deblender
    skips such ones too.

    Parameters
    ----------
    detections : `~meas_blends.blends.detections.Detections`
        Of n footprints.
    max_area : `int`
        Largest area of a footprint's bounding box [pixel].
    max_maxima : `int`
        Most local maxima of a footprint.

    Returns
    -------
    large : `numpy.ndarray` of bool, (n,)
    """
    x0, y0, x1, y1 = detections.pixels.boxes(detections.filtered.smoothed.shape[1])
    area = (x1 - x0 + 1) * (y1 - y0 + 1)
    return (area > max_area) | (detections.n_maxima > max_maxima)
