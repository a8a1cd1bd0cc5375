"""Every number of a report in one long table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table

from ..data.score_tables import NUMBERS

__all__ = ["number_table"]

#: Of each table: columns that say which row it is, the edges of a bin, the
#: column with the number behind a value, and the values with their errors.
_LAYOUT: Mapping[str, tuple[Sequence[str], Sequence[str], str, Mapping[str, str]]] = {
    "reliability": (
        (),
        ("probabilityLow", "probabilityHigh"),
        "nFootprints",
        {"meanProbability": "", "blendedFraction": "blendedFractionErr"},
    ),
    "counts": (("rule", "nObjects", "nGiven"), (), "nFootprints", {"fraction": ""}),
    "accuracy": (
        ("quantity", "blended"),
        ("low", "high"),
        "nFootprints",
        {"middle": "", "accuracy": "", "accuracyLow": "", "accuracyHigh": ""},
    ),
    "brightness": (
        ("kind", "radiusLow", "radiusHigh"),
        ("significanceLow", "significanceHigh"),
        "nFootprints",
        {
            "meanProbability": "",
            "blendedFraction": "blendedFractionErr",
            "precision": "",
            "recall": "",
            "peaksOfSingles": "",
            "splitFraction": "",
            "unusualFraction": "",
        },
    ),
    "confidence": (
        ("right",),
        ("confidenceLow", "confidenceHigh"),
        "nFootprints",
        {"nFootprints": ""},
    ),
    "agreement": (
        ("secondFinder",),
        (),
        "nFootprints",
        {"bothRight": "", "firstRight": "", "secondRight": "", "bothWrong": ""},
    ),
    "timing": ((), (), "nFootprints", {"preparation": "", "seconds": "", "perFootprint": ""}),
}

_FINDER = {"agreement": "firstFinder"}

#: Columns that say which row of scores it is, beside the peak finder.
_SCORE_KEYS = ("condition", "study", "option")


def number_table(tables: Mapping[str, Table]) -> Table:
    """Melt the tables of an evaluation into one.

    Parameters
    ----------
    tables : mapping of `str` to `astropy.table.Table`
        By the short names of their datasets: ``evaluation``, ``robustness``,
        ``studies``, ``reliability``, ``counts``, ``accuracy``, ``brightness``,
        ``confidence``, ``agreement``, ``timing``.

    Returns
    -------
    numbers : `astropy.table.Table`
        `~meas_blends.data.score_tables.NUMBERS`, one row a value.
    """
    columns: dict[str, list[np.ndarray]] = {column.name: [] for column in NUMBERS.columns}
    for figure, table in tables.items():
        keys, edges, number, values = _LAYOUT.get(figure) or _score_layout(table)
        n = len(table)
        item = _items(table, keys)
        for value, error in values.items():
            part = {
                "figure": np.full(n, figure),
                "peakFinder": np.asarray(table[_FINDER.get(figure, "peakFinder")]),
                "item": item,
                "low": table[edges[0]] if edges else np.full(n, np.nan),
                "high": table[edges[1]] if edges else np.full(n, np.nan),
                "number": table[number],
                "quantity": np.full(n, value),
                "value": table[value],
                "valueErr": table[error] if error else np.full(n, np.nan),
            }
            for name, values_so_far in columns.items():
                values_so_far.append(np.asarray(part[name]))
    return NUMBERS.make(
        {name: np.concatenate(parts) if parts else () for name, parts in columns.items()}
    )


def _score_layout(
    table: Table,
) -> tuple[Sequence[str], Sequence[str], str, Mapping[str, str]]:
    """Layout of a table with one row of scores a finder: every score with its error."""
    scores = [
        name
        for name in table.colnames
        if table[name].dtype.kind in "if" and not name.endswith("Err") and name != "nFootprints"
    ]
    errors = {name: f"{name}Err" if f"{name}Err" in table.colnames else "" for name in scores}
    keys = [name for name in _SCORE_KEYS if name in table.colnames]
    return keys, (), "nFootprints", errors


def _items(table: Table, keys: Sequence[str]) -> np.ndarray:
    """Text such as ``quantity=mag blended=True`` of each row."""
    if not keys or len(table) == 0:
        return np.full(len(table), "")
    return np.array([" ".join(f"{key}={row[key]}" for key in keys) for row in table])
