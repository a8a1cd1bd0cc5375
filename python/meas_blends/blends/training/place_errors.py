"""How true the stated errors of places are."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..classifier import Places

__all__ = ["place_pulls"]


def place_pulls(
    places: Places, x: np.ndarray, y: np.ndarray, owner: np.ndarray, reach: float = 2.5
) -> np.ndarray:
    """Offsets of true centres from places, over the places' errors.

    Parameters
    ----------
    places : `~meas_blends.blends.classifier.Places`
    x, y : `numpy.ndarray`, (n,)
        True centres, array pixels.
    owner : `numpy.ndarray` of int, (n,)
        Row of the footprint of each.
    reach : `float`
        Largest distance of a place from the centre that it stands for [pixel].

    Returns
    -------
    pulls : `numpy.ndarray`, (2 m,)
        Along x and y, of the m centres within reach of a place of their
        footprint that is more likely than not: the nearest is taken to be theirs.
    """
    # A third axis that keeps footprints further apart than any reach.
    known = np.column_stack([x, y, owner * 10.0 * reach])
    likely = places.probability > 0.5
    stated = np.column_stack([places.x, places.y, places.owner * 10.0 * reach])[likely]
    distance, nearest = cKDTree(stated).query(known, distance_upper_bound=reach)
    near = np.isfinite(distance)
    offset = (known[near] - stated[nearest[near]])[:, :2]
    error = np.column_stack([places.x_err, places.y_err])[likely][nearest[near]]
    return (offset / error).ravel()
