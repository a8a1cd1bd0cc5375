"""Tables of peaks and of classifications from candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table, vstack
from scipy.spatial import cKDTree

from ..data.catalogs import CLASSIFICATION, PEAKS
from ..data.footprints import PixelLists
from ..data.psf import FWHM_PER_SIGMA
from ..detection.cores import FILLED_CORE
from ..detection.matched_filter import FilteredCoadd
from ..detection.sharp import SHARP_PIXEL
from .maxima import Candidates, ranks
from .structure import part_of

__all__ = [
    "MOST",
    "has_sharp",
    "in_order",
    "join_pieces",
    "make_classification",
    "make_peaks",
    "number_anew",
]

#: The last count stands for this many objects or more.
MOST = 4


def make_peaks(
    filtered: FilteredCoadd,
    pixels: PixelLists,
    candidates: Candidates,
    finder: str,
    offsets: tuple[np.ndarray, np.ndarray] | None = None,
    probability: np.ndarray | float = np.nan,
    errors: tuple[np.ndarray, np.ndarray] | None = None,
) -> Table:
    """Turn candidates into a peak table.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    pixels : `~meas_blends.data.footprints.PixelLists`
    candidates : `~meas_blends.blends.maxima.Candidates`
        Brightest first in each footprint.
    finder : `str`
        Name of the peak finder.
    offsets : `tuple` [`numpy.ndarray`, `numpy.ndarray`], optional
        ``(dx, dy)`` of the sub-pixel centres from the pixels' centres; 0 if
        not given, as in LSST.
    probability : `numpy.ndarray` or `float`
        Probability that each peak is an object of its own.
    errors : `tuple` [`numpy.ndarray`, `numpy.ndarray`], optional
        Standard errors of the centres along x and y [pixel].

    Returns
    -------
    peaks : `astropy.table.Table`
        `~meas_blends.data.catalogs.PEAKS`.
    """
    coadd = filtered.coadd
    ny, nx = coadd.shape
    row, column = np.divmod(candidates.flat, nx)
    value = filtered.smoothed.ravel()[candidates.flat]
    rank = ranks(candidates.owner)
    identifiers = np.arange(1, len(candidates.flat) + 1)
    whole = part_of(filtered.smoothed, candidates, probability)
    dx, dy = offsets if offsets is not None else (0.0, 0.0)
    x_err, y_err = errors if errors is not None else (np.nan, np.nan)
    filled = coadd.in_planes(FILLED_CORE)[row, column]
    x, y = column + coadd.xy0[0], row + coadd.xy0[1]
    margin = np.ceil(filtered.width_at(x, y)).astype(int)
    edge = (column < margin) | (row < margin) | (column >= nx - margin) | (row >= ny - margin)
    ra, dec = coadd.sky(x + dx, y + dy)
    return PEAKS.make(
        {
            "id": identifiers,
            "footprintId": pixels.identifiers[candidates.owner],
            "f_x": x + dx,
            "f_y": y + dy,
            "f_xErr": x_err,
            "f_yErr": y_err,
            "i_x": x,
            "i_y": y,
            "coord_ra": ra,
            "coord_dec": dec,
            "peakValue": value,
            "significance": filtered.significance.ravel()[candidates.flat],
            "peakFinder": finder,
            "probability": probability,
            "rank": rank,
            "partOf": np.where(whole >= 0, identifiers[whole], 0),
            "flags": candidates.flags
            | edge * PEAKS.flag("EDGE")
            | filled * PEAKS.flag("FILLED_CORE")
            | _near_sharp(filtered, x, y) * PEAKS.flag("SHARP_PIXEL"),
        }
    )


def _near_sharp(filtered: FilteredCoadd, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether a sharp pixel lies within one PSF FWHM of each parent pixel, `bool` (n,)."""
    coadd = filtered.coadd
    row, column = np.nonzero(coadd.in_planes(SHARP_PIXEL))
    if not len(row) or not len(x):
        return np.zeros(len(x), bool)
    places = np.column_stack([column + coadd.xy0[0], row + coadd.xy0[1]])
    distance, _ = cKDTree(places).query(np.column_stack([x, y]))
    return distance <= FWHM_PER_SIGMA * filtered.width_at(x, y)


def has_sharp(filtered: FilteredCoadd, pixels: PixelLists) -> np.ndarray:
    """Flag of the classification of footprints that hold sharp pixels.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    pixels : `~meas_blends.data.footprints.PixelLists`

    Returns
    -------
    flags : `numpy.ndarray` of int, (n,)
        The bit ``SHARP_PIXEL`` of `~meas_blends.data.catalogs.CLASSIFICATION`, or 0.
    """
    sharp = filtered.coadd.in_planes(SHARP_PIXEL).ravel()[pixels.flat]
    return pixels.reduce(np.logical_or, sharp) * CLASSIFICATION.flag("SHARP_PIXEL")


