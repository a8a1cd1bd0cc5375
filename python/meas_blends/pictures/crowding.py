"""Where in an image it is crowded."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from ..data.coadd import Coadd

__all__ = ["crowded_corner"]


def crowded_corner(coadd: Coadd, peaks: Table | None, size: int) -> tuple[int, int]:
    """Find a window that holds many peaks of shared footprints.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        The image.
    peaks : `astropy.table.Table` or `None`
        Its peaks; without any the window is in the middle.
    size : `int`
        Side of the window [pixel].

    Returns
    -------
    x, y : `int`
        Lower left corner in parent pixels; the window lies in the image as
        far as it fits. The window steps by half its size; of equal ones the
        lowest and leftmost wins.
    """
    ny, nx = coadd.shape
    x0, y0 = coadd.xy0
    room_x, room_y = max(nx - size, 0), max(ny - size, 0)
    if peaks is None or len(peaks) == 0:
        return x0 + room_x // 2, y0 + room_y // 2
    _, footprint, members = np.unique(
        np.asarray(peaks["footprintId"]), return_inverse=True, return_counts=True
    )
    # A peak that shares its footprint says more than one that is alone.
    weight = np.where(members[footprint] > 1, 1.0, 0.1)
    half = size // 2
    edges_x = np.arange(0, nx + half, half)
    edges_y = np.arange(0, ny + half, half)
    x, y = np.asarray(peaks["f_x"]) - x0, np.asarray(peaks["f_y"]) - y0
    counts, _, _ = np.histogram2d(y, x, bins=(edges_y, edges_x), weights=weight)
    padded = np.pad(counts, ((0, 1), (0, 1)))
    windows = padded[:-1, :-1] + padded[1:, :-1] + padded[:-1, 1:] + padded[1:, 1:]
    row, column = np.unravel_index(np.argmax(windows), windows.shape)
    return x0 + min(int(edges_x[column]), room_x), y0 + min(int(edges_y[row]), room_y)
