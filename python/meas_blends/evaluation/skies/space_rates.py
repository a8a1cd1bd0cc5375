"""Rates of ground coadds that were held against space images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from astropy.table import Table

from ...data.space_ground_tables import SPACE_RATES
from .bootstrap import bootstrap, root_mean_square

__all__ = ["space_rates"]


def space_rates(
    matches: Table, labelled: Table, edges: Sequence[float] = (5, 20, 100, np.inf), seed: int = 1
) -> Table:
    """Recall, precision and unrecognised blends of all fields together, by S/N and overall.

    Parameters
    ----------
    matches : `astropy.table.Table`
        `~meas_blends.data.space_ground_tables.SPACE_MATCHES`.
    labelled : `astropy.table.Table`
        `~meas_blends.data.space_ground_tables.GROUND_OBJECTS`.
    edges : sequence of `float`
        Of the bins of S/N.
    seed : `int`
        Of the bootstrap, which draws footprints anew.

    Returns
    -------
    rates : `astropy.table.Table`
        `~meas_blends.data.space_ground_tables.SPACE_RATES`. Errors of shares in a
        bin without a footprint to spare are NaN.
    """
    made = []
    names = dict.fromkeys([*np.asarray(matches["peakFinder"]), *np.asarray(labelled["peakFinder"])])
    bins = [("all", 0.0, np.inf)]
    bins += [(f"{low:g}-{high:g}", low, high) for low, high in pairwise(edges)]
    for name in names:
        pairs = matches[np.asarray(matches["peakFinder"]) == name]
        objects = labelled[np.asarray(labelled["peakFinder"]) == name]
        outcome = np.asarray(pairs["outcome"])
        for label, low, high in bins:
            snr = np.asarray(pairs["significance"], float)
            true = (outcome != "false") & (snr >= low) & (snr < high)
            peaks = (outcome == "false") | (outcome == "matched")
            level = np.asarray(objects["significance"], float)
            kept = (np.asarray(objects["label"]) != "ignored") & (level >= low) & (level < high)
            rows = objects[kept]
            row = {
                "peakFinder": name,
                "bin": label,
                "low": low,
                "high": high,
                "nFields": len(np.unique(np.asarray(pairs["field"]))),
                "nSpace": int(true.sum()),
                "nGround": len(rows),
            }
            parts = {
                "recall": (pairs[true], outcome[true] == "matched", np.mean),
                "precision": (pairs[peaks], outcome[peaks] == "matched", np.mean),
                "placeError": (
                    pairs[true],
                    np.asarray(pairs["offset"], float)[true],
                    root_mean_square,
                ),
            }
            for kind in ("unrecognised", "recognised", "pure"):
                parts[kind] = (rows, np.asarray(rows["label"]) == kind, np.mean)
            for column, (which, values, statistic) in parts.items():
                known = np.isfinite(np.asarray(values, float))
                values = np.asarray(values, float)[known]
                groups = [
                    f"{a} {b}" for a, b in zip(which["field"], which["footprintId"], strict=True)
                ]
                groups = np.array(groups, str)[known]
                row[column] = float(statistic(values)) if len(values) else np.nan
                row[f"{column}Err"] = bootstrap(
                    groups, lambda rows, v=values, s=statistic: s(v[rows]), seed
                )
            made.append(row)
    if not made:
        return SPACE_RATES.make()
    return SPACE_RATES.make({name: [row[name] for row in made] for name in made[0]})
