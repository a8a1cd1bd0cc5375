"""From the network's cells to places of objects."""

from __future__ import annotations

import numpy as np

from ..classifier import Places
from .look import Sight
from .patches import CELL

__all__ = ["find_places"]

#: Places less probable than this are not worth listing.
_LEAST_PROBABILITY = 0.02

#: Times that places are looked for: objects so close that one hides the other
#: come up when the first has taken its share.
_ROUNDS = 8

#: The cell itself, its four neighbours and its corners, as steps of row and
#: column, and their weights when the map is smoothed.
_STEPS = np.array([(0, 0), (-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)])
_WEIGHTS = 0.3 ** np.abs(_STEPS).sum(axis=1)


def find_places(sight: Sight, error_scale: float = 1.0) -> Places:
    """Gather the probability of neighbouring cells into places.

    The network is often unsure which of two or three neighbouring cells
    holds the object. A place is a cell where the smoothed probability is
    largest among its neighbours. It takes the probability of the cells
    around it, the nearest first, until it has that of one object; cells
    between two places are shared. What is left is looked through again, so
    that of two objects in neighbouring cells each finds its place. The
    place's probability is what it has taken, its centre the mean of the
    cells' positions, and its error the scatter of these and the error of
    each, all weighted by probability.

    Parameters
    ----------
    sight : `~meas_blends.blends.network.look.Sight`
        What the network saw.
    error_scale : `float`
        Factor on the network's own errors.

    Returns
    -------
    places : `~meas_blends.blends.classifier.Places`
        At least one a footprint.
    """
    layout = sight.layout
    if len(layout.start) == 0:
        return Places(np.zeros(0, int), *np.zeros((5, 0)))
    order = np.argsort(layout.start)
    area = (layout.height * layout.width)[order] // CELL**2
    # A footprint never reaches its patch's border, so neighbours lie in the patch.
    flat = np.flatnonzero(sight.mask)
    owner = np.repeat(order, area)[flat]
    stride = layout.width[owner] // CELL
    around = flat[:, None] + _STEPS[:, 0] * stride[:, None] + _STEPS[:, 1]
    left = np.zeros(len(sight.mask))
    left[flat] = 1.0 / (1.0 + np.exp(-sight.place[flat, 0].astype(float)))
    smooth = np.zeros(len(left))
    active = np.arange(len(flat))
    found = []
    for turn in range(_ROUNDS):
        of_active = left[around[active]]
        # Of equal neighbours the likelier cell wins.
        smooth[flat[active]] = of_active @ _WEIGHTS + 1e-9 * of_active[:, 0]
        hopeful = active[of_active.sum(axis=1) >= _LEAST_PROBABILITY]
        peak = hopeful[smooth[around[hopeful]].max(axis=1) <= smooth[flat[hopeful]]]
        if turn == 0:
            # Every footprint has a place, if only an unlikely one.
            peak = np.union1d(peak, _find_best(smooth[flat], owner))
        if len(peak) == 0:
            break
        near = around[peak]
        taken = _take(left, near)
        found.append((peak, near, taken))
        np.subtract.at(left, near.ravel(), taken.ravel())
        np.maximum(left, 0.0, out=left)
        # Probability only falls, so no other cell can become a place.
        within_reach = np.zeros(len(left), bool)
        within_reach[around[hopeful]] = True
        active = active[within_reach[flat[active]]]
    centre, near, taken = (np.concatenate(part) for part in zip(*found, strict=True))
    return _gather(sight, error_scale, flat, owner, centre, near, taken)


def _find_best(smooth: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """First of the largest values of each footprint, whose cells lie together."""
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    largest = np.maximum.reduceat(smooth, first)
    best = np.flatnonzero(smooth == np.repeat(largest, np.diff(first, append=len(owner))))
    return best[np.flatnonzero(np.diff(owner[best], prepend=-1))]


def _take(left: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Probability that each place takes of the cells around it, (n_places, 9); at most 1."""
    touched = np.bincount(near.ravel(), minlength=len(left))
    share = left[near] / touched[near]
    before = np.cumsum(share, axis=1) - share
    return np.clip(1.0 - before, 0.0, share)


def _gather(
    sight: Sight,
    error_scale: float,
    flat: np.ndarray,
    owner: np.ndarray,
    centre: np.ndarray,
    near: np.ndarray,
    taken: np.ndarray,
) -> Places:
    """Centres and errors of places from what they have taken."""
    layout, whose = sight.layout, owner[centre]
    stride = layout.width[whose] // CELL
    row, column = np.divmod(flat[centre] - layout.start[whose] // CELL**2, stride)
    total = taken.sum(axis=1)
    # A place of no probability at all stands in its cell's middle.
    weight = np.where(total[:, None] > 0, taken, (_STEPS == 0).all(axis=1))
    weight = weight / weight.sum(axis=1, keepdims=True)
    middle = 0.5 * (CELL - 1)
    first_x = layout.x0[whose] + CELL * column + middle
    first_y = layout.y0[whose] + CELL * row + middle
    x = first_x[:, None] + CELL * _STEPS[:, 1] + sight.place[near, 1]
    y = first_y[:, None] + CELL * _STEPS[:, 0] + sight.place[near, 2]
    variance = np.exp(2.0 * sight.place[near, 3].astype(float))
    mean_x, mean_y = (weight * x).sum(axis=1), (weight * y).sum(axis=1)
    x_err, y_err = (
        error_scale * np.sqrt((weight * ((of - mean[:, None]) ** 2 + variance)).sum(axis=1))
        for of, mean in ((x, mean_x), (y, mean_y))
    )
    order = np.lexsort((-total, whose))
    return Places(*(part[order] for part in (whose, mean_x, mean_y, x_err, y_err, total)))
