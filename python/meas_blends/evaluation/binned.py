"""Accuracy against what makes a footprint easy or hard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table

from ..data.score_tables import ACCURACY
from .summary import finders_of, of_finder

__all__ = ["EDGES", "accuracy_table", "wilson_interval"]

#: Bins of each quantity. The outermost take everything beyond.
EDGES: Mapping[str, Sequence[float]] = {
    "mag": (18, 21, 22, 23, 23.5, 24, 24.5, 25, 25.5, 26, 26.5, 27),
    "secondMag": (20, 22, 23, 24, 24.5, 25, 25.5, 26, 26.3, 26.6, 27),
    "separation": (0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 2.5, 3, 4, 6),
    "fluxRatio": (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    "footprintArea": (50, 70, 90, 110, 130, 160, 200, 250, 300, 400, 600, 1500),
    "sqrtDeltaChi2": (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 30),
}

#: Quantities that unblended footprints have too.
_OF_ONE = ("mag", "footprintArea")


def accuracy_table(outcomes: Table, edges: Mapping[str, Sequence[float]] = EDGES) -> Table:
    """Share of footprints that each finder calls right, in bins of some quantities.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES` of all scenes.
    edges : `dict` [`str`, sequence of `float`]
        Edges of the bins of each quantity; the first and the last bin take
        everything beyond.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.score_tables.ACCURACY`. A quantity that no
        footprint of a class has gives no rows.
    """
    columns = {column.name: [] for column in ACCURACY.columns}
    for finder in finders_of(outcomes):
        theirs = of_finder(outcomes, finder)
        truth = np.asarray(theirs["nObjects"]) > 1
        right = np.asarray(theirs["called"]) == truth
        for quantity, limits in edges.items():
            values = np.asarray(theirs[quantity], float)
            for blended in (False, True) if quantity in _OF_ONE else (True,):
                used = (truth == blended) & np.isfinite(values)
                if used.any():
                    part = _bins(values[used], right[used], np.asarray(limits, float))
                    part["peakFinder"] = np.full(len(limits) - 1, finder)
                    part["quantity"] = np.full(len(limits) - 1, quantity)
                    part["blended"] = np.full(len(limits) - 1, blended)
                    for name, column in columns.items():
                        column.append(part[name])
    return ACCURACY.make(
        {name: np.concatenate(parts) if parts else () for name, parts in columns.items()}
    )


def wilson_interval(
    successes: np.ndarray, number: np.ndarray, z: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a share that holds near 0 and 1 too.

    Parameters
    ----------
    successes, number : array-like of int, (n,)
        Out of how many.
    z : `float`
        Half-width in standard deviations.

    Returns
    -------
    low, high : `numpy.ndarray`, (n,)
        Wilson (1927), JASA 22, 209; NaN where ``number`` is 0.
    """
    number = np.where(np.asarray(number) > 0, number, np.nan)
    share = np.asarray(successes) / number
    middle = (share + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z * np.sqrt(share * (1 - share) / number + (z / (2 * number)) ** 2)
    half = half / (1 + z**2 / number)
    return np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)


def _bins(values: np.ndarray, right: np.ndarray, edges: np.ndarray) -> dict[str, np.ndarray]:
    """Bin right calls by a quantity."""
    n_bins = len(edges) - 1
    which = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, n_bins - 1)
    number = np.bincount(which, minlength=n_bins)
    n_right = np.bincount(which, right, n_bins)
    low, high = wilson_interval(n_right, number)
    return {
        "low": edges[:-1],
        "high": edges[1:],
        "middle": np.array(
            [np.median(values[which == k]) if number[k] else np.nan for k in range(n_bins)]
        ),
        "nFootprints": number,
        "nRight": n_right,
        "accuracy": n_right / np.where(number > 0, number, np.nan),
        "accuracyLow": low,
        "accuracyHigh": high,
    }
