"""Footprints as label images and as spans, and the way from one to the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from .catalogs import SPANS

__all__ = [
    "PixelLists",
    "box_areas",
    "footprint_of",
    "labels_to_spans",
    "pixel_lists",
    "spans_to_labels",
]

#: Pixels that are drawn together, about; a span has at most as many as a row.
_PIXELS_AT_ONCE = 1 << 20


def labels_to_spans(labels: np.ndarray, xy0: tuple[int, int] = (0, 0)) -> Table:
    """Turn a label image into runs of pixels.

    Parameters
    ----------
    labels : `numpy.ndarray` of integers, (ny, nx)
        0 outside, the footprint's identifier inside. A footprint need not be
        connected.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of ``labels[0, 0]``.

    Returns
    -------
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`, sorted by footprint, row, column.
    """
    ny, nx = labels.shape
    # A zero column between the rows ends every run at the border.
    flat = np.zeros((ny, nx + 1), labels.dtype)
    flat[:, :nx] = labels
    flat = flat.ravel()
    change = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat.size and flat[0]:
        change = np.concatenate([[0], change])
    start = change[flat[change] != 0]
    # Every run ends where the next change is.
    stop = np.append(change, flat.size)[np.searchsorted(change, start) + 1]
    identifier = flat[start]
    y, x0 = np.divmod(start, nx + 1)
    x1 = stop - 1 - y * (nx + 1)
    order = np.lexsort((x0, y, identifier))
    return SPANS.make(
        {
            "footprintId": identifier[order],
            "y": y[order] + xy0[1],
            "x0": x0[order] + xy0[0],
            "x1": x1[order] + xy0[0],
        }
    )


def spans_to_labels(
    spans: Table, shape: tuple[int, int], xy0: tuple[int, int] = (0, 0)
) -> np.ndarray:
    """Draw spans into a label image.

    Parameters
    ----------
    spans : `astropy.table.Table`
        With ``footprintId``, ``y``, ``x0``, ``x1`` in parent pixels.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image; pixels of spans outside it are left out.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of ``labels[0, 0]``.

    Returns
    -------
    labels : `numpy.ndarray` of int32 or int64, (ny, nx)
        The longer ones only where an identifier needs them, as LSST's do.
    """
    identifier = np.asarray(spans["footprintId"], np.int64)
    short = identifier.astype(np.int32)
    labels = np.zeros(shape, np.int32 if np.array_equal(short, identifier) else np.int64)
    order = np.argsort(identifier, kind="stable")
    # A part at a time: lists of all pixels take more than the image.
    length = np.asarray(spans["x1"], np.int64) - np.asarray(spans["x0"], np.int64) + 1
    part = np.cumsum(np.clip(length[order], 0, shape[1])) // _PIXELS_AT_ONCE
    for some in np.split(order, np.flatnonzero(np.diff(part)) + 1):
        pixels = pixel_lists(spans[some], shape, xy0)
        labels.ravel()[pixels.flat] = pixels.identifiers[pixels.owner]
    return labels


def box_areas(spans: Table) -> np.ndarray:
    """Area of the bounding box of the footprint that each span is of.

    Parameters
    ----------
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`.

    Returns
    -------
    areas : `numpy.ndarray` of int, (n_spans,)
        [pixel].
    """
    if len(spans) == 0:
        return np.zeros(0, np.int64)
    _, row = np.unique(np.asarray(spans["footprintId"]), return_inverse=True)
    order = np.argsort(row, kind="stable")
    first = np.flatnonzero(np.diff(row[order], prepend=-1))
    y, x0, x1 = (np.asarray(spans[name], np.int64)[order] for name in ("y", "x0", "x1"))
    height = np.maximum.reduceat(y, first) - np.minimum.reduceat(y, first) + 1
    width = np.maximum.reduceat(x1, first) - np.minimum.reduceat(x0, first) + 1
    return (height * width)[row]


@dataclass(frozen=True)
class PixelLists:
    """All pixels of all footprints, one after the other, for vectorised work.

    Parameters
    ----------
    identifiers : `numpy.ndarray`, (n,)
        ``footprintId`` of each footprint, ascending.
    flat : `numpy.ndarray`, (npix,)
        Index of each pixel into the ravelled image.
    owner : `numpy.ndarray`, (npix,)
        Row of its footprint in ``identifiers``, ascending.
    first : `numpy.ndarray`, (n + 1,)
        Where each footprint's pixels begin: ``flat[first[k]:first[k + 1]]``.
    """

    identifiers: np.ndarray
    flat: np.ndarray
    owner: np.ndarray
    first: np.ndarray

    def reduce(self, ufunc: np.ufunc, values: np.ndarray) -> np.ndarray:
        """Reduce values of pixels over each footprint.

        Parameters
        ----------
        ufunc : `numpy.ufunc`
            Such as `numpy.add` or `numpy.maximum`.
        values : `numpy.ndarray`, (npix,)
            One value a pixel, in the order of ``flat``.

        Returns
        -------
        reduced : `numpy.ndarray`, (n,)
        """
        if len(self.identifiers) == 0:
            return np.zeros(0, values.dtype)
        return ufunc.reduceat(values, self.first[:-1])

    def boxes(self, nx: int) -> np.ndarray:
        """Bounding boxes of the footprints.

        Parameters
        ----------
        nx : `int`
            Width of the image [pixel].

        Returns
        -------
        boxes : `numpy.ndarray` of int, (4, n)
            First column, first row, last column, last row; array pixels.
        """
        row, column = np.divmod(self.flat, nx)
        return np.array(
            [self.reduce(of, axis) for of in (np.minimum, np.maximum) for axis in (column, row)]
        )

    def select(self, keep: np.ndarray) -> PixelLists:
        """Return the lists of the footprints where ``keep``, `bool` (n,), is true."""
        chosen = keep[self.owner]
        first = np.append(0, np.cumsum(np.diff(self.first)[keep]))
        owner = (np.cumsum(keep) - 1)[self.owner[chosen]]
        return PixelLists(self.identifiers[keep], self.flat[chosen], owner, first)


def pixel_lists(spans: Table, shape: tuple[int, int], xy0: tuple[int, int] = (0, 0)) -> PixelLists:
    """List the pixels of every footprint.

    Parameters
    ----------
    spans, shape, xy0
        As in `spans_to_labels`. A footprint wholly outside the image is left
        out.

    Returns
    -------
    pixels : `PixelLists`
    """
    ny, nx = shape
    identifier = np.asarray(spans["footprintId"], np.int64)
    y = np.asarray(spans["y"], np.int64) - xy0[1]
    x0 = np.maximum(np.asarray(spans["x0"], np.int64) - xy0[0], 0)
    x1 = np.minimum(np.asarray(spans["x1"], np.int64) - xy0[0], nx - 1)
    keep = (y >= 0) & (y < ny) & (x0 <= x1)
    order = np.flatnonzero(keep)
    order = order[np.argsort(identifier[order], kind="stable")]
    identifier, y, x0, x1 = identifier[order], y[order], x0[order], x1[order]
    length = x1 - x0 + 1
    span = np.repeat(np.arange(len(length)), length)
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    flat = y[span] * nx + x0[span] + within
    identifiers, row = np.unique(identifier, return_inverse=True)
    owner = row[span]
    first = np.searchsorted(owner, np.arange(len(identifiers) + 1))
    return PixelLists(identifiers, flat, owner, first)


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
