"""From point-source S/N to footprints: threshold, growth, merging, measurements."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from scipy import ndimage

from ..data.catalogs import FOOTPRINTS, SPANS
from ..data.footprints import PixelLists, labels_to_spans, pixel_lists
from .matched_filter import FilteredCoadd

__all__ = ["find_footprints", "grow", "measure_footprints"]


def find_footprints(
    filtered: FilteredCoadd,
    threshold: float = 5.0,
    grow_sigma: float = 2.4,
    min_area: int = 1,
) -> tuple[Table, Table]:
    """Find the footprints of a matched-filtered coadd.

    The steps of the slides' "Footprint Construction" (Buchanan et al. 2022,
    Sec. 2) and of LSST's detection: pixels above the point-source S/N, joined
    with their 8 neighbours, grown by a disk of ``grow_sigma`` PSF widths, and
    merged where they then touch.

    Parameters
    ----------
    filtered : `FilteredCoadd`
        From `matched_filter`.
    threshold : `float`
        Point-source S/N that a pixel must exceed.
    grow_sigma : `float`
        Radius of growth in units of the PSF's sigma.
    min_area : `int`
        Fewest pixels above the threshold that make a detection.

    Returns
    -------
    footprints : `astropy.table.Table`
        `~meas_blends.data.catalogs.FOOTPRINTS`.
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`.
    """
    detected = _above_threshold(filtered.significance, threshold, min_area)
    grown = grow(detected, int(grow_sigma * filtered.sigma + 0.5))
    labels, number = ndimage.label(grown, structure=np.ones((3, 3)), output=np.int32)
    if number == 0:
        return FOOTPRINTS.make(), SPANS.make()
    coadd = filtered.coadd
    spans = labels_to_spans(labels, coadd.xy0)
    pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
    return measure_footprints(filtered, pixels), spans


def grow(mask: np.ndarray, radius: int) -> np.ndarray:
    """Dilate a mask by a disk, row by row.

    The disk is afw's isotropic stencil: all pixels within ``radius`` of the
    centre. Its half-width takes few values over its rows, so one running sum
    a value replaces a distance transform.

    Parameters
    ----------
    mask : `numpy.ndarray` of bool, (ny, nx)
        What to grow.
    radius : `int`
        Radius [pixel].

    Returns
    -------
    grown : `numpy.ndarray` of bool, (ny, nx)
    """
    if radius <= 0 or not mask.any():
        return mask.copy()
    ny, nx = mask.shape
    # Running sums, continued past both borders by the radius.
    running = np.zeros((ny, nx + 1 + 2 * radius), np.int32)
    np.cumsum(mask, axis=1, out=running[:, radius + 1 : radius + 1 + nx])
    running[:, radius + 1 + nx :] = running[:, radius + nx, None]
    grown = np.zeros_like(mask)
    half_widths = np.floor(np.sqrt(radius**2 - np.arange(radius + 1) ** 2)).astype(int)
    for width in np.unique(half_widths):
        right = running[:, radius + width + 1 : radius + width + 1 + nx]
        wide = right > running[:, radius - width : radius - width + nx]
        for dy in np.flatnonzero(half_widths == width):
            grown[dy:] |= wide[: max(ny - dy, 0)]
            grown[: max(ny - dy, 0)] |= wide[dy:]
    return grown


def _above_threshold(significance: np.ndarray, threshold: float, min_area: int) -> np.ndarray:
    """Pixels above the threshold, in groups of at least ``min_area`` by their 8 neighbours."""
    above = significance > threshold
    if min_area <= 1:
        return above
    labels, number = ndimage.label(above, structure=np.ones((3, 3)), output=np.int32)
    enough = np.bincount(labels.ravel(), minlength=number + 1) >= min_area
    return above & enough[labels]


def measure_footprints(filtered: FilteredCoadd, pixels: PixelLists) -> Table:
    """Measure every footprint from its pixels.

    Parameters
    ----------
    filtered : `FilteredCoadd`
        Image to measure in.
    pixels : `~meas_blends.data.footprints.PixelLists`
        Pixels of the footprints.

    Returns
    -------
    footprints : `astropy.table.Table`
        `~meas_blends.data.catalogs.FOOTPRINTS`.
    """
    coadd = filtered.coadd
    ny, nx = coadd.shape
    row, column = np.divmod(pixels.flat, nx)
    bad = filtered.bad.ravel()[pixels.flat]
    image = coadd.image.ravel()[pixels.flat].astype(float)
    variance = np.where(bad, 0.0, coadd.variance.ravel()[pixels.flat])
    # Noise below the background must not push the centroid outside.
    weight = np.maximum(image, 0.0)
    weight_sum = pixels.reduce(np.add, weight)
    area = np.diff(pixels.first)
    no_light = weight_sum <= 0
    weight = np.where(no_light[pixels.owner], 1.0, weight)
    weight_sum = np.where(no_light, area, weight_sum)
    x = pixels.reduce(np.add, weight * column) / weight_sum + coadd.xy0[0]
    y = pixels.reduce(np.add, weight * row) / weight_sum + coadd.xy0[1]
    ra, dec = coadd.sky(x, y)
    low_x, high_x = pixels.reduce(np.minimum, column), pixels.reduce(np.maximum, column)
    low_y, high_y = pixels.reduce(np.minimum, row), pixels.reduce(np.maximum, row)
    edge = (low_x == 0) | (low_y == 0) | (high_x == nx - 1) | (high_y == ny - 1)
    n_bad = pixels.reduce(np.add, bad.astype(np.int32))
    saturated = pixels.reduce(np.logical_or, coadd.in_planes("SAT").ravel()[pixels.flat])
    scale = coadd.nanojansky_per_count
    flags = (
        edge * FOOTPRINTS.flag("EDGE")
        | (n_bad > 0) * FOOTPRINTS.flag("BAD_PIXELS")
        | saturated * FOOTPRINTS.flag("SATURATED")
        | (not np.isfinite(scale)) * FOOTPRINTS.flag("NO_ZERO_POINT")
    )
    return FOOTPRINTS.make(
        {
            "footprintId": pixels.identifiers,
            "x0": low_x + coadd.xy0[0],
            "y0": low_y + coadd.xy0[1],
            "x1": high_x + coadd.xy0[0],
            "y1": high_y + coadd.xy0[1],
            "x": x,
            "y": y,
            "coord_ra": ra,
            "coord_dec": dec,
            "footprintArea": area,
            "nPixelsBad": n_bad,
            "significance": pixels.reduce(np.maximum, filtered.significance.ravel()[pixels.flat]),
            "flux": pixels.reduce(np.add, image) * scale,
            "fluxErr": np.sqrt(pixels.reduce(np.add, variance)) * scale,
            "flags": flags,
        }
    )
