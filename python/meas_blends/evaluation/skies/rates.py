"""Numbers of real skies in bins, with errors from resampling galaxies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from astropy.table import Table

from ...data.real_sky_tables import PAIR_RATES, SINGLE_RATES, SPACE_RATES
from ...data.schema import TableSchema

__all__ = ["binned", "bootstrap", "pair_rates", "rate_text", "single_rates", "space_rates"]

#: Times that galaxies are drawn with replacement.
_N_BOOTSTRAP = 200

#: What the columns of `rate_text` are called.
_SHOWN = {
    "falseBlends": "share with more than one peak",
    "mainFlux": "share of the light that the main peak keeps, median",
    "blendProbability": "mean blend probability",
    "meanPeaks": "mean number of peaks",
}

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
    table = outcomes.copy()
    if not by_half:
        table["half"] = np.full(len(table), "all")

    def seen(column: str, statistic: Statistic) -> Callable[[Table], tuple[np.ndarray, Statistic]]:
        def number(rows: Table) -> tuple[np.ndarray, Statistic]:
            values = np.asarray(rows[column], float)
            return np.where(rows["detected"], values, np.nan), statistic

        return number

    def false_blends(rows: Table) -> tuple[np.ndarray, Statistic]:
        return np.where(rows["detected"], np.asarray(rows["nPeaks"]) > 1, np.nan), np.mean

    return binned(
        table,
        ["peakFinder", "sample", "kind", "half", "seeing", "radius", "snr"],
        "galaxy",
        {
            "falseBlends": false_blends,
            "meanPeaks": seen("nPeaks", np.mean),
            "blendProbability": seen("blendProbability", np.mean),
            "mainFlux": seen("mainFlux", np.median),
        },
        {
            "nGalaxies": lambda rows: len(np.unique(np.asarray(rows["galaxy"]))),
            "nDrawn": len,
            "detected": lambda rows: float(np.mean(rows["detected"])),
            "unusual": lambda rows: float(np.mean(rows["unusual"])),
        },
        SINGLE_RATES,
        seed,
    )


def pair_rates(outcomes: Table, by_half: bool = True, seed: int = 1) -> Table:
    """Rates of pairs by sample, half, seeing, radius, S/N, flux ratio and separation.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.PAIRS`.
    by_half : `bool`
        Whether the two halves of the real galaxies are rows of their own.
    seed : `int`
        Of the bootstrap.

    Returns
    -------
    rates : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.PAIR_RATES`.
    """
    table = outcomes.copy()
    if not by_half:
        table["half"] = np.full(len(table), "all")

    def mean_of(values: Callable[[Table], np.ndarray]) -> Callable:
        return lambda rows: (np.asarray(values(rows), float), np.mean)

    def offsets(column: str) -> Callable[[Table], tuple[np.ndarray, Statistic]]:
        return lambda rows: (np.asarray(rows[column], float), _rms)

    return binned(
        table,
        ["peakFinder", "sample", "half", "seeing", "radius", "snr", "fluxRatio", "separation"],
        "galaxy",
        {
            "blended": mean_of(lambda rows: np.asarray(rows["nPeaks"]) > 1),
            "bothFound": mean_of(lambda rows: np.asarray(rows["nFound"]) == 2),
            "completeness": mean_of(lambda rows: np.asarray(rows["nFound"]) / 2),
            "overcounted": mean_of(lambda rows: np.asarray(rows["nPeaks"]) > 2),
            "falsePeaks": mean_of(lambda rows: rows["nFalse"]),
            "blendProbability": mean_of(lambda rows: rows["blendProbability"]),
            "placeError": offsets("offset"),
            "companionPlaceError": offsets("companionOffset"),
        },
        {"nPairs": len},
        PAIR_RATES,
        seed,
    )


def space_rates(
    matches: Table, labelled: Table, edges: Sequence[float] = (5, 20, 100, np.inf), seed: int = 1
) -> Table:
    """Recall, precision and unrecognised blends of all fields together, by S/N and overall.

    Parameters
    ----------
    matches : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SPACE_MATCHES`.
    labelled : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.GROUND_OBJECTS`.
    edges : sequence of `float`
        Of the bins of S/N.
    seed : `int`
        Of the bootstrap, which draws footprints anew.

    Returns
    -------
    rates : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SPACE_RATES`. Errors of shares in a
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
                "placeError": (pairs[true], np.asarray(pairs["offset"], float)[true], _rms),
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


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def rate_text(rates: Table, columns: Sequence[str] = ("falseBlends", "mainFlux")) -> str:
    """Set rates of single galaxies as plain text: a block a finder and number, S/N across.

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
        mine = rates[np.asarray(rates["peakFinder"]) == finder]
        for column in columns:
            lines.append(f"\n{finder}: {_SHOWN[column]}")
            head = "".join(f"{f'S/N {ratio:g}':>14}" for ratio in ratios)
            lines.append(f"{'sample':24}{'kind':12}{'half':8}{'Re':>5}{'n':>5}{head}")
            for group in mine.group_by(["sample", "kind", "half", "seeing", "radius"]).groups:
                cells = [_cell(group, column, ratio) for ratio in ratios]
                first = group[0]
                lines.append(
                    f"{first['sample']:24}{first['kind']:12}{first['half']:8}"
                    f"{first['radius']:>5.1f}{first['nGalaxies']:>5d}{''.join(cells)}"
                )
    return "\n".join(lines)


def _cell(group: Table, column: str, ratio: float) -> str:
    """One number of `rate_text` with its error."""
    row = group[np.asarray(group["snr"], float) == ratio]
    if len(row) == 0 or not np.isfinite(row[column][0]):
        return f"{'-':>14}"
    return f"{row[column][0]:>7.2f} ±{row[f'{column}Err'][0]:5.2f}"
