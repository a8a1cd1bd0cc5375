"""Which pixels of a mask hang together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ..data.tiles import row_strips

__all__ = ["Runs", "find_groups", "find_runs"]


@dataclass(frozen=True)
class Runs:
    """Runs of pixels along rows, row by row and from left to right.

    Parameters
    ----------
    y, x0, x1 : `numpy.ndarray` of int, (n,)
        Row, first and last column of each, array pixels.
    """

    y: np.ndarray
    x0: np.ndarray
    x1: np.ndarray


def find_runs(mask: np.ndarray) -> Runs:
    """Find the runs of a mask, each as long as it can be.

    Parameters
    ----------
    mask : `numpy.ndarray` of bool, (ny, nx)

    Returns
    -------
    runs : `Runs`
    """
    nx = mask.shape[1]
    edges = []
    for rows in row_strips(mask.shape):
        # An empty column on both sides: every run of a row begins and ends in it.
        framed = np.zeros((rows.stop - rows.start, nx + 2), bool)
        framed[:, 1:-1] = mask[rows]
        flat = framed.ravel()
        edges.append(np.flatnonzero(flat[1:] != flat[:-1]) + rows.start * (nx + 2))
    edges = np.concatenate(edges)
    y, x0 = np.divmod(edges[::2], nx + 2)
    return Runs(y, x0, edges[1::2] - y * (nx + 2) - 1)


def find_groups(runs: Runs) -> np.ndarray:
    """Tell which runs hang together, by sides or corners of their pixels.

    Like `scipy.ndimage.label` with all 8 neighbours, but without an image of
    integers.

    Parameters
    ----------
    runs : `Runs`
        Of n runs.

    Returns
    -------
    group : `numpy.ndarray` of int, (n,)
        From 0, in the order of their first runs.
    """
    number = len(runs.y)
    if number == 0:
        return np.zeros(0, int)
    width = int(runs.x1.max()) + 3
    # Runs of the next row that end no farther left than one pixel beside this one,
    # and those that begin no farther right.
    below = (runs.y + 1) * width
    first = np.searchsorted(runs.y * width + runs.x1, below + runs.x0 - 1)
    after = np.searchsorted(runs.y * width + runs.x0, below + runs.x1 + 1, side="right")
    touching = np.maximum(after - first, 0)
    upper = np.repeat(np.arange(number), touching)
    within = np.arange(len(upper)) - np.repeat(np.cumsum(touching) - touching, touching)
    lower = first[upper] + within
    pairs = coo_matrix((np.ones(len(upper), bool), (upper, lower)), shape=(number, number))
    _, group = connected_components(pairs, directed=False)
    _, seen_first, group = np.unique(group, return_index=True, return_inverse=True)
    rank = np.empty(len(seen_first), int)
    rank[np.argsort(seen_first)] = np.arange(len(seen_first))
    return rank[group]
