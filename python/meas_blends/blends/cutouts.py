"""Cutouts of footprints, the input of the blend classifiers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.footprints import PixelLists
from ..detection.matched_filter import FilteredCoadd

__all__ = ["Cutouts", "cut_footprints"]


@dataclass(frozen=True)
class Cutouts:
    """Square cutouts of footprints.

    Parameters
    ----------
    images : `numpy.ndarray` of float32, (n, size, size)
        Pixel S/N inside the footprint, 0 outside and where bad.
    clipped : `numpy.ndarray` of bool, (n,)
        The footprint is larger than its cutout.
    bad : `numpy.ndarray` of bool, (n,)
        The footprint contains bad pixels.
    """

    images: np.ndarray
    clipped: np.ndarray
    bad: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


def cut_footprints(filtered: FilteredCoadd, pixels: PixelLists, size: int = 23) -> Cutouts:
    """Cut a square around every footprint, with all pixels outside it zeroed.

    The slides' "Preprocessing" (Buchanan et al. 2022, Sec. 3.1): centred on
    the middle of the footprint's bounding box. Pixels are divided by the
    coadd's median noise (that of white noise, see `FilteredCoadd.noise_factor`),
    so that depth and zero point drop out.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    pixels : `~meas_blends.data.footprints.PixelLists`
    size : `int`
        Side [pixel], odd.

    Returns
    -------
    cutouts : `Cutouts`
        In the order of ``pixels.identifiers``.
    """
    nx = filtered.coadd.shape[1]
    n = len(pixels.identifiers)
    row, column = np.divmod(pixels.flat, nx)
    y0, y1 = pixels.reduce(np.minimum, row), pixels.reduce(np.maximum, row)
    x0, x1 = pixels.reduce(np.minimum, column), pixels.reduce(np.maximum, column)
    half = size // 2
    # Where each cutout's first pixel lies in the image.
    row0, column0 = (y0 + y1) // 2 - half, (x0 + x1) // 2 - half
    j, i = row - row0[pixels.owner], column - column0[pixels.owner]
    inside = (j >= 0) & (j < size) & (i >= 0) & (i < size)
    images = np.zeros((n, size, size), np.float32)
    values = filtered.coadd.image.ravel()[pixels.flat[inside]]
    images[pixels.owner[inside], j[inside], i[inside]] = values
    images /= _typical_noise(filtered)
    clipped = np.maximum(y1 - y0, x1 - x0) >= size
    bad = pixels.reduce(np.logical_or, filtered.bad.ravel()[pixels.flat])
    return Cutouts(images, clipped, bad)


def _typical_noise(filtered: FilteredCoadd) -> np.float32:
    """Median standard deviation of the usable pixels; 1 if there are none."""
    variance = filtered.coadd.variance[~filtered.bad]
    if variance.size == 0:
        return np.float32(1)
    return np.sqrt(np.median(variance)) * np.float32(filtered.noise_factor)
