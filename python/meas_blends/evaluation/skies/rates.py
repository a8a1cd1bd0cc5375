"""Rates of single galaxies and of pairs, in bins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from astropy.table import Table

from ...data.real_sky_tables import PAIR_RATES, SINGLE_RATES
from .bootstrap import Statistic, binned, by_halves, root_mean_square

__all__ = ["pair_rates", "rate_text", "single_rates"]

#: What the columns of `rate_text` are called.
_SHOWN = {
    "falseBlends": "share with more than one peak",
    "mainFlux": "share of the light that the main peak keeps, median",
    "blendProbability": "mean blend probability",
    "meanPeaks": "mean number of peaks",
}


def single_rates(outcomes: Table, by_half: bool = True, seed: int = 1) -> Table:
    """Rates by sample, kind, half, seeing, radius and S/N: never an average over these.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SINGLES`.
    by_half : `bool`
        As of `~meas_blends.evaluation.skies.bootstrap.by_halves`.
    seed : `int`
        Of the bootstrap.

    Returns
    -------
    rates : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SINGLE_RATES`. Galaxies that were
        not detected count in none of the numbers but ``detected``.
    """
    table = by_halves(outcomes, by_half)

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
        As of `~meas_blends.evaluation.skies.bootstrap.by_halves`.
    seed : `int`
        Of the bootstrap.

    Returns
    -------
    rates : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.PAIR_RATES`.
    """
    table = by_halves(outcomes, by_half)

    def mean_of(values: Callable[[Table], np.ndarray]) -> Callable:
        return lambda rows: (np.asarray(values(rows), float), np.mean)

    def offsets(column: str) -> Callable[[Table], tuple[np.ndarray, Statistic]]:
        # The one peak of a pair that is not told apart lies where both say, not either.
        return lambda rows: (
            np.where(np.asarray(rows["nFound"]) == 2, np.asarray(rows[column], float), np.nan),
            root_mean_square,
        )

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
