"""From point-source S/N to footprints: threshold, growth, merging, measurements."""

from __future__ import annotations

import numpy as np
from astropy.table import Table, vstack

from ..data.catalogs import FOOTPRINTS, SPANS
from ..data.coadd import Coadd
from ..data.footprints import PixelLists, box_areas
from ..data.large import image_array
from ..data.tiles import (
    TILE,
    FootprintWindow,
    filter_strips,
    footprint_pieces,
    footprint_windows,
    row_strips,
)
from .connect import find_groups, find_runs
from .cores import FILLED_CORE
from .halos import STAR_HALO
from .matched_filter import FilteredCoadd, MatchedFilter
from .noise import sum_factor
from .sharp import SHARP_PIXEL

__all__ = ["find_footprints", "grow", "measure_footprints"]

#: Footprints whose bounding boxes have a larger area are measured in pieces [pixel].
_LARGE = 1 << 20

#: What is measured of the pixels of a footprint, and how it is put together.
_REDUCED = {
    **dict.fromkeys(["x0", "y0"], np.minimum),
    **dict.fromkeys(["x1", "y1", "significance"], np.maximum),
    **dict.fromkeys(["area", "weight", "x", "y", "weight_x", "weight_y"], np.add),
    **dict.fromkeys(["n_bad", "image", "variance"], np.add),
    **dict.fromkeys(["edge", "saturated", "filled", "sharp", "halo"], np.logical_or),
}


def find_footprints(
    filtered: FilteredCoadd | MatchedFilter,
    threshold: float = 5.0,
    grow_sigma: float = 2.4,
    min_area: int = 1,
    significance: np.ndarray | None = None,
    tile: int = TILE,
) -> tuple[Table, Table]:
    """Find the footprints of a matched-filtered coadd.

    The steps of the slides' "Footprint Construction" (Buchanan et al. 2022,
    Sec. 2) and of LSST's detection: pixels above the point-source S/N, joined
    with their 8 neighbours, grown by a disk of ``grow_sigma`` PSF widths, and
    merged where they then touch.

    Parameters
    ----------
    filtered : `FilteredCoadd` or `MatchedFilter`
        The coadd, its S/N and the width of its PSF: a typical one, where it
        varies, as in LSST, so that no footprint changes where two cells meet.
    threshold : `float`
        Point-source S/N that a pixel must exceed.
    grow_sigma : `float`
        Radius of growth in units of the PSF's sigma.
    min_area : `int`
        Fewest pixels above the threshold that make a detection.
    significance : `numpy.ndarray`, (ny, nx), optional
        S/N to use in place of the coadd's own.
    tile : `int`
        Side of the tiles in which they are measured, which bounds the memory
        [pixel]; it changes nothing else.

    Returns
    -------
    footprints : `astropy.table.Table`
        `~meas_blends.data.catalogs.FOOTPRINTS`.
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`.
    """
    coadd = filtered.coadd
    if significance is None:
        significance = filtered.significance
    detected = image_array(significance.shape, bool)
    for rows in row_strips(detected.shape):
        np.greater(significance[rows], threshold, out=detected[rows])
    if min_area > 1:
        _remove_small(detected, min_area)
    grown = grow(detected, int(grow_sigma * filtered.sigma + 0.5))
    del detected
    spans = _connected_spans(grown, coadd.xy0)
    del grown
    if len(spans) == 0:
        return FOOTPRINTS.make(), spans
    large = box_areas(spans) > _LARGE
    pieces = [
        _sums(*_within(window, coadd, filtered.bad, significance))
        for window in footprint_pieces(spans[large], coadd.shape, coadd.xy0)
    ]
    parts = [_table(_add_up(pieces), coadd)] if pieces else []
    for window in footprint_windows(spans[~large], coadd.shape, coadd.xy0, tile):
        parts.append(measure_footprints(*_within(window, coadd, filtered.bad, significance)))
    footprints = vstack(parts)
    return footprints[np.argsort(footprints["footprintId"])], spans


def _within(
    window: FootprintWindow, coadd: Coadd, bad: np.ndarray, significance: np.ndarray
) -> tuple[Coadd, np.ndarray, np.ndarray, PixelLists]:
    """What is in a window: the arguments of `measure_footprints`."""
    part = window.rows, window.columns
    return coadd.window(*part), bad[part], significance[part], window.pixels


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
    return filter_strips(lambda part: _grow(part, radius), mask, radius)


def _grow(mask: np.ndarray, radius: int) -> np.ndarray:
    """Dilate a strip of a mask; near its ends without what lies beyond."""
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


def _remove_small(mask: np.ndarray, min_area: int) -> None:
    """Clear groups of fewer pixels than that; neighbours are 8."""
    runs = find_runs(mask)
    group = find_groups(runs)
    length = runs.x1 - runs.x0 + 1
    small = np.bincount(group, length)[group] < min_area if len(group) else np.zeros(0, bool)
    for y, x0, x1 in zip(runs.y[small], runs.x0[small], runs.x1[small], strict=True):
        mask[y, x0 : x1 + 1] = False


