"""How sure the finders are when right and when wrong, and how far they agree."""

from __future__ import annotations

import itertools

import numpy as np
from astropy.table import Table

from ..data.score_tables import AGREEMENT, CONFIDENCE
from .summary import finders_of, of_finder

__all__ = ["agreement_table", "called_right", "confidence", "confidence_table"]


def called_right(outcomes: Table) -> np.ndarray:
    """Whether each row's call is right, `bool` (n,)."""
    return np.asarray(outcomes["called"]) == (np.asarray(outcomes["nObjects"]) > 1)


def confidence(outcomes: Table) -> np.ndarray:
    """Probability that a finder gives to its own call.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES`.

    Returns
    -------
    confidence : `numpy.ndarray`, (n,)
        May lie below one half, for the best threshold of the balanced
        accuracy is not one half. NaN without a probability.
    """
    probability = np.asarray(outcomes["blendProbability"], float)
    return np.where(np.asarray(outcomes["called"]), probability, 1.0 - probability)


def confidence_table(outcomes: Table, n_bins: int = 20) -> Table:
    """Count right and wrong calls in bins of confidence.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES` of all scenes.
    n_bins : `int`
        Bins between 0 and 1.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.score_tables.CONFIDENCE`; finders without
        probabilities have no rows.
    """
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    columns = {column.name: [] for column in CONFIDENCE.columns}
    for finder in finders_of(outcomes):
        theirs = of_finder(outcomes, finder)
        sure, right = confidence(theirs), called_right(theirs)
        if not np.isfinite(sure).any():
            continue
        for flag in (True, False):
            values = sure[np.isfinite(sure) & (right == flag)]
            columns["peakFinder"].append(np.full(n_bins, finder))
            columns["right"].append(np.full(n_bins, flag))
            columns["confidenceLow"].append(edges[:-1])
            columns["confidenceHigh"].append(edges[1:])
            columns["nFootprints"].append(np.histogram(values, edges)[0])
    return CONFIDENCE.make(
        {name: np.concatenate(parts) if parts else () for name, parts in columns.items()}
    )


def agreement_table(outcomes: Table) -> Table:
    """Compare the calls of every two finders on the same footprints.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES` of all scenes, with the
        column ``scene``.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.score_tables.AGREEMENT`.
    """
    finders = finders_of(outcomes)
    right = {finder: called_right(of_finder(outcomes, finder)) for finder in finders}
    rows = []
    for first, second in itertools.combinations(finders, 2):
        a, b = right[first], right[second]
        rows.append(
            {
                "firstFinder": first,
                "secondFinder": second,
                "nFootprints": len(a),
                "bothRight": np.mean(a & b),
                "firstRight": np.mean(a & ~b),
                "secondRight": np.mean(~a & b),
                "bothWrong": np.mean(~a & ~b),
            }
        )
    if not rows:
        return AGREEMENT.make()
    return AGREEMENT.make({name: [row[name] for row in rows] for name in rows[0]})
