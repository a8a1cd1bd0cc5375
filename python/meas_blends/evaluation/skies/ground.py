"""What a ground coadd tells of shapes, and what it could see of a point source."""

from __future__ import annotations

import numpy as np

from ...morphology.owners import pixel_owners
from .seen import Seen

__all__ = ["ground_shapes", "point_significance"]

#: Pixels this far above their noise tell the shape of a ground object.
_SHAPE_THRESHOLD = 1.5


def ground_shapes(
    seen: Seen, peaks: np.ndarray, parent: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Measure the light that is nearest to each peak.

    Parameters
    ----------
    seen : `~meas_blends.evaluation.skies.seen.Seen`
        The coadd, and its footprints.
    peaks : `numpy.ndarray`, (n, 2)
        Array pixels.
    parent : `numpy.ndarray` of int, (n,)
        Footprint of each.

    Returns
    -------
    moments : `numpy.ndarray`, (n, 2, 2)
        Second moments about the peak of the pixels above 1.5 sigma; no
        narrower than the PSF [pixel^2].
    flux : `numpy.ndarray`, (n,)
        [count].
    """
    coadd = seen.filtered.coadd
    owners = pixel_owners(seen.labels, peaks[:, 0], peaks[:, 1], parent)
    row, column = np.nonzero(owners >= 0)
    whose = owners[row, column]
    image = coadd.image[row, column].astype(float)
    n = len(peaks)
    flux = np.bincount(whose, image, minlength=n)
    bright = image > _SHAPE_THRESHOLD * np.sqrt(coadd.variance[row, column])
    weight = np.where(bright, image, 0.0)
    total = np.maximum(np.bincount(whose, weight, minlength=n), 1e-30)
    dx, dy = column - peaks[whose, 0], row - peaks[whose, 1]
    least = seen.filtered.sigma**2
    xx, xy, yy = (
        np.bincount(whose, weight * product, minlength=n) / total
        for product in (dx * dx, dx * dy, dy * dy)
    )
    shapes = np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)
    values, vectors = np.linalg.eigh(shapes)
    values = np.maximum(values, least)
    return np.einsum("nij,nj,nkj->nik", vectors, values, vectors), flux


def point_significance(seen: Seen) -> np.ndarray:
    """Work out what S/N a point source of one count has.

    Parameters
    ----------
    seen : `~meas_blends.evaluation.skies.seen.Seen`
        The coadd as the matched filter sees it.

    Returns
    -------
    significance : `numpy.ndarray`, (ny, nx)
        At each pixel.
    """
    filtered = seen.filtered
    psf = filtered.coadd.psf.middle
    half = psf.shape[0] // 2, psf.shape[1] // 2
    grid_y, grid_x = (np.arange(-h, h + 1) for h in half)
    profile = np.exp(-0.5 * (grid_y[:, None] ** 2 + grid_x**2) / filtered.sigma**2)
    peak = float(np.sum(psf * profile) / (2.0 * np.pi * filtered.sigma**2))
    # The error of the smoothed image, as the filter itself has it.
    with np.errstate(invalid="ignore", divide="ignore"):
        error = filtered.smoothed / filtered.significance
    error = np.where(np.isfinite(error) & (error > 0), error, np.nan)
    error = np.where(np.isfinite(error), error, np.nanmedian(error))
    return peak / error
