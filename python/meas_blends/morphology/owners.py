"""Which peak each pixel of the footprints belongs to."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..data.tiles import row_strips

__all__ = ["ORPHAN", "SKY", "pixel_owners"]

#: Owner of a pixel outside the footprints.
SKY = -1

#: Owner of a pixel of a footprint that has no peak.
ORPHAN = -2


def pixel_owners(
    labels: np.ndarray, x: np.ndarray, y: np.ndarray, footprint: np.ndarray
) -> np.ndarray:
    """Give each pixel of the footprints to a peak.

    A footprint with one peak belongs to it whole. In one with several, each
    pixel goes to the nearest of its own footprint's peaks: light is split
    along straight lines, not modelled.

    Parameters
    ----------
    labels : `numpy.ndarray`, (ny, nx)
        Footprints, 0 outside.
    x, y : `numpy.ndarray`, (n,)
        Peaks, array pixels.
    footprint : `numpy.ndarray`, (n,)
        Label of each peak's footprint.

    Returns
    -------
    owners : `numpy.ndarray` of int32, (ny, nx)
        Row of the peak; `SKY` outside the footprints, `ORPHAN` in one
        without a peak.
    """
    owners = np.full(labels.shape, SKY, np.int32)
    if len(footprint) == 0:
        owners[labels != 0] = ORPHAN
        return owners
    identifiers, first, row, count = np.unique(
        footprint, return_index=True, return_inverse=True, return_counts=True
    )
    # Footprints are set apart along a third axis, farther than any two
    # pixels, so that the nearest peak is one of the same footprint.
    apart = 2.0 * sum(labels.shape)
    tree = cKDTree(np.stack([x, y, apart * row], axis=1))
    # Strip by strip: lists of all pixels inside take more than the image.
    for rows in row_strips(labels.shape):
        py, px = np.nonzero(labels[rows])
        ids = labels[rows][py, px]
        place = np.minimum(np.searchsorted(identifiers, ids), len(identifiers) - 1)
        known = identifiers[place] == ids
        owner = np.where(known, first[place], ORPHAN)
        shared = known & (count[place] > 1)
        if shared.any():
            pixels = [px[shared], py[shared] + rows.start, apart * place[shared]]
            owner[shared] = tree.query(np.stack(pixels, axis=1))[1]
        owners[rows][py, px] = owner
    return owners
