"""How much of a footprint's light each of its peaks keeps, as LSST's deblenders share it."""

from __future__ import annotations

import numpy as np

__all__ = ["kept_shares"]


def kept_shares(image: np.ndarray, inside: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Share the light of a footprint among its peaks.

    Each peak's template is the lesser of each pixel and of the one that lies
    opposite to it, across the peak; pixels are shared in proportion to the
    templates, as the deblender of SDSS and of LSST's ``meas_deblender`` does.
    Light that no template reaches goes to the nearest peak.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Less the sky.
    inside : `numpy.ndarray` of bool, (ny, nx)
        The footprint.
    x, y : `numpy.ndarray`, (n,)
        Its peaks, array pixels.

    Returns
    -------
    shares : `numpy.ndarray`, (n,)
        Of the sum of the footprint's pixels; they add up to 1. NaN where that
        sum is not positive.
    """
    total = float(np.sum(image[inside], dtype=float))
    if not total > 0:
        return np.full(len(x), np.nan)
    if len(x) == 1:
        return np.ones(1)
    ny, nx = image.shape
    row, column = np.nonzero(inside)
    values = np.asarray(image, float)[row, column]
    templates = np.zeros((len(x), len(row)))
    for template, px, py in zip(templates, x, y, strict=True):
        i = np.floor(2.0 * px - column + 0.5).astype(int)
        j = np.floor(2.0 * py - row + 0.5).astype(int)
        there = (i >= 0) & (i < nx) & (j >= 0) & (j < ny)
        i, j = np.clip(i, 0, nx - 1), np.clip(j, 0, ny - 1)
        there &= inside[j, i]
        template[:] = np.where(there, np.minimum(values, image[j, i]), 0.0)
    templates = np.maximum(templates, 0.0)
    together = templates.sum(axis=0)
    distance = np.hypot(column - np.asarray(x)[:, None], row - np.asarray(y)[:, None])
    nearest = np.arange(len(x))[:, None] == distance.argmin(axis=0)
    shares = np.where(together > 0, templates / np.where(together > 0, together, 1.0), nearest)
    return shares @ values / total
