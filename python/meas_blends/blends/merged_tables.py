"""Tables of what was merged over bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table

from ..data.catalogs import CLASSIFICATION, MERGED_FOOTPRINTS, MERGED_PEAKS
from ..data.footprints import PixelLists
from ..detection.find import measure_footprints
from ..detection.matched_filter import FilteredCoadd
from .maxima import ranks
from .merge_bands import band_names
from .peaks import MOST
from .pool_bands import band_counts, pool_counts

__all__ = ["make_merged_classification", "make_merged_footprints", "make_merged_peaks"]


def make_merged_footprints(
    filtered: FilteredCoadd,
    merged: PixelLists,
    footprints: Sequence[Table],
    groups: Sequence[np.ndarray],
    bands: Sequence[str],
) -> Table:
    """Measure merged footprints in one band.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
        That band.
    merged : `~meas_blends.data.footprints.PixelLists`
        Pixels of the n merged footprints.
    footprints : sequence of `astropy.table.Table`
        `~meas_blends.data.catalogs.FOOTPRINTS` of each band.
    groups : sequence of `numpy.ndarray` of int
        Row of the merged footprint of each of their rows.
    bands : sequence of `str`
        Names of the bands.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.catalogs.MERGED_FOOTPRINTS`, with the largest
        significance of all bands.
    """
    table = measure_footprints(filtered.coadd, filtered.bad, filtered.significance, merged)
    significance = np.array(table["significance"])
    seen = np.zeros((len(table), len(bands)), bool)
    for number, (one, group) in enumerate(zip(footprints, groups, strict=True)):
        np.maximum.at(significance, group, np.asarray(one["significance"]))
        seen[group, number] = True
    columns = {name: table[name] for name in table.colnames}
    own = {"significance": significance, "bands": band_names(seen, bands)}
    return MERGED_FOOTPRINTS.make({**columns, **own})


def make_merged_classification(
    classifications: Sequence[Table],
    groups: Sequence[np.ndarray],
    merged: PixelLists,
    n_peaks: np.ndarray,
    pooling: str,
) -> Table:
    """Classify merged footprints by what each band says.

    Parameters
    ----------
    classifications : sequence of `astropy.table.Table`
        `~meas_blends.data.catalogs.CLASSIFICATION` of each band.
    groups, merged
        As in `make_merged_footprints`.
    n_peaks : `numpy.ndarray` of int, (n,)
        Merged peaks in each: more than one makes it a blend.
    pooling : `str`
        See `~meas_blends.blends.pool_bands.pool_counts`.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.catalogs.CLASSIFICATION`, with the flags of all
        bands.
    """
    n = len(n_peaks)
    each = list(zip(classifications, groups, strict=True))
    counts = pool_counts([band_counts(table, group, n) for table, group in each], pooling)
    flags = np.zeros(n, np.int64)
    for table, group in each:
        np.bitwise_or.at(flags, group, np.asarray(table["flags"], np.int64))
    silent = CLASSIFICATION.flag("NO_PROBABILITY")
    unknown = np.isnan(counts[:, 0])
    return CLASSIFICATION.make(
        {
            "footprintId": merged.identifiers,
            "blendProbability": 1.0 - counts[:, 0],
            "blended": n_peaks > 1,
            "nProbable": np.where(unknown, np.minimum(n_peaks, MOST), 1 + counts.argmax(axis=1)),
            "nPeaks": n_peaks,
            **{f"probability{k + 1}": counts[:, k] for k in range(4)},
            "peakFinder": _names(classifications, "peakFinder"),
            "model": _names(classifications, "model"),
            "flags": (flags & ~silent) | unknown * silent,
        }
    )


def make_merged_peaks(
    peaks: Table, owner: np.ndarray, seen: np.ndarray, bands: Sequence[str]
) -> Table:
    """Number merged peaks and name their bands.

    Parameters
    ----------
    peaks, owner, seen
        From `~meas_blends.blends.merge_bands.merge_peaks`.
    bands : sequence of `str`
        Names of the bands.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.catalogs.MERGED_PEAKS`.
    """
    own = {
        "id": np.arange(1, len(owner) + 1),
        "footprintId": owner + 1,
        "rank": ranks(owner),
        "bands": band_names(seen, bands),
    }
    return MERGED_PEAKS.make({**{name: peaks[name] for name in peaks.colnames}, **own})


def _names(tables: Sequence[Table], column: str) -> str:
    """All different names in a column of some tables, with commas between them."""
    found = (str(name) for table in tables for name in np.unique(np.asarray(table[column])))
    return ", ".join(dict.fromkeys(name for name in found if name))
