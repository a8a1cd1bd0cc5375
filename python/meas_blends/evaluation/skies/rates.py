"""Rates of single galaxies in bins, with errors from resampling galaxies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from astropy.table import Table

from ...data.real_sky_tables import SINGLE_RATES

__all__ = ["bootstrap", "rate_text", "single_rates"]

#: Times that galaxies are drawn with replacement.
_N_BOOTSTRAP = 200

#: What the columns of `rate_text` are called.
_SHOWN = {
    "falseBlends": "share with more than one peak",
    "mainFlux": "share of the light that the main peak keeps, median",
    "blendProbability": "mean blend probability",
    "meanPeaks": "mean number of peaks",
}


def bootstrap(
    groups: np.ndarray,
    statistic: Callable[[np.ndarray], float],
    seed: int = 1,
    number: int = _N_BOOTSTRAP,
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
    drawn = [
        statistic(np.concatenate([rows[k] for k in rng.integers(len(names), size=len(names))]))
        for _ in range(number)
    ]
    return float(np.nanstd(drawn))


def single_rates(outcomes: Table, by_half: bool = True, seed: int = 1) -> Table:
    """Rates by sample, kind, half, seeing, radius and S/N: never an average over these.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SINGLES`.
    by_half : `bool`
        Whether the two halves of the real galaxies are rows of their own.
    seed : `int`
        Of the bootstrap.

    Returns
    -------
    rates : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SINGLE_RATES`. Galaxies that were
        not detected count in none of the numbers but ``detected``.
    """
    keys = ["peakFinder", "sample", "kind", "half", "seeing", "radius", "snr"]
    table = outcomes.copy()
    if not by_half:
        table["half"] = np.full(len(table), "all")
    made = []
    if len(table) == 0:
        return SINGLE_RATES.make()
    for group in table.group_by(keys).groups:
        seen = group[np.asarray(group["detected"])]
        galaxies = np.asarray(seen["galaxy"])
        numbers = {
            "falseBlends": (np.asarray(seen["nPeaks"]) > 1, np.mean),
            "meanPeaks": (np.asarray(seen["nPeaks"], float), np.mean),
            "blendProbability": (np.asarray(seen["blendProbability"], float), np.mean),
            "mainFlux": (np.asarray(seen["mainFlux"], float), np.nanmedian),
        }
        row = {key: group[key][0] for key in keys}
        row["nGalaxies"] = len(np.unique(np.asarray(group["galaxy"])))
        row["nDrawn"] = len(group)
        row["detected"] = float(np.mean(group["detected"]))
        for name, (values, statistic) in numbers.items():
            known = len(values) > 0 and np.isfinite(values).any()
            row[name] = float(statistic(values)) if known else np.nan
            error = (
                bootstrap(galaxies, lambda rows, v=values, s=statistic: s(v[rows]), seed)
                if known
                else np.nan
            )
            row[f"{name}Err"] = error
        row["unusual"] = float(np.mean(seen["unusual"])) if len(seen) else np.nan
        made.append(row)
    return SINGLE_RATES.make({name: [row[name] for row in made] for name in made[0]})


def rate_text(rates: Table, columns: Sequence[str] = ("falseBlends", "mainFlux")) -> str:
    """Set rates as plain text: a block a finder and sample, S/N across.

    Parameters
    ----------
    rates : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SINGLE_RATES`.
    columns : sequence of `str`
        Which rates.

    Returns
    -------
    text : `str`
    """
    lines = []
    ratios = np.unique(np.asarray(rates["snr"], float))
    for finder in dict.fromkeys(np.asarray(rates["peakFinder"]).tolist()):
        for column in columns:
            lines.append(f"\n{finder}: {_SHOWN[column]}")
            head = "".join(f"{f'S/N {ratio:g}':>14}" for ratio in ratios)
            lines.append(f"{'sample':24}{'kind':12}{'half':8}{'Re':>5}{'n':>5}{head}")
            mine = rates[np.asarray(rates["peakFinder"]) == finder]
            keys = ["sample", "kind", "half", "seeing", "radius"]
            for group in mine.group_by(keys).groups:
                cells = []
                for ratio in ratios:
                    row = group[np.asarray(group["snr"], float) == ratio]
                    if len(row) == 0 or not np.isfinite(row[column][0]):
                        cells.append(f"{'-':>14}")
                        continue
                    cells.append(f"{row[column][0]:>7.2f} ±{row[f'{column}Err'][0]:5.2f}")
                first = group[0]
                lines.append(
                    f"{first['sample']:24}{first['kind']:12}{first['half']:8}"
                    f"{first['radius']:>5.1f}{first['nGalaxies']:>5d}{''.join(cells)}"
                )
    return "\n".join(lines)