def make_classification(
    pixels: PixelLists,
    n_peaks: np.ndarray,
    finder: str,
    model: str = "",
    blend_probability: np.ndarray | None = None,
    count_probability: np.ndarray | None = None,
    flags: np.ndarray | int = 0,
    n_probable: np.ndarray | None = None,
) -> Table:
    """Build the classification table, one row a footprint.

    Parameters
    ----------
    pixels : `~meas_blends.data.footprints.PixelLists`
    n_peaks : `numpy.ndarray` of int, (n,)
        Peaks in each footprint.
    finder, model : `str`
        Names of the peak finder and of its model package.
    blend_probability : `numpy.ndarray`, (n,), optional
        Probability of more than one object; NaN, and flagged, if not given.
    count_probability : `numpy.ndarray`, (n, 4), optional
        Probabilities of 1, 2, 3 and 4 or more objects.
    flags : `numpy.ndarray` of int, (n,)
        Bits of `~meas_blends.data.catalogs.CLASSIFICATION`.
    n_probable : `numpy.ndarray` of int, (n,), optional
        Number of objects that each probably holds: more than one makes it a
        blend. The number of peaks, 4 at most, if not given.

    Returns
    -------
    classification : `astropy.table.Table`
    """
    if n_probable is None:
        n_probable = np.minimum(n_peaks, MOST)
    n = len(pixels.identifiers)
    if blend_probability is None:
        blend_probability = np.full(n, np.nan)
    if count_probability is None:
        count_probability = np.full((n, 4), np.nan)
    unknown = ~np.isfinite(blend_probability)
    return CLASSIFICATION.make(
        {
            "footprintId": pixels.identifiers,
            "blendProbability": blend_probability,
            "blended": n_probable > 1,
            "nProbable": n_probable,
            "nPeaks": n_peaks,
            **{f"probability{k + 1}": count_probability[:, k] for k in range(4)},
            "peakFinder": finder,
            "model": model,
            "flags": flags | unknown * CLASSIFICATION.flag("NO_PROBABILITY"),
        }
    )


def in_order(tables: Sequence[Table]) -> Table:
    """Put tables of different footprints together, in the order of ``footprintId``."""
    table = vstack(list(tables), metadata_conflicts="silent")
    return table[np.argsort(table["footprintId"], kind="stable")]


def number_anew(tables: Sequence[Table]) -> Table:
    """Put peaks of different footprints together and number them from 1.

    Parameters
    ----------
    tables : sequence of `astropy.table.Table`
        From `make_peaks`, each with identifiers of its own.

    Returns
    -------
    peaks : `astropy.table.Table`
        In the order of ``footprintId``; ``partOf`` follows the identifiers.
    """
    start, parts = 0, []
    for table in tables:
        table = table.copy()
        whole = np.asarray(table["partOf"])
        # Identifiers that no two tables share, for as long as the order is sought.
        table["partOf"][:] = np.where(whole > 0, whole + start, 0)
        table["id"] += start
        start = int(np.max(table["id"], initial=start))
        parts.append(table)
    peaks = in_order(parts)
    row = np.zeros(start + 1, np.int64)
    row[peaks["id"]] = np.arange(1, len(peaks) + 1)
    for name in ("partOf", "id"):
        peaks[name][:] = row[np.asarray(peaks[name])]
    return peaks


def join_pieces(classifications: Sequence[Table], peaks: Sequence[Table]) -> tuple[Table, Table]:
    """Put the tables of pieces of footprints together to those of whole ones.

    Parameters
    ----------
    classifications, peaks : sequence of `astropy.table.Table`
        From `make_classification`, without probabilities, and `make_peaks`:
        the local maxima of each piece.

    Returns
    -------
    classification, peaks : `astropy.table.Table`
        One row a footprint, and its peaks in the order of `make_peaks`. The
        brightest pixel of a piece without a maximum is a peak only if no
        piece of the footprint has one, and then only the brightest of all.
    """
    table = in_order(peaks)
    owner = np.asarray(table["footprintId"])
    order = np.lexsort((table["i_y"], table["i_x"], -np.asarray(table["peakValue"]), owner))
    table, owner = table[order], owner[order]
    stand_in = np.asarray(table["flags"]) & PEAKS.flag("NO_MAXIMUM") != 0
    identifiers, first, row = np.unique(owner, return_index=True, return_inverse=True)
    without = np.bincount(row, ~stand_in, minlength=len(identifiers)) == 0
    brightest = np.zeros(len(table), bool)
    brightest[first] = True
    kept = np.where(without[row], brightest, ~stand_in)
    pieces = in_order(classifications)
    start = np.searchsorted(pieces["footprintId"], identifiers)
    joined = pieces[start]
    joined["flags"] = np.bitwise_or.reduceat(np.asarray(pieces["flags"]), start)
    joined["nPeaks"] = np.bincount(row[kept], minlength=len(identifiers))
    joined["nProbable"] = np.minimum(joined["nPeaks"], MOST)
    joined["blended"] = joined["nProbable"] > 1
    table = table[kept]
    table["rank"][:] = ranks(row[kept])
    return joined, table
