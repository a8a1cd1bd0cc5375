"""Accuracy against what makes a footprint easy or hard, for all peak finders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

from .charts import (
    COLUMN,
    dress,
    finder_colour,
    finder_handles,
    finder_marker,
    logarithmic_numbers,
    new_figure,
)

__all__ = ["QUANTITIES", "draw_accuracy"]

#: Axis label of each quantity that accuracy is drawn against.
QUANTITIES = {
    "mag": "magnitude of the brightest galaxy [AB mag]",
    "secondMag": "magnitude of the second galaxy [AB mag]",
    "separation": "separation of the two brightest [arcsec]",
    "fluxRatio": "flux of the second over that of the brightest",
    "footprintArea": "footprint area [pixel]",
    "sqrtDeltaChi2": r"pair's $\sqrt{\Delta\chi^2}$ from the best single galaxy",
}

#: Quantities with a long tail: where their axes have ticks.
_TICKS = {"footprintArea": (50, 100, 200, 500, 1000), "sqrtDeltaChi2": (0, 1, 3, 5, 10, 20, 30)}


def draw_accuracy(accuracy: Table, quantity: str, finders: Sequence[str]) -> Figure:
    """Draw the share of footprints called right against a quantity.

    Parameters
    ----------
    accuracy : `astropy.table.Table`
        `~meas_blends.data.score_tables.ACCURACY`.
    quantity : `str`
        One of `QUANTITIES`.
    finders : sequence of `str`
        Peak finders, in the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        A panel for unblended footprints, where the quantity has them, one for
        blended ones, and the number of footprints below. Bars are 68%
        binomial intervals; a point stands at the median of its bin.
    """
    rows = accuracy[np.asarray(accuracy["quantity"]) == quantity]
    classes = [flag for flag in (False, True) if np.any(np.asarray(rows["blended"]) == flag)]
    heights = [2.0] * len(classes) + [0.8]
    figure = new_figure(COLUMN, 0.75 + sum(heights))
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)
    *upper, lower = panels[:, 0]
    for axes, blended in zip(upper, classes, strict=True):
        part = rows[np.asarray(rows["blended"]) == blended]
        for finder in finders:
            _draw_finder(axes, part[np.asarray(part["peakFinder"]) == finder], finder, finders)
        dress(axes, y="blends called blended" if blended else "singles called unblended")
        axes.set_ylim(-0.02, 1.02)
    _draw_numbers(lower, rows, classes)
    dress(lower, QUANTITIES[quantity], "footprints")
    logarithmic_numbers(lower)
    _scale(lower, quantity)
    figure.legend(
        handles=finder_handles(finders),
        loc="outside upper center",
        ncols=3,
        fontsize=7,
        frameon=False,
        handlelength=1.6,
        columnspacing=1.2,
    )
    return figure


def _draw_finder(axes: Axes, rows: Table, finder: str, finders: Sequence[str]) -> None:
    """Draw the points of one peak finder, joined, with their intervals."""
    rows = rows[np.asarray(rows["nFootprints"]) > 0]
    value = np.asarray(rows["accuracy"], float)
    below = value - np.asarray(rows["accuracyLow"], float)
    above = np.asarray(rows["accuracyHigh"], float) - value
    axes.errorbar(
        np.asarray(rows["middle"], float),
        value,
        yerr=np.maximum([below, above], 0.0),
        color=finder_colour(finder, finders),
        marker=finder_marker(finder, finders),
        markersize=3.2,
        linewidth=0.9,
        elinewidth=0.8,
    )


def _scale(axes: Axes, quantity: str) -> None:
    """Give a quantity with a long tail more room where most footprints are."""
    if quantity not in _TICKS:
        return
    if quantity == "footprintArea":
        axes.set_xscale("log")
    else:
        axes.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0)), np.square))
        axes.set_xlim(0, _TICKS[quantity][-1])
    axes.xaxis.set_major_locator(FixedLocator(_TICKS[quantity]))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())


def _draw_numbers(axes: Axes, rows: Table, classes: Sequence[bool]) -> None:
    """Draw how many footprints each bin holds."""
    first = rows[np.asarray(rows["peakFinder"]) == rows["peakFinder"][0]]
    for blended in classes:
        part = first[np.asarray(first["blended"]) == blended]
        edges = np.append(np.asarray(part["low"], float), part["high"][-1])
        axes.stairs(
            np.maximum(np.asarray(part["nFootprints"]), 0.5),
            edges,
            color="#444444",
            linestyle="-" if blended else "--",
            linewidth=0.9,
            label="blended" if blended else "unblended",
        )
    if len(classes) > 1:
        axes.legend(fontsize=6, frameon=False, loc="best", handlelength=1.6)