def _connected_spans(mask: np.ndarray, xy0: tuple[int, int]) -> Table:
    """Spans of the groups of pixels, numbered from 1 in the order of their first pixels."""
    runs = find_runs(mask)
    group = find_groups(runs)
    order = np.argsort(group, kind="stable")
    return SPANS.make(
        {
            "footprintId": group[order] + 1,
            "y": runs.y[order] + xy0[1],
            "x0": runs.x0[order] + xy0[0],
            "x1": runs.x1[order] + xy0[0],
        }
    )


def measure_footprints(
    coadd: Coadd, bad: np.ndarray, significance: np.ndarray, pixels: PixelLists
) -> Table:
    """Measure every footprint from its pixels.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Coadd to measure in, complete and background-subtracted, or a window
        of it.
    bad : `numpy.ndarray` of bool, (ny, nx)
        Its pixels without usable light.
    significance : `numpy.ndarray`, (ny, nx)
        Point-source S/N of its pixels.
    pixels : `~meas_blends.data.footprints.PixelLists`
        Pixels of the footprints, in the window.

    Returns
    -------
    footprints : `astropy.table.Table`
        `~meas_blends.data.catalogs.FOOTPRINTS`.
    """
    return _table(_sums(coadd, bad, significance, pixels), coadd)


def _sums(
    coadd: Coadd, bad: np.ndarray, significance: np.ndarray, pixels: PixelLists
) -> dict[str, np.ndarray]:
    """What is reduced over the pixels of each footprint, by the names of `_REDUCED`."""
    ny, nx = coadd.shape
    row, column = np.divmod(pixels.flat, nx)
    # What was filled in is found, but not measured.
    filled = coadd.in_planes(FILLED_CORE).ravel()[pixels.flat]
    bad = bad[row, column] | filled
    image = np.where(bad, 0.0, coadd.image.ravel()[pixels.flat].astype(float))
    # Noise below the background must not push the centroid outside.
    weight = np.maximum(image, 0.0)
    edge = (column == 0) | (row == 0) | (column == nx - 1) | (row == ny - 1)
    # In parent pixels from the start: rounding is then the same in every window.
    x, y = column + coadd.xy0[0], row + coadd.xy0[1]
    values = {
        "x0": x,
        "y0": y,
        "x1": x,
        "y1": y,
        "area": np.ones(len(row), np.int64),
        "weight": weight,
        "x": x,
        "y": y,
        "weight_x": weight * x,
        "weight_y": weight * y,
        "n_bad": bad.astype(np.int32),
        "significance": significance[row, column],
        "image": image,
        "variance": np.where(bad, 0.0, coadd.variance.ravel()[pixels.flat].astype(float)),
        "edge": edge,
        "saturated": coadd.in_planes("SAT").ravel()[pixels.flat],
        "filled": filled,
        "sharp": coadd.in_planes(SHARP_PIXEL).ravel()[pixels.flat],
        "halo": coadd.in_planes(STAR_HALO).ravel()[pixels.flat],
    }
    return {
        "footprintId": pixels.identifiers,
        **{name: pixels.reduce(of, values[name]) for name, of in _REDUCED.items()},
    }


def _add_up(pieces: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Put what `_sums` gives of pieces of footprints together to that of whole ones."""
    joined = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    order = np.argsort(joined["footprintId"], kind="stable")
    identifiers, first = np.unique(joined["footprintId"][order], return_index=True)
    added = {name: of.reduceat(joined[name][order], first) for name, of in _REDUCED.items()}
    return {"footprintId": identifiers, **added}


def _table(sums: dict[str, np.ndarray], coadd: Coadd) -> Table:
    """The table of footprints from what `_sums` gives of them."""
    lit = sums["weight"] > 0
    total = np.where(lit, sums["weight"], sums["area"])
    x, y = (np.where(lit, sums[f"weight_{axis}"], sums[axis]) / total for axis in ("x", "y"))
    ra, dec = coadd.sky(x, y)
    error = np.sqrt(sums["variance"])
    if coadd.noise_correlation is not None:
        error *= sum_factor(coadd.noise_correlation, sums["area"])
    scale = coadd.nanojansky_per_count
    flags = (
        sums["edge"] * FOOTPRINTS.flag("EDGE")
        | (sums["n_bad"] > 0) * FOOTPRINTS.flag("BAD_PIXELS")
        | sums["saturated"] * FOOTPRINTS.flag("SATURATED")
        | sums["filled"] * FOOTPRINTS.flag("FILLED_CORE")
        | sums["sharp"] * FOOTPRINTS.flag("SHARP_PIXEL")
        | sums["halo"] * FOOTPRINTS.flag("STAR_HALO")
        | (not np.isfinite(scale)) * FOOTPRINTS.flag("NO_ZERO_POINT")
    )
    return FOOTPRINTS.make(
        {
            **{name: sums[name] for name in ("footprintId", "x0", "y0", "x1", "y1")},
            "x": x,
            "y": y,
            "coord_ra": ra,
            "coord_dec": dec,
            "footprintArea": sums["area"],
            "nPixelsBad": sums["n_bad"],
            "significance": sums["significance"],
            "flux": sums["image"] * scale,
            "fluxErr": error * scale,
            "flags": flags,
        }
    )
