"""From the network's cells to places of objects."""

from __future__ import annotations

import numpy as np

from ..classifier import Places
from .look import Sight
from .patches import CELL

__all__ = ["find_places"]

#: Places less probable than this are not worth listing.
_LEAST_PROBABILITY = 0.02

#: The cell itself and its eight neighbours, as steps of row and column, and
#: their weights when the map is smoothed.
_STEPS = np.array([(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
_WEIGHTS = 0.5 ** np.abs(_STEPS).sum(axis=1)


def find_places(sight: Sight) -> Places:
    """Gather the probability of neighbouring cells into places.

    The network is often unsure which of two or three neighbouring cells
    holds the object. A place is a cell where the smoothed probability is
    largest among its neighbours; each cell gives its probability to the
    places that it touches. The place's probability is their sum, its centre
    their mean, and its error the scatter of the cells' positions and the
    error of each, all weighted by probability.

    Parameters
    ----------
    sight : `~meas_blends.blends.network.look.Sight`
        What the network saw.

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
    row, column = np.divmod(flat - layout.start[owner] // CELL**2, stride)
    around = flat[:, None] + _STEPS[:, 0] * stride[:, None] + _STEPS[:, 1]
    probability = np.zeros(len(sight.mask))
    probability[flat] = 1.0 / (1.0 + np.exp(-sight.place[flat, 0].astype(float)))
    smooth = np.zeros(len(sight.mask))
    # Of equal neighbours the likelier cell wins.
    smooth[flat] = probability[around] @ _WEIGHTS + 1e-9 * probability[flat]
    peak = smooth[around].max(axis=1) <= smooth[flat]
    peak &= probability[around].sum(axis=1) >= _LEAST_PROBABILITY
    # Every footprint has a place, if only an unlikely one.
    best = np.lexsort((-smooth[flat], owner))
    peak[best[np.append(True, np.diff(owner[best]) > 0)]] = True
    centre = np.flatnonzero(peak)
    near = around[centre]
    # A cell between two places is shared.
    touched = np.bincount(near.ravel(), minlength=len(sight.mask))
    share = probability[near] / touched[near]
    total = np.maximum(share.sum(axis=1), np.finfo(float).tiny)
    share /= total[:, None]
    whose = owner[centre]
    middle = 0.5 * (CELL - 1)
    left = layout.x0[whose] + CELL * column[centre] + middle
    bottom = layout.y0[whose] + CELL * row[centre] + middle
    x = left[:, None] + CELL * _STEPS[:, 1] + sight.place[near, 1]
    y = bottom[:, None] + CELL * _STEPS[:, 0] + sight.place[near, 2]
    variance = np.exp(2.0 * sight.place[near, 3].astype(float))
    mean_x, mean_y = (share * x).sum(axis=1), (share * y).sum(axis=1)
    x_err, y_err = (
        np.sqrt((share * ((of - mean[:, None]) ** 2 + variance)).sum(axis=1))
        for of, mean in ((x, mean_x), (y, mean_y))
    )
    found = np.minimum(total, 1.0)
    order = np.lexsort((-found, whose))
    return Places(*(part[order] for part in (whose, mean_x, mean_y, x_err, y_err, found)))
