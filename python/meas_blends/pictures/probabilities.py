"""Are the probabilities honest: reliability curves and confidence histograms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.figure import Figure

from .charts import (
    COLUMN,
    PAGE,
    dress,
    finder_colour,
    finder_handles,
    finder_marker,
    logarithmic_numbers,
    new_figure,
    shown_name,
)

__all__ = ["draw_confidence", "draw_reliability", "with_probabilities"]

_RIGHT, _WRONG = "#0072b2", "#d55e00"


def with_probabilities(table: Table, finders: Sequence[str]) -> list[str]:
    """Those of the peak finders that have rows in a table of probabilities."""
    present = set(np.asarray(table["peakFinder"]).tolist())
    return [finder for finder in finders if finder in present]


def draw_reliability(reliability: Table, finders: Sequence[str]) -> Figure:
    """Draw the observed share of blends against the stated probability.

    Parameters
    ----------
    reliability : `astropy.table.Table`
        `~meas_blends.data.score_tables.RELIABILITY`.
    finders : sequence of `str`
        Peak finders, in the order of their colours; those without
        probabilities are not drawn.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        With the number of footprints in each bin below.
    """
    shown = with_probabilities(reliability, finders)
    figure = new_figure(COLUMN, 4.5)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.1])
    upper.plot([0, 1], [0, 1], color="#999999", linewidth=0.8, linestyle=":", zorder=1)
    for finder in shown:
        rows = reliability[np.asarray(reliability["peakFinder"]) == finder]
        colour = finder_colour(finder, finders)
        edges = np.append(np.asarray(rows["probabilityLow"], float), 1.0)
        lower.stairs(np.maximum(rows["nFootprints"], 0.5), edges, color=colour, linewidth=0.9)
        rows = rows[np.asarray(rows["nFootprints"]) > 0]
        upper.errorbar(
            np.asarray(rows["meanProbability"], float),
            np.asarray(rows["blendedFraction"], float),
            yerr=np.asarray(rows["blendedFractionErr"], float),
            color=colour,
            marker=finder_marker(finder, finders),
            markersize=3.2,
            linewidth=0.9,
            elinewidth=0.8,
        )
    dress(upper, y="share that is blended")
    dress(lower, "stated blend probability", "footprints")
    logarithmic_numbers(lower)
    upper.set(xlim=(0, 1), ylim=(0, 1))
    handles = [handle for handle in finder_handles(finders) if handle.get_label() in _names(shown)]
    upper.legend(handles=handles, loc="upper left", fontsize=7, frameon=False, handlelength=1.6)
    return figure


def draw_confidence(confidence: Table, finders: Sequence[str]) -> Figure:
    """Draw how sure each finder is of its right and of its wrong calls.

    Parameters
    ----------
    confidence : `astropy.table.Table`
        `~meas_blends.data.score_tables.CONFIDENCE`.
    finders : sequence of `str`
        Peak finders; those without probabilities are not drawn.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        One panel a peak finder.
    """
    shown = with_probabilities(confidence, finders)
    columns = min(max(len(shown), 1), 3)
    rows = max(-(-len(shown) // columns), 1)
    figure = new_figure(max(PAGE * columns / 3, COLUMN), 0.35 + 1.85 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for number, (axes, finder) in enumerate(zip(panels, shown, strict=False)):
        theirs = confidence[np.asarray(confidence["peakFinder"]) == finder]
        for right, colour, label in ((True, _RIGHT, "right calls"), (False, _WRONG, "wrong calls")):
            part = theirs[np.asarray(theirs["right"]) == right]
            edges = np.append(np.asarray(part["confidenceLow"], float), 1.0)
            height = np.maximum(np.asarray(part["nFootprints"], float), 0.5)
            axes.stairs(height, edges, color=colour, fill=True, alpha=0.25, baseline=0.5)
            axes.stairs(height, edges, color=colour, linewidth=1.0, label=label, baseline=0.5)
        dress(axes, title=shown_name(finder))
        axes.set_yscale("log")
        axes.set(xlim=(0, 1), ylim=(0.5, None))
        # Without a panel below, the numbers stand here.
        axes.tick_params(labelbottom=number + columns >= len(shown))
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    figure.supxlabel("probability that the finder gives to its own call", fontsize=8)
    figure.supylabel("footprints", fontsize=8)
    panels[0].legend(fontsize=7, frameon=False, loc="upper left")
    return figure


def _names(finders: Sequence[str]) -> set[str]:
    return {shown_name(finder) for finder in finders}
