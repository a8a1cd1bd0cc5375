"""How often the intervals of posteriors hold the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table
from scipy.special import ndtr

from ...data.galaxy_score_tables import GALAXY_COVERAGE
from .columns import Columns
from .outcomes import methods_of, of_method
from .values import EDGES, STEMS, bins, clipped_share, quantiles, truth

__all__ = ["LEVELS", "coverage_table", "inside"]

#: Central intervals [%], and the places of their ends among the quantiles.
LEVELS = {
    100 * (2 * float(ndtr(1.0)) - 1): (2, 4),
    100 * (2 * float(ndtr(2.0)) - 1): (1, 5),
    100 * (2 * float(ndtr(3.0)) - 1): (0, 6),
}


def inside(outcomes: Table, ends: tuple[int, int]) -> np.ndarray:
    """Which intervals hold the truth.

    A true B/T within `~meas_blends.morphology.posterior.BULGE_LIMIT` of 0 or 1
    is that limit, as for all that is trained. An interval that ends at the
    truth holds it.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES`, ``n`` rows.
    ends : `tuple` [`int`, `int`]
        Places of the interval's ends among the quantiles.

    Returns
    -------
    inside : `numpy.ndarray` of `bool`, (n, 3)
    """
    true, interval = truth(outcomes), quantiles(outcomes)[:, :, list(ends)]
    true[:, 0] = clipped_share(true[:, 0])
    # Columns are float32: what is equal there must not fall out by rounding.
    slack = 1e-6 * np.abs(true)
    return (interval[:, :, 0] <= true + slack) & (true - slack <= interval[:, :, 1])


def coverage_table(outcomes: Table, edges: Mapping[str, Sequence[float]] = EDGES) -> Table:
    """Coverage of each method's intervals, overall and in bins.

    Ghosh et al. (2022), Table 2. A galaxy without a posterior does not count.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of all sets.
    edges : mapping of `str` to sequence of `float`
        Bins of some columns.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_COVERAGE`.
    """
    columns = Columns(GALAXY_COVERAGE)
    known = outcomes[np.asarray(outcomes["posterior"]) & np.asarray(outcomes["measured"])]
    for method in methods_of(known):
        theirs = of_method(known, method)
        held = {level: inside(theirs, ends) for level, ends in LEVELS.items()}
        for quantity, low, high, rows in bins(theirs, edges):
            number = int(rows.sum())
            for i, stem in enumerate(STEMS):
                for level, flags in held.items():
                    columns.add(
                        method=method,
                        quantity=quantity,
                        low=low,
                        high=high,
                        target=stem,
                        level=level,
                        nGalaxies=number,
                        covered=100 * flags[rows, i].mean(),
                        coveredErr=np.sqrt(level * (100 - level) / number),
                    )
    return columns.table()
