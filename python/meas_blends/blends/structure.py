"""Which peaks may be structure of a brighter galaxy."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from .maxima import Candidates, ranks

__all__ = ["part_of"]

#: A peak of at least this probability is an object of its own.
_SURE = 0.9

#: Light runs on from one peak to another if the smoothed image nowhere between them falls
#: below this share of the fainter one's value.
_VALLEY = 0.9

#: Points that are looked at between two peaks.
_POINTS = 12


def part_of(
    smoothed: np.ndarray, candidates: Candidates, probability: np.ndarray | float
) -> np.ndarray:
    """Find the brighter peaks that less than sure ones may be structure of.

    Parameters
    ----------
    smoothed : `numpy.ndarray`, (ny, nx)
        Image after the matched filter.
    candidates : `~meas_blends.blends.maxima.Candidates`
        n peaks, brightest first in each footprint.
    probability : `numpy.ndarray`, (n,), or `float`
        That each is an object of its own; NaN if unknown.

    Returns
    -------
    brighter : `numpy.ndarray` of int, (n,)
        The nearest brighter peak of the footprint without a valley between
        the two, of peaks that are not surely objects; -1 for none.
    """
    owner, number = candidates.owner, len(candidates.owner)
    brighter = np.full(number, -1)
    rank = ranks(owner)
    unsure = np.flatnonzero((np.broadcast_to(probability, number) < _SURE) & (rank > 0))
    if not len(unsure):
        return brighter
    # All pairs of an unsure peak and a brighter one of its footprint.
    fainter = np.repeat(unsure, rank[unsure])
    before = np.arange(len(fainter)) - np.repeat(
        np.cumsum(rank[unsure]) - rank[unsure], rank[unsure]
    )
    other = fainter - rank[fainter] + before
    row, column = np.divmod(candidates.flat, smoothed.shape[1])
    along = np.linspace(0.0, 1.0, _POINTS + 2)[1:-1]
    path = np.array(
        [of[fainter, None] + along * (of[other] - of[fainter])[:, None] for of in (row, column)]
    )
    lowest = map_coordinates(smoothed, path, order=1).min(axis=1)
    runs_on = lowest >= _VALLEY * smoothed.ravel()[candidates.flat[fainter]]
    distance = np.hypot(row[other] - row[fainter], column[other] - column[fainter])
    order = np.lexsort((distance, fainter))
    order = order[runs_on[order]]
    which, first = np.unique(fainter[order], return_index=True)
    brighter[which] = other[order][first]
    return brighter
