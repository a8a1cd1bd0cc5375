"""Outlines of footprints as closed polygons along the borders of their pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table

__all__ = ["Polygons", "footprint_polygons"]


@dataclass(frozen=True)
class Polygons:
    """Closed polygons, one after the other.

    Parameters
    ----------
    x, y : `numpy.ndarray`, (n,)
        Corners, parent pixels: pixels reach half a unit around their centres.
        The last corner of a polygon joins its first.
    first : `numpy.ndarray`, (npolygon + 1,)
        Where each polygon's corners begin: ``x[first[k]:first[k + 1]]``.
    owner : `numpy.ndarray`, (npolygon,)
        ``footprintId`` of each, ascending.
    hole : `numpy.ndarray` of bool, (npolygon,)
        Whether it goes around a hole.
    """

    x: np.ndarray
    y: np.ndarray
    first: np.ndarray
    owner: np.ndarray
    hole: np.ndarray


def footprint_polygons(spans: Table) -> Polygons:
    """Trace the outlines of all footprints.

    A footprint has a polygon for each part of it and each of its holes. Parts
    that touch in a corner alone are one polygon, which crosses itself there.

    Parameters
    ----------
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`; those of one footprint do not overlap.

    Returns
    -------
    polygons : `Polygons`
        Holes come after the polygon that begins below them.
    """
    identifier = np.asarray(spans["footprintId"], np.int64)
    y, x0, x1 = (np.asarray(spans[name], np.int64) for name in ("y", "x0", "x1"))
    # Corner (x, y) is that between the pixels (x - 1, y - 1) and (x, y).
    corners = np.stack(
        [
            np.tile(identifier, 4),
            np.tile(np.concatenate([y, y + 1]), 2),
            np.repeat([x0, x1 + 1], 2, axis=0).ravel(),
        ],
        axis=1,
    )
    # Where an even number of spans meet, the border goes straight on, or there is none.
    corners, count = np.unique(corners, axis=0, return_counts=True)
    corners = corners[count % 2 == 1]
    owner, row, column = corners.T
    along = _partners(np.arange(len(corners)))
    across = _partners(np.lexsort((row, column, owner)))
    loops = _loops(along, across)
    order = np.array([corner for loop in loops for corner in loop], np.int64)
    first = np.cumsum([0, *(len(loop) for loop in loops)])
    begin = order[first[:-1]]
    # The first corner of a loop is its lowest, and there the leftmost: the pixel to its
    # upper right is inside the footprint unless the loop goes around a hole.
    starts = set(zip(identifier.tolist(), y.tolist(), x0.tolist(), strict=True))
    hole = [tuple(corner) not in starts for corner in corners[begin].tolist()]
    return Polygons(
        column[order] - 0.5, row[order] - 0.5, first, owner[begin], np.array(hole, bool)
    )


def _partners(order: np.ndarray) -> np.ndarray:
    """Other end of the piece of border of each corner, of corners along lines in order."""
    partner = np.empty(len(order), np.int64)
    partner[order[0::2]], partner[order[1::2]] = order[1::2], order[0::2]
    return partner


def _loops(along: np.ndarray, across: np.ndarray) -> list[list[int]]:
    """Follow the border from corner to corner, along a row and a column in turn."""
    along, across = along.tolist(), across.tolist()
    seen = [False] * len(along)
    loops = []
    for begin in range(len(along)):
        if seen[begin]:
            continue
        loop, corner = [], begin
        while not seen[corner]:
            other = along[corner]
            loop += [corner, other]
            seen[corner] = seen[other] = True
            corner = across[other]
        loops.append(loop)
    return loops
