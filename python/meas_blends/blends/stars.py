"""One peak for each saturated star, and flags for the satellites of its halo."""

from __future__ import annotations

import numpy as np
from astropy.table import Table, vstack

from ..data.catalogs import CLASSIFICATION, PEAKS
from ..data.footprints import footprint_of
from ..data.psf import FWHM_PER_SIGMA
from ..detection.halos import STAR_HALO, SaturatedStar
from ..detection.matched_filter import MatchedFilter
from .maxima import ranks
from .peaks import MOST, number_anew

__all__ = ["settle_star_peaks"]


def settle_star_peaks(
    matched: MatchedFilter,
    spans: Table,
    classification: Table,
    peaks: Table,
    drop: bool = False,
) -> tuple[Table, Table]:
    """Give saturated stars one peak each, and flag or drop the peaks of their halos.

    Parameters
    ----------
    matched : `~meas_blends.detection.matched_filter.MatchedFilter`
        Of the image, with its saturated stars, and ``STAR_HALO`` in its mask.
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`.
    classification, peaks : `astropy.table.Table`
        `~meas_blends.data.catalogs.CLASSIFICATION` and
        `~meas_blends.data.catalogs.PEAKS`, in the order of ``footprintId``.
    drop : `bool`, optional
        Whether peaks in ``STAR_HALO`` go, and not only get the flag of that
        name. One that is all that its footprint has stays.

    Returns
    -------
    classification, peaks : `astropy.table.Table`
        The peak nearest to a star's centre is moved there, with the flag
        ``SATURATED_STAR``; others on its core go. A star without a peak gets
        one, if a footprint holds its centre. The same objects if there are no
        such stars.
    """
    if not matched.stars:
        return classification, peaks
    coadd = matched.coadd
    star_flag, halo_flag = PEAKS.flag("SATURATED_STAR"), PEAKS.flag("STAR_HALO")
    added, gone = [], np.zeros(len(peaks), bool)
    is_star = np.zeros(len(peaks), bool)
    x, y = np.array(peaks["f_x"], float), np.array(peaks["f_y"], float)
    owners = footprint_of(
        spans, [star.x for star in matched.stars], [star.y for star in matched.stars]
    )
    for star, owner in zip(matched.stars, owners.tolist(), strict=True):
        if owner == 0:
            continue
        distance = np.hypot(x - star.x, y - star.y)
        on_core = distance <= star.core + 0.5 * FWHM_PER_SIGMA * matched.sigma
        mine = np.flatnonzero((np.asarray(peaks["footprintId"]) == owner) & on_core & ~is_star)
        if len(mine):
            nearest = mine[np.argmin(distance[mine])]
            gone[mine] = True
            gone[nearest] = False
            is_star[nearest] = True
            _move(peaks, nearest, matched, star)
        else:
            row = peaks[np.flatnonzero(np.asarray(peaks["footprintId"]) == owner)[:1]]
            row["f_xErr"], row["f_yErr"], row["probability"] = np.nan, np.nan, np.nan
            row["flags"], row["partOf"] = 0, 0
            row["id"] = np.max(peaks["id"]) + 1 + len(added)
            _move(row, 0, matched, star)
            added.append(row)
    column = np.asarray(peaks["i_x"]) - coadd.xy0[0]
    row = np.asarray(peaks["i_y"]) - coadd.xy0[1]
    halo = coadd.in_planes(STAR_HALO)
    satellite = halo[row, column] & ~is_star
    peaks["flags"][is_star] |= star_flag
    peaks["flags"][satellite] |= halo_flag
    for one in added:
        one["flags"] |= star_flag
    if drop:
        gone |= satellite & _not_alone(peaks, satellite | gone, added)
    table = vstack([peaks[~gone], *added], metadata_conflicts="silent")
    order = np.lexsort(
        (table["i_y"], table["i_x"], -np.asarray(table["peakValue"]), table["footprintId"])
    )
    table = number_anew([table[order]])
    table["rank"][:] = ranks(np.asarray(table["footprintId"]))
    _count(classification, table, halo, spans, coadd.xy0)
    return classification, table


