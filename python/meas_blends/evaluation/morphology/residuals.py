"""How far the values are from the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table

from ...data.galaxy_score_tables import GALAXY_RESIDUALS
from .columns import Columns
from .outcomes import methods_of, of_method
from .values import EDGES, STEMS, bins, half_widths, medians, modes, residuals, truth

__all__ = ["ROBUST_ERROR", "agreement", "residual_table", "robust_scatter", "typical_error"]

#: Residuals above this many half-widths of the posterior are outliers.
OUTLIER = 5.0

#: Standard error of the robust scatter of Gaussian values over it, times the root of their number.
ROBUST_ERROR = 1.17


def robust_scatter(values: np.ndarray) -> float:
    """1.4826 times the median distance from the median; NaN for no values."""
    if len(values) == 0:
        return float("nan")
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def typical_error(values: np.ndarray) -> float:
    """The size below which 68.27% of the residuals are (Ghosh et al. 2022, Sec. 6.2)."""
    return float(np.quantile(np.abs(values), 0.6827)) if len(values) else float("nan")


def agreement(values: np.ndarray) -> dict[str, float]:
    """Bias and scatter of residuals, columns of several tables of scores.

    Parameters
    ----------
    values : `numpy.ndarray`, (n,)
        Finite residuals.

    Returns
    -------
    columns : `dict` [`str`, `float`]
        NaN for no residuals.
    """
    scatter, number = robust_scatter(values), len(values)
    nothing = float("nan")
    return {
        "bias": float(np.median(values)) if number else nothing,
        # The median of a Gaussian is less certain than its mean.
        "biasErr": 1.2533 * scatter / np.sqrt(number) if number else nothing,
        "mean": float(np.mean(values)) if number else nothing,
        "scatter": scatter,
        # Of a Gaussian's median distance, which is 37% efficient.
        "scatterErr": ROBUST_ERROR * scatter / np.sqrt(number) if number else nothing,
        "rms": float(np.sqrt(np.mean(values**2))) if number else nothing,
        "typicalError": typical_error(values),
    }


def residual_table(outcomes: Table, edges: Mapping[str, Sequence[float]] = EDGES) -> Table:
    """Residuals of each method with posteriors, overall and in bins.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of all sets.
    edges : mapping of `str` to sequence of `float`
        Bins of some columns.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_RESIDUALS`.
    """
    columns = Columns(GALAXY_RESIDUALS)
    known = outcomes[np.asarray(outcomes["posterior"]) & np.asarray(outcomes["measured"])]
    for method in methods_of(known):
        theirs = of_method(known, method)
        true, width = truth(theirs), half_widths(theirs)
        for value, found in (("median", medians(theirs)), ("mode", modes(theirs))):
            off = residuals(found, true)
            for quantity, low, high, rows in bins(theirs, edges):
                for i, stem in enumerate(STEMS):
                    far = np.abs(off[rows, i]) > OUTLIER * width[rows, i]
                    columns.add(
                        method=method,
                        quantity=quantity,
                        low=low,
                        high=high,
                        target=stem,
                        value=value,
                        nGalaxies=int(rows.sum()),
                        **agreement(off[rows, i]),
                        width=float(np.median(width[rows, i])),
                        outliers=float(far.mean()),
                    )
    return columns.table()
