"""Cutouts of footprints, the input of the blend classifiers."""

from __future__ import annotations

import numpy as np

from ..data.footprints import PixelLists
from ..detection.matched_filter import FilteredCoadd

__all__ = ["cut_footprints", "exceeds"]


def cut_footprints(
    filtered: FilteredCoadd, pixels: PixelLists, size: int = 23, pedestal: float = 0.0
) -> np.ndarray:
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
    pedestal : `float`
        Added to the pixels of the footprint, in units of the noise: the sky
        of a coadd from which it was not subtracted.

    Returns
    -------
    images : `numpy.ndarray` of float32, (n, size, size)
        Pixel S/N inside the footprint (0 where bad), 0 outside, in the order
        of ``pixels.identifiers``.
    """
    nx = filtered.coadd.shape[1]
    n = len(pixels.identifiers)
    row, column = np.divmod(pixels.flat, nx)
    x0, y0, x1, y1 = pixels.boxes(nx)
    half = size // 2
    # Where each cutout's first pixel lies in the image.
    row0, column0 = (y0 + y1) // 2 - half, (x0 + x1) // 2 - half
    j, i = row - row0[pixels.owner], column - column0[pixels.owner]
    inside = (j >= 0) & (j < size) & (i >= 0) & (i < size)
    images = np.zeros((n, size, size), np.float32)
    noise = np.float32(filtered.typical_noise * filtered.noise_factor)
    values = filtered.coadd.image.ravel()[pixels.flat[inside]] / noise
    images[pixels.owner[inside], j[inside], i[inside]] = values + np.float32(pedestal)
    return images


def exceeds(pixels: PixelLists, nx: int, size: int) -> np.ndarray:
    """Whether footprints are larger than a cutout of a given size.

    Parameters
    ----------
    pixels : `~meas_blends.data.footprints.PixelLists`
        Of n footprints.
    nx : `int`
        Width of the image [pixel].
    size : `int`
        Side of the cutouts [pixel].

    Returns
    -------
    clipped : `numpy.ndarray` of bool, (n,)
    """
    x0, y0, x1, y1 = pixels.boxes(nx)
    return np.maximum(y1 - y0, x1 - x0) >= size
