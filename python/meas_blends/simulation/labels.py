"""How many true objects each footprint holds."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from ..data.catalogs import FOOTPRINT_LABELS

__all__ = ["footprint_of", "label_footprints"]


def label_footprints(spans: Table, truth: Table, min_significance: float = 5.0) -> Table:
    """Count the significant galaxies whose centre lies in each footprint.

    Buchanan et al. (2022), ApJ 924, 94: a footprint is blended if it contains
    the centre of more than one galaxy of significant flux. Every galaxy
    counts, two in one pixel as two, and stars count as galaxies do. Their
    code truncates centres that are half a pixel low; here a centre belongs to
    the pixel that holds it.

    Parameters
    ----------
    spans : `astropy.table.Table`
        Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
    truth : `astropy.table.Table`
        Galaxies and stars, `~meas_blends.data.catalogs.TRUTH`; those beyond
        the image lie in no footprint.
    min_significance : `float`
        Least point-source S/N of an object that counts.

    Returns
    -------
    labels : `astropy.table.Table`
        `~meas_blends.data.catalogs.FOOTPRINT_LABELS`, one row a footprint in
        the order of ``footprintId``.
    """
    significant = np.asarray(truth["significance"]) >= min_significance
    owner = footprint_of(spans, truth["x"][significant], truth["y"][significant])
    identifiers = np.unique(np.asarray(spans["footprintId"]))
    number = np.bincount(np.searchsorted(identifiers, owner[owner > 0]), minlength=len(identifiers))
    return FOOTPRINT_LABELS.make(
        {
            "footprintId": identifiers,
            "nObjects": number,
            "blended": number > 1,
            "flags": (number == 0) * FOOTPRINT_LABELS.flag("EMPTY"),
        }
    )


def footprint_of(spans: Table, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Find the footprints that hold the pixels of some positions.

    Parameters
    ----------
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`; footprints do not overlap.
    x, y : array-like, (n,)
        Positions, parent pixels.

    Returns
    -------
    identifiers : `numpy.ndarray` of int64, (n,)
        ``footprintId``, 0 where there is no footprint.
    """
    column = np.floor(np.asarray(x, float) + 0.5).astype(np.int64)
    row = np.floor(np.asarray(y, float) + 0.5).astype(np.int64)
    if len(spans) == 0 or len(column) == 0:
        return np.zeros(len(column), np.int64)
    span_row = np.asarray(spans["y"], np.int64)
    first = np.asarray(spans["x0"], np.int64)
    last = np.asarray(spans["x1"], np.int64)
    # Number all pixels row by row, in a frame wide enough for everything.
    left = min(first.min(), column.min())
    width = max(last.max(), column.max()) - left + 1
    start = span_row * width + first - left
    order = np.argsort(start)
    pixel = row * width + column - left
    before = np.searchsorted(start[order], pixel, side="right") - 1
    span = order[np.maximum(before, 0)]
    inside = (before >= 0) & (span_row[span] == row) & (column <= last[span])
    return np.where(inside, np.asarray(spans["footprintId"], np.int64)[span], 0)
