"""Merging what was detected in several bands, as LSST merges detections."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from scipy import ndimage
from scipy.spatial import cKDTree

from ..data.footprints import PixelLists

__all__ = [
    "band_names",
    "cull_peaks",
    "group_footprints",
    "keep_peaks",
    "merge_peaks",
    "overlay_footprints",
]


def overlay_footprints(footprints: Sequence[PixelLists], shape: tuple[int, int]) -> np.ndarray:
    """Join the footprints of all bands wherever they overlap or touch.

    Parameters
    ----------
    footprints : sequence of `~meas_blends.data.footprints.PixelLists`
        Of each band.
    shape : `tuple` [`int`, `int`]
        Of the image.

    Returns
    -------
    labels : `numpy.ndarray` of int32, (ny, nx)
        Merged footprints from 1, 0 outside: the unions of pixels that hang
        together by their 8 neighbours, as in ``afw``'s ``FootprintMergeList``.
    """
    union = np.zeros(shape, bool)
    for pixels in footprints:
        union.ravel()[pixels.flat] = True
    return ndimage.label(union, structure=np.ones((3, 3)), output=np.int32)[0]


def group_footprints(labels: np.ndarray, pixels: PixelLists) -> np.ndarray:
    """Row of the merged footprint that holds each footprint of one band.

    Parameters
    ----------
    labels : `numpy.ndarray` of int, (ny, nx)
        From `overlay_footprints`.
    pixels : `~meas_blends.data.footprints.PixelLists`
        Of n footprints.

    Returns
    -------
    groups : `numpy.ndarray` of int, (n,)
    """
    return labels.ravel()[pixels.flat[pixels.first[:-1]]] - 1


def merge_peaks(
    peaks: Sequence[Table],
    groups: Sequence[np.ndarray],
    min_new: float,
    max_same: float,
) -> tuple[Table, np.ndarray, np.ndarray]:
    """Merge the peaks of several bands.

    LSST's rule (``FootprintMergeList`` of ``afw``, which
    ``MergeDetectionsTask`` of ``pipe_tasks`` calls): all peaks of the first
    band are taken. A peak of a later band that lies nearer than ``max_same``
    to one of the same merged footprint is that one, seen in another band;
    one that lies farther than ``min_new`` from all is new; one in between is
    dropped, for it may be either. Distances are between sub-pixel centres.

    Parameters
    ----------
    peaks : sequence of `astropy.table.Table`
        `~meas_blends.data.catalogs.PEAKS` of each band, in the order of
        priority.
    groups : sequence of `numpy.ndarray` of int
        Row of the merged footprint of each of them.
    min_new, max_same : `float`
        [pixel].

    Returns
    -------
    merged : `astropy.table.Table`
        The peaks that were taken, as their own band has them, but with the
        largest ``probability`` of those that are the same, and ``partOf``
        the row, from 1, of the peak that stands for the one that their band
        names, 0 for none; sorted by merged footprint, then by significance,
        descending.
    owner : `numpy.ndarray` of int, (n,)
        Merged footprint of each, ascending.
    seen : `numpy.ndarray` of bool, (n, n_bands)
        Whether each band saw it.
    """
    x = np.concatenate([np.asarray(table["f_x"], float) for table in peaks])
    y = np.concatenate([np.asarray(table["f_y"], float) for table in peaks])
    probability = np.concatenate([np.asarray(table["probability"]) for table in peaks])
    owner = np.concatenate(groups).astype(np.int64)
    band = np.repeat(np.arange(len(peaks)), [len(table) for table in peaks])
    # Far enough apart that the nearest peak is never one of another footprint.
    extent = 2.0 * (np.ptp(x) + np.ptp(y) + min_new + 1.0) if len(x) else 1.0
    points = np.column_stack([x, y, owner * extent])
    taken = np.zeros(0, np.int64)
    seen = np.zeros((len(x), len(peaks)), bool)
    # The peak that each is the same as; -1 for those that are dropped.
    stands_for = np.full(len(x) + 1, -1)
    for number in range(len(peaks)):
        rows = np.flatnonzero(band == number)
        distance = np.full(len(rows), np.inf)
        nearest = np.zeros(len(rows), np.int64)
        if len(taken) and len(rows):
            distance, index = cKDTree(points[taken]).query(points[rows])
            nearest = taken[index]
            distance[distance > 0.5 * extent] = np.inf
        same = distance < max_same
        new = ~same & (distance > min_new)
        seen[nearest[same], number] = True
        stands_for[rows[same]] = nearest[same]
        stands_for[rows[new]] = rows[new]
        np.fmax.at(probability, nearest[same], probability[rows[same]])
        seen[rows[new], number] = True
        taken = np.concatenate([taken, rows[new]])
    significance = np.concatenate([np.asarray(table["significance"]) for table in peaks])
    taken = taken[np.lexsort((-significance[taken], owner[taken]))]
    columns = {
        name: np.concatenate([np.asarray(table[name]) for table in peaks])[taken]
        for name in peaks[0].colnames
    }
    row = np.full(len(x) + 1, 0)
    row[taken] = np.arange(1, len(taken) + 1)
    part_of = row[stands_for[_wholes(peaks)[taken]]]
    # What may be a part of itself is merged with its whole.
    part_of[part_of == row[taken]] = 0
    merged = Table({**columns, "probability": probability[taken], "partOf": part_of}, copy=False)
    return merged, owner[taken], seen[taken]


def _wholes(peaks: Sequence[Table]) -> np.ndarray:
    """Row, of all bands', of the peak that each may be a part of; -1 for none."""
    rows, start = [], 0
    for table in peaks:
        identifiers, whole = (np.asarray(table[name], np.int64) for name in ("id", "partOf"))
        order = np.argsort(identifiers)
        place = np.searchsorted(identifiers[order], whole)
        row = order[np.minimum(place, max(len(order) - 1, 0))] if len(order) else order
        rows.append(np.where(whole > 0, start + row, -1))
        start += len(table)
    return np.concatenate(rows)


