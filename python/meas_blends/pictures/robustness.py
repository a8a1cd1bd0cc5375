"""Scores under other conditions than those of the training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .charts import PAGE, dress, finder_colour, finder_handles, finder_marker, new_figure

__all__ = ["draw_robustness"]

_PANELS = {
    "balancedAccuracy": "balanced accuracy",
    "crossEntropy": "cross-entropy [nat]",
    "unusualFraction": "share flagged unusual",
}


def draw_robustness(robustness: Table, finders: Sequence[str]) -> Figure:
    """Draw the scores of each peak finder under each condition.

    Parameters
    ----------
    robustness : `astropy.table.Table`
        `~meas_blends.data.score_tables.ROBUSTNESS`.
    finders : sequence of `str`
        Peak finders, in the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        One line a condition; bars are standard errors from the scatter
        between scenes, where there are several.
    """
    conditions = list(dict.fromkeys(np.asarray(robustness["condition"]).tolist()))
    figure = new_figure(PAGE, 1.0 + 0.28 * len(conditions))
    panels = figure.subplots(1, len(_PANELS), sharey=True)
    for axes, (score, label) in zip(panels, _PANELS.items(), strict=True):
        for number, finder in enumerate(finders):
            rows = robustness[np.asarray(robustness["peakFinder"]) == finder]
            shift = 0.5 * (number / max(len(finders) - 1, 1) - 0.5)
            _draw_scores(axes, rows, score, conditions, shift, finder, finders)
        dress(axes, label)
        axes.set_yticks(range(len(conditions)), conditions)
        axes.set_ylim(len(conditions) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
    figure.legend(
        handles=finder_handles(finders),
        loc="outside upper center",
        ncols=6,
        fontsize=7,
        frameon=False,
    )
    return figure


def _draw_scores(
    axes: Axes,
    rows: Table,
    score: str,
    conditions: Sequence[str],
    shift: float,
    finder: str,
    finders: Sequence[str],
) -> None:
    """Draw one score of one peak finder."""
    value = np.asarray(rows[score], float)
    error = np.zeros_like(value)
    if f"{score}Err" in rows.colnames:
        error = np.nan_to_num(np.asarray(rows[f"{score}Err"], float))
    height = np.array([conditions.index(name) for name in np.asarray(rows["condition"])])
    axes.errorbar(
        value,
        height + shift,
        xerr=error,
        linestyle="",
        color=finder_colour(finder, finders),
        marker=finder_marker(finder, finders),
        markersize=4,
        elinewidth=0.8,
    )