def _move(peaks: Table, row: int, matched: MatchedFilter, star: SaturatedStar) -> None:
    """Put a peak at the centre of a star."""
    coadd = matched.coadd
    column, line = int(np.floor(star.x + 0.5)), int(np.floor(star.y + 0.5))
    i, j = column - coadd.xy0[0], line - coadd.xy0[1]
    here = matched.window(slice(j, j + 1), slice(i, i + 1))
    ra, dec = coadd.sky(np.array([star.x]), np.array([star.y]))
    values = {
        "f_x": star.x,
        "f_y": star.y,
        "i_x": column,
        "i_y": line,
        "coord_ra": ra[0],
        "coord_dec": dec[0],
        "peakValue": here.smoothed[0, 0],
        "significance": here.significance[0, 0],
    }
    for name, value in values.items():
        peaks[name][row] = value
    kept = PEAKS.flag("EDGE") | PEAKS.flag("TOO_LARGE") | PEAKS.flag("FILLED_CORE")
    peaks["flags"][row] &= kept


def _not_alone(peaks: Table, leaving: np.ndarray, added: list[Table]) -> np.ndarray:
    """Whether a footprint keeps another peak than those that leave, or than its brightest."""
    owner = np.asarray(peaks["footprintId"])
    _, row = np.unique(owner, return_inverse=True)
    stays = np.bincount(row, ~leaving) > 0
    kept = stays[row]
    for one in added:
        kept |= owner == one["footprintId"][0]
    # Of a footprint with nothing else, the first peak is its brightest.
    first = np.append(True, owner[1:] != owner[:-1])[: len(owner)]
    return kept | ~first


def _count(
    classification: Table, peaks: Table, halo: np.ndarray, spans: Table, xy0: tuple[int, int]
) -> None:
    """Put the number of peaks, and the flag of footprints with pixels of halos, right."""
    identifiers = np.asarray(classification["footprintId"])
    number = np.bincount(
        np.searchsorted(identifiers, np.asarray(peaks["footprintId"])), minlength=len(identifiers)
    )
    changed = number != np.asarray(classification["nPeaks"])
    classification["nPeaks"][changed] = number[changed]
    # Without a probability the peaks say whether it is a blend.
    silent = changed & (
        np.asarray(classification["flags"]) & CLASSIFICATION.flag("NO_PROBABILITY") > 0
    )
    classification["nProbable"][silent] = np.minimum(number[silent], MOST)
    classification["blended"][silent] = number[silent] > 1
    touched = footprints_in(halo, spans, xy0)
    classification["flags"][np.isin(identifiers, touched)] |= CLASSIFICATION.flag("STAR_HALO")


def footprints_in(mask: np.ndarray, spans: Table, xy0: tuple[int, int]) -> np.ndarray:
    """Footprints that have a pixel in a mask.

    Parameters
    ----------
    mask : `numpy.ndarray` of bool, (ny, nx)
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of ``mask[0, 0]``.

    Returns
    -------
    identifiers : `numpy.ndarray` of int
    """
    ny, nx = mask.shape
    y = np.asarray(spans["y"], np.int64) - xy0[1]
    x0 = np.clip(np.asarray(spans["x0"], np.int64) - xy0[0], 0, nx)
    x1 = np.clip(np.asarray(spans["x1"], np.int64) - xy0[0] + 1, 0, nx)
    inside = np.flatnonzero((y >= 0) & (y < ny) & (x1 > x0))
    rows = np.unique(y[inside])
    rows = rows[mask[rows].any(axis=1)]
    running = {row: np.concatenate([[0], np.cumsum(mask[row])]) for row in rows.tolist()}
    found = [
        spans["footprintId"][k]
        for k in inside[np.isin(y[inside], rows)].tolist()
        if running[int(y[k])][x1[k]] > running[int(y[k])][x0[k]]
    ]
    return np.unique(found)