def cull_peaks(
    owner: np.ndarray,
    seen: np.ndarray,
    n_bands_sufficient: int = 2,
    rank_sufficient: int = 20,
    rank_considered: int = 30,
    rank_normalized: float = 0.7,
) -> np.ndarray:
    """Tell which merged peaks to keep: LSST's ``CullPeaksConfig``, against garbage far out.

    Parameters
    ----------
    owner, seen
        From `merge_peaks`.
    n_bands_sufficient : `int`
        A peak seen in this many bands is kept.
    rank_sufficient : `int`
        So is one of the first this many of its footprint.
    rank_considered, rank_normalized : `int`, `float`
        And one before ``rank_considered`` that is also among this first share
        of the peaks of its footprint.

    Returns
    -------
    keep : `numpy.ndarray` of bool, (n,)
    """
    size = np.bincount(owner)[owner] if len(owner) else owner
    first = np.searchsorted(owner, owner)
    rank = np.arange(len(owner)) - first
    considered = (rank < rank_considered) & (rank < rank_normalized * size)
    return (rank < rank_sufficient) | (seen.sum(axis=1) >= n_bands_sufficient) | considered


def keep_peaks(merged: Table, keep: np.ndarray) -> Table:
    """Keep some of the merged peaks.

    Parameters
    ----------
    merged : `astropy.table.Table`
        From `merge_peaks`.
    keep : `numpy.ndarray` of bool, (n,)
        Which.

    Returns
    -------
    merged : `astropy.table.Table`
        With ``partOf`` in its own rows, 0 where the whole is not kept.
    """
    row = np.append(0, np.where(keep, np.cumsum(keep), 0))
    kept = merged[keep]
    kept["partOf"] = row[np.asarray(kept["partOf"])]
    return kept


def band_names(seen: np.ndarray, bands: Sequence[str]) -> np.ndarray:
    """Join the names of the bands in each row of ``seen``, (n, n_bands): ``i,r,g``."""
    patterns, row = np.unique(seen, axis=0, return_inverse=True)
    names = [
        ",".join(name for name, there in zip(bands, pattern, strict=True) if there)
        for pattern in patterns
    ]
    return np.array(names, str)[np.ravel(row)] if len(names) else np.zeros(0, str)
