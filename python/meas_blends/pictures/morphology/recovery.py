"""True against measured values, and residuals against what the posteriors state."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from ...evaluation.morphology.values import (
    LEAST_WIDTH,
    clipped_share,
    half_widths,
    medians,
    residuals,
    truth,
)
from ..charts import dress
from ..style import INK
from .axes import (
    ACROSS,
    LINE,
    draw_density,
    residual_of,
    scale_across,
    share_colours,
    target_panels,
)
from .trends import binned_quantiles

__all__ = ["draw_recovery", "draw_widths_and_residuals"]


def draw_recovery(outcomes: Table) -> Figure:
    """Draw measured against true values of one method (Ghosh et al. 2022, Fig. 11).

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of one
        method, at least one row.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
    """
    true, found = truth(outcomes), medians(outcomes)
    figure, panels = target_panels(2.2)
    hexagons = []
    for i, stem, axes in panels:
        across = ACROSS[f"true_{stem}"]
        scale_across(axes, across, true[:, i])
        if across.logarithmic:
            axes.set_yscale("log")
        axes.set_ylim(axes.get_xlim())
        hexagons.append(draw_density(axes, true[:, i], found[:, i], (across.logarithmic,) * 2))
        axes.axline((1, 1), (2, 2), color=LINE, linewidth=0.7, linestyle=(0, (4, 3)))
        axes.set_box_aspect(1)
        dress(axes, across.label, across.label.replace("true", "measured"))
    share_colours(figure, hexagons, len(outcomes))
    return figure


def draw_widths_and_residuals(outcomes: Table) -> Figure:
    """Draw residuals against the posteriors' widths (Ghosh et al. 2022, Fig. 18).

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of one method.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Lines bound 68% and 95% of the residuals in bins of width; dashes are
        where honest posteriors have them. B/T counts within the limits beyond
        which the targets do not tell galaxies apart.
    """
    found, true = medians(outcomes), truth(outcomes)
    for values in (found, true):
        values[:, 0] = clipped_share(values[:, 0])
    off = np.abs(residuals(found, true))
    width = np.maximum(half_widths(outcomes), LEAST_WIDTH)
    figure, panels = target_panels(2.3)
    hexagons = []
    for i, stem, axes in panels:
        axes.set_xscale("log")
        axes.set_yscale("log")
        low, high = np.quantile(width[:, i], [0.002, 0.998])
        axes.set_xlim(low / 1.2, high * 1.2)
        axes.set_ylim(low / 10, high * 6)
        # Drawn at the lower edge: a residual of zero has no logarithm.
        size = np.maximum(off[:, i], low / 10)
        hexagons.append(draw_density(axes, width[:, i], size, (True, True), 30))
        middle, levels = binned_quantiles(width[:, i], size, (0.6827, 0.9545))
        for column, factor in ((0, 1.0), (1, 2.0)):
            axes.plot(middle, levels[:, column], color=LINE, linewidth=1.1)
            ends = np.array([low, high])
            axes.plot(ends, factor * ends, color=INK, linewidth=0.7, linestyle=(0, (4, 3)))
        rank = float(spearmanr(width[:, i], off[:, i]).statistic) if len(off) > 2 else np.nan
        style = dict(transform=axes.transAxes, fontsize=7, color=INK, va="top")
        axes.text(0.04, 0.96, f"rank correlation {rank:.2f}", **style)
        dress(axes, residual_of(stem, r"\sigma"), residual_of(stem, r"|\Delta|"))
    share_colours(figure, hexagons, len(outcomes))
    return figure
