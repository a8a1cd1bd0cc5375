"""Numbers in bins, with errors from resampling galaxies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from astropy.table import Table, vstack

from ...data.schema import TableSchema

__all__ = ["Statistic", "binned", "bootstrap", "by_halves", "root_mean_square"]

#: Times that galaxies are drawn with replacement.
_N_BOOTSTRAP = 200

#: From rows of a table to a number.
Statistic = Callable[[np.ndarray], float]


def bootstrap(
    groups: np.ndarray, statistic: Statistic, seed: int = 1, number: int = _N_BOOTSTRAP
) -> float:
    """Standard error of a number, by drawing groups of rows anew.

    Parameters
    ----------
    groups : `numpy.ndarray`, (n,)
        What each row belongs to, such as its galaxy: rows of one group are
        drawn together, for they are not independent.
    statistic : callable
        From row numbers to a number.
    seed : `int`
        Of the draws.
    number : `int`
        Of the draws.

    Returns
    -------
    error : `float`
        NaN where there are fewer than two groups.
    """
    names, which = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < 2:
        return float("nan")
    rng = np.random.default_rng(seed)
    order = np.argsort(which, kind="stable")
    rows = np.split(order, np.flatnonzero(np.diff(which[order])) + 1)
    drawn = np.array(
        [
            statistic(np.concatenate([rows[k] for k in rng.integers(len(names), size=len(names))]))
            for _ in range(number)
        ]
    )
    known = np.isfinite(drawn)
    return float(np.std(drawn[known])) if known.any() else float("nan")


def binned(
    table: Table,
    keys: Sequence[str],
    groups: str,
    numbers: Mapping[str, Callable[[Table], tuple[np.ndarray, Statistic]]],
    counts: Mapping[str, Callable[[Table], float]],
    schema: TableSchema,
    seed: int = 1,
) -> Table:
    """Work out numbers with errors for each combination of some columns.

    Parameters
    ----------
    table : `astropy.table.Table`
        Rows to sort into bins.
    keys : sequence of `str`
        Columns whose combinations are the bins.
    groups : `str`
        Column whose values are drawn anew for the errors.
    numbers : mapping
        For each number, from the rows of a bin to a value for each row and the
        statistic of these values; values that are NaN are left out.
    counts : mapping
        For each number without an error, from the rows of a bin to it.
    schema : `~meas_blends.data.schema.TableSchema`
        Of the result.
    seed : `int`
        Of the errors.

    Returns
    -------
    rates : `astropy.table.Table`
        One row a bin.
    """
    if len(table) == 0:
        return schema.make()
    made = []
    for group in table.group_by(list(keys)).groups:
        row = {key: group[key][0] for key in keys}
        row |= {name: count(group) for name, count in counts.items()}
        names = np.asarray(group[groups])
        for name, number in numbers.items():
            values, statistic = number(group)
            known = np.isfinite(np.asarray(values, float))
            values = np.asarray(values, float)[known]
            row[name] = float(statistic(values)) if len(values) else np.nan
            row[f"{name}Err"] = bootstrap(
                names[known], lambda rows, v=values, s=statistic: s(v[rows]), seed
            )
        made.append(row)
    return schema.make({name: [row[name] for row in made] for name in made[0]})


def by_halves(outcomes: Table, by_half: bool = True) -> Table:
    """Sort outcomes of real galaxies by the half that they are of.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        With the column ``half``.
    by_half : `bool`
        Keep the halves apart?

    Returns
    -------
    table : `astropy.table.Table`
        If so, and both are there, rows of real galaxies once more as those of
        the half ``all``; else all rows as of that.
    """
    table = outcomes.copy()
    half = np.asarray(table["half"])
    if not by_half:
        table["half"] = np.full(len(table), "all")
        return table
    real = half != ""
    if len(set(half[real])) < 2:
        return table
    both = table[real]
    both["half"] = np.full(len(both), "all")
    return vstack([table, both], metadata_conflicts="silent")


def root_mean_square(values: np.ndarray) -> float:
    """Root of the mean of squares."""
    return float(np.sqrt(np.mean(values**2)))
