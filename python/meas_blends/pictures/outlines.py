"""Outlines of footprints as line segments along pixel borders."""

from __future__ import annotations

import numpy as np

from ..data.footprints import labels_to_spans

__all__ = ["outline_segments"]


def outline_segments(
    labels: np.ndarray, xy0: tuple[int, int] = (0, 0)
) -> tuple[np.ndarray, np.ndarray]:
    """Trace the borders of all footprints at once.

    Parameters
    ----------
    labels : `numpy.ndarray` of integers, (ny, nx)
        0 outside, the footprint's number inside. Where two footprints touch,
        the border belongs to the larger number.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of ``labels[0, 0]``.

    Returns
    -------
    segments : `numpy.ndarray`, (n, 2, 2)
        Both ends ``(x, y)`` of each straight piece of border, parent pixels;
        pixels reach half a unit around their centres.
    owner : `numpy.ndarray`, (n,)
        Number of the footprint that each piece belongs to.
    """
    x0, y0 = xy0
    across, row, start, stop = _runs(labels)
    horizontal = np.stack(
        [np.stack([start + x0, row + y0], axis=-1), np.stack([stop + x0, row + y0], axis=-1)],
        axis=1,
    )
    along, column, start, stop = _runs(labels.T)
    vertical = np.stack(
        [np.stack([column + x0, start + y0], axis=-1), np.stack([column + x0, stop + y0], axis=-1)],
        axis=1,
    )
    return np.concatenate([horizontal, vertical]), np.concatenate([across, along])


def _runs(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Owner, row and ends of the borders between one row of pixels and the next."""
    padded = np.pad(labels, ((1, 1), (0, 0)))
    below, above = padded[:-1], padded[1:]
    edges = np.where(below != above, np.maximum(below, above), 0)
    spans = labels_to_spans(edges)
    owner = np.asarray(spans["footprintId"])
    row = np.asarray(spans["y"]) - 0.5
    return owner, row, np.asarray(spans["x0"]) - 0.5, np.asarray(spans["x1"]) + 0.5
