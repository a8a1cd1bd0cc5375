"""Scores in bins, side by side for the methods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes

from ..charts import finder_colour, finder_marker

__all__ = ["draw_bins", "name_bins", "shown_bin"]


def draw_bins(
    axes: Axes,
    rows: Table,
    methods: Sequence[str],
    column: str,
    error: str,
    zero: float = 0.0,
) -> tuple[list[str], list[int]]:
    """Draw a column of scores in bins.

    Parameters
    ----------
    axes : `matplotlib.axes.Axes`
    rows : `astropy.table.Table`
        Scores with ``method``, ``low``, ``high`` and ``nGalaxies``.
    methods : sequence of `str`
        In the order of their colours.
    column, error : `str`
        What to draw, and its standard error.
    zero : `float`, optional
        Subtracted.

    Returns
    -------
    names : `list` [`str`]
        Of the bins.
    numbers : `list` [`int`]
        Galaxies in them, the most of any method.
    """
    edges = sorted({(float(row["low"]), float(row["high"])) for row in rows})
    for place, method in enumerate(methods):
        theirs = rows[np.asarray(rows["method"]) == method]
        if len(theirs) == 0:
            continue
        shift = 0.5 * ((place + 1) / (len(methods) + 1) - 0.5)
        bin_of = [edges.index((float(row["low"]), float(row["high"]))) for row in theirs]
        value = np.asarray(theirs[column], float)
        spread = np.asarray(theirs[error], float)
        axes.errorbar(
            np.array(bin_of) + shift,
            value - zero,
            spread,
            color=finder_colour(method, methods),
            marker=finder_marker(method, methods),
            markersize=3.0,
            linewidth=0.7,
            elinewidth=0.8,
        )
    low, high, number = (np.asarray(rows[name]) for name in ("low", "high", "nGalaxies"))
    numbers = [int(number[(low == ends[0]) & (high == ends[1])].max()) for ends in edges]
    return [shown_bin(*ends) for ends in edges], numbers


def name_bins(axes: Axes, names: Sequence[str], numbers: Sequence[int] = ()) -> None:
    """Write the bins along the axis, and how many galaxies they hold along the top."""
    axes.set_xticks(range(len(names)), names, fontsize=6, rotation=35, ha="right")
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, max(len(names) - 0.4, 0.6))
    axes.grid(axis="x", visible=False)
    for place, number in enumerate(numbers):
        axes.annotate(
            f"{number:,}",
            (place, 1.0),
            (0, 1.5),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=5,
            ha="center",
            color="#777777",
        )


def shown_bin(low: float, high: float) -> str:
    """Write a bin, such as 20–50, < 20, > 1000."""
    if not np.isfinite(high):
        return f"> {low:g}"
    return f"< {high:g}" if low <= 0 else f"{low:g}–{min(high, 1.0) if high < 1.02 else high:g}"
