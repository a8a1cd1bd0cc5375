"""Probabilities and peaks against truth, by the brightest galaxy's S/N and size."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from astropy.table import Table

from ..data.score_tables import BRIGHTNESS
from .summary import finders_of, footprint_keys, of_finder

__all__ = ["RADIUS_EDGES", "SIGNIFICANCE_EDGES", "brightness_table"]

#: Bins of the point-source S/N and of the half-light radius [arcsec] of the brightest.
SIGNIFICANCE_EDGES = (5.0, 10.0, 30.0, 100.0, 300.0, 1000.0, np.inf)
RADIUS_EDGES = (0.0, 0.3, 0.6, 1.2, np.inf)


def brightness_table(outcomes: Table, places: Table) -> Table:
    """Score peak finders in bins of the brightest galaxy's S/N and size.

    Parameters
    ----------
    outcomes, places : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES` and
        `~meas_blends.data.outcome_tables.PLACES` of all scenes, as
        `~meas_blends.evaluation.summary.gather` joins them.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.score_tables.BRIGHTNESS`: for each finder and kind
        of the brightest object the bins of both that hold a footprint, and for
        each bin of S/N one row of all sizes.
    """
    rows = []
    for finder in finders_of(outcomes):
        theirs, their_places = of_finder(outcomes, finder), of_finder(places, finder)
        keys = footprint_keys(theirs)
        their_places = their_places[np.isin(footprint_keys(their_places), keys)]
        order = np.argsort(keys)
        # Row of the footprint of each galaxy and peak.
        row = order[np.searchsorted(keys, footprint_keys(their_places), sorter=order)]
        has_galaxy = np.asarray(their_places["galaxyId"]) > 0
        has_peak = np.asarray(their_places["peakId"]) > 0
        found = {
            "galaxies": np.bincount(row[has_galaxy], minlength=len(theirs)),
            "peaks": np.bincount(row[has_peak], minlength=len(theirs)),
            "matches": np.bincount(row[has_galaxy & has_peak], minlength=len(theirs)),
        }
        for of_bin, used in _bins(theirs):
            rows.append({"peakFinder": finder, **of_bin, **_scores(theirs, found, used)})
    return BRIGHTNESS.make(
        {name.name: [row[name.name] for row in rows] for name in BRIGHTNESS.columns}
    )


def _bins(outcomes: Table) -> Iterator[tuple[dict[str, object], np.ndarray]]:
    """Keys of each bin that holds a footprint, and its rows, `bool` (n,)."""
    structured = np.asarray(outcomes["structured"])
    star = np.asarray(outcomes["radius"]) == 0
    kinds = {"sersic": ~structured & ~star, "structured": structured, "star": star}
    value, radius = (np.asarray(outcomes[name]) for name in ("significance", "radius"))
    sizes = [(0.0, np.inf), *pairwise(RADIUS_EDGES)]
    for kind, of_kind in kinds.items():
        for low, high in pairwise(SIGNIFICANCE_EDGES):
            of_bin = of_kind & (value >= low) & (value < high)
            for smallest, largest in sizes[:1] if kind == "star" else sizes:
                used = of_bin & (radius >= smallest) & (radius < largest)
                if used.any():
                    yield (
                        {
                            "kind": kind,
                            "significanceLow": low,
                            "significanceHigh": high,
                            "radiusLow": smallest,
                            "radiusHigh": largest,
                        },
                        used,
                    )


def _scores(
    outcomes: Table, found: dict[str, np.ndarray], used: np.ndarray
) -> dict[str, float | int]:
    n_objects = np.asarray(outcomes["nObjects"])[used]
    n_peaks = np.asarray(outcomes["nPeaks"])[used]
    single, number = n_objects == 1, int(used.sum())
    share = float(np.mean(~single))
    galaxies, peaks, matches = (
        int(found[name][used].sum()) for name in ("galaxies", "peaks", "matches")
    )
    nan = float("nan")
    return {
        "nFootprints": number,
        "nObjects": float(n_objects.mean()),
        "nPeaks": float(n_peaks.mean()),
        "meanProbability": float(np.mean(np.asarray(outcomes["blendProbability"], float)[used])),
        "blendedFraction": share,
        "blendedFractionErr": float(np.sqrt(share * (1.0 - share) / number)),
        "precision": matches / peaks if peaks else nan,
        "recall": matches / galaxies if galaxies else nan,
        "nSingles": int(single.sum()),
        "peaksOfSingles": float(n_peaks[single].mean()) if single.any() else nan,
        "splitFraction": float(np.mean(n_peaks[single] > 1)) if single.any() else nan,
        "unusualFraction": float(np.mean(outcomes["unusual"][used])),
    }
