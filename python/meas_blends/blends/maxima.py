"""Candidate peaks: LSST's local maxima, in the order of its peak catalogues."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.catalogs import PEAKS
from ..data.footprints import PixelLists
from ..detection.matched_filter import FilteredCoadd

__all__ = [
    "Candidates",
    "find_maxima",
    "is_maximum",
    "ranks",
    "refine_centres",
    "sort_candidates",
]


@dataclass(frozen=True)
class Candidates:
    """Peaks of all footprints: at least one each, brightest first in each.

    Parameters
    ----------
    flat : `numpy.ndarray` of int, (n,)
        Index of each peak's pixel into the ravelled image.
    owner : `numpy.ndarray` of int, (n,)
        Row of its footprint in `PixelLists`, ascending.
    flags : `numpy.ndarray` of int, (n,)
        Bits of `~meas_blends.data.catalogs.PEAKS`.
    """

    flat: np.ndarray
    owner: np.ndarray
    flags: np.ndarray

    def counts(self, n_footprints: int) -> np.ndarray:
        """Peaks in each footprint, `int` (n_footprints,)."""
        return np.bincount(self.owner, minlength=n_footprints)

    def first(self) -> np.ndarray:
        """Whether each peak is the brightest of its footprint, `bool` (n,)."""
        return np.append(True, self.owner[1:] != self.owner[:-1])[: len(self.owner)]

    def select(self, keep: np.ndarray) -> Candidates:
        """Return the peaks where ``keep`` is true."""
        return Candidates(self.flat[keep], self.owner[keep], self.flags[keep])

    def of_footprints(self, keep: np.ndarray) -> Candidates:
        """Return the peaks of the footprints where ``keep`` is true, as if there were no others."""
        mine = keep[self.owner]
        owner = (np.cumsum(keep) - 1)[self.owner[mine]]
        return Candidates(self.flat[mine], owner, self.flags[mine])


def find_maxima(filtered: FilteredCoadd, pixels: PixelLists, threshold: float) -> Candidates:
    """Find peaks by LSST's rule.

    A peak is a pixel of the smoothed image above the detection threshold with
    no 8-neighbour strictly greater, so a plateau gives several; a margin of
    one pixel at the border of the image holds none. Peaks are sorted by
    value, descending, then by ``i_x``, ``i_y``. A footprint without any gets
    its brightest pixel. This is ``findPeaksInFootprints`` of
    ``afw/src/detection/FootprintSet.cc``, which looks for peaks before the
    footprints grow, hence the threshold.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    pixels : `~meas_blends.data.footprints.PixelLists`
        Pixels of the (grown) footprints.
    threshold : `float`
        Point-source S/N that a peak must exceed.

    Returns
    -------
    candidates : `Candidates`
    """
    ny, nx = filtered.smoothed.shape
    smoothed = filtered.smoothed.ravel()
    row, column = np.divmod(pixels.flat, nx)
    inside = (row > 0) & (row < ny - 1) & (column > 0) & (column < nx - 1)
    may = inside & (filtered.significance.ravel()[pixels.flat] > threshold)
    flat, owner = pixels.flat[may], pixels.owner[may]
    maximum = is_maximum(smoothed, flat, nx)
    flat, owner = flat[maximum], owner[maximum]
    n_footprints = len(pixels.identifiers)
    empty = np.bincount(owner, minlength=n_footprints) == 0
    brightest, without = _brightest_pixels(smoothed, pixels, empty)
    flags = np.repeat([0, PEAKS.flag("NO_MAXIMUM")], [len(flat), len(without)])
    flat = np.concatenate([flat, brightest])
    owner = np.concatenate([owner, without])
    return sort_candidates(Candidates(flat, owner, flags), smoothed, nx)


def ranks(owner: np.ndarray) -> np.ndarray:
    """Number of each entry in its group, from 0, where groups lie together."""
    start = np.append(True, owner[1:] != owner[:-1])[: len(owner)]
    return np.arange(len(owner)) - np.flatnonzero(start)[np.cumsum(start) - 1]


def refine_centres(
    filtered: FilteredCoadd, candidates: Candidates
) -> tuple[np.ndarray, np.ndarray]:
    """Sub-pixel offsets of peaks from the parabola through the neighbouring pixels.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    candidates : `Candidates`

    Returns
    -------
    dx, dy : `numpy.ndarray`, (n,)
        Offsets from the pixel's centre, within half a pixel; 0 where the
        pixel is no maximum along that axis or lies on the border.
    """
    ny, nx = filtered.smoothed.shape
    smoothed = filtered.smoothed.ravel().astype(float)
    row, column = np.divmod(candidates.flat, nx)

    def offset(step: int, position: np.ndarray, size: int) -> np.ndarray:
        inside = (position > 0) & (position < size - 1)
        low = smoothed[np.where(inside, candidates.flat - step, candidates.flat)]
        middle = smoothed[candidates.flat]
        high = smoothed[np.where(inside, candidates.flat + step, candidates.flat)]
        curvature = low - 2 * middle + high
        peaked = inside & (curvature < 0) & (middle >= low) & (middle >= high)
        return np.where(peaked, 0.5 * (low - high) / np.where(peaked, curvature, 1.0), 0.0)

    return offset(1, column, nx), offset(nx, row, ny)


def _brightest_pixels(
    smoothed: np.ndarray, pixels: PixelLists, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Flat index of the brightest pixel of each chosen footprint, and its owner."""
    theirs = chosen[pixels.owner]
    flat, owner = pixels.flat[theirs], pixels.owner[theirs]
    order = np.lexsort((smoothed[flat], owner))
    last = order[np.append(np.diff(owner[order]) > 0, True)[: len(order)]]
    return flat[last], owner[last]


def is_maximum(image: np.ndarray, flat: np.ndarray, nx: int) -> np.ndarray:
    """Whether pixels have no 8-neighbour strictly greater.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny * nx,)
        Ravelled image.
    flat : `numpy.ndarray` of int, (n,)
        Indices into it, none on its border.
    nx : `int`
        Its width.

    Returns
    -------
    maximum : `numpy.ndarray` of bool, (n,)
    """
    maximum = np.ones(len(flat), bool)
    for step in (-nx - 1, -nx, -nx + 1, -1, 1, nx - 1, nx, nx + 1):
        maximum &= image[flat + step] <= image[flat]
    return maximum


def sort_candidates(candidates: Candidates, smoothed: np.ndarray, nx: int) -> Candidates:
    """Sort by footprint, value in the ravelled smoothed image descending, i_x, i_y."""
    row, column = np.divmod(candidates.flat, nx)
    order = np.lexsort((row, column, -smoothed[candidates.flat], candidates.owner))
    return candidates.select(order)
