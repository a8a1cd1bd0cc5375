"""Residuals and widths of posteriors against what galaxies are, or are measured to be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.table import Table
from matplotlib.figure import Figure

from ...evaluation.morphology.values import (
    LEAST_WIDTH,
    STEMS,
    half_widths,
    medians,
    residuals,
    truth,
)
from ..charts import PAGE, dress, new_figure
from ..style import INK
from .axes import (
    ACROSS,
    LINE,
    MEASURED,
    Across,
    draw_density,
    residual_of,
    scale_across,
    share_colours,
)

__all__ = [
    "binned_quantiles",
    "draw_measured_trends",
    "draw_residual_sizes",
    "draw_residual_trends",
    "draw_width_trends",
]

#: Fewer galaxies than this in a bin have no quantiles worth drawing.
_ENOUGH = 10


def draw_residual_trends(outcomes: Table) -> Figure:
    """Draw residuals against each true parameter and the S/N (Ghosh et al. 2022, Fig. 13).

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of one method.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Relative residuals of radius and flux. Lines are the median, the
        middle 68% and the middle 95% of bins of as many galaxies.
    """
    return _draw_residuals(outcomes, ACROSS)


def draw_measured_trends(outcomes: Table) -> Figure:
    """Draw residuals against the measured values (Ghosh et al. 2022, Fig. 14).

    An observer sees no true values: these say where a number can be trusted.

    Parameters
    ----------
    outcomes
        As for `draw_residual_trends`.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
    """
    return _draw_residuals(outcomes, MEASURED)


def draw_residual_sizes(outcomes: Table) -> Figure:
    """Draw sizes of residuals against each true parameter and S/N (Ghosh et al. 2022, Fig. 16).

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of one method.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Relative residuals of radius and flux, without their sign. Lines
        bound 68% and 95% in bins of as many galaxies.
    """
    size = np.abs(residuals(medians(outcomes), truth(outcomes)))
    low, high = np.quantile(size, [0.03, 0.999], axis=0)
    limits = np.stack([np.maximum(low, 1e-5), np.maximum(high, 1e-3) * 1.5], axis=1)
    lines = {0.6827: (1.2, "-"), 0.9545: (0.8, "-")}
    return _draw_against_all(outcomes, size, limits, r"|\Delta|", ACROSS, lines, logarithmic=True)


def draw_width_trends(outcomes: Table) -> Figure:
    """Draw widths of posteriors against each true parameter and S/N (Fig. 17).

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of one method.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Half-widths of the 68.27% interval, relative for radius and flux.
    """
    width = np.maximum(half_widths(outcomes), LEAST_WIDTH)
    low, high = np.quantile(width, [0.002, 0.998], axis=0)
    limits = np.stack([low / 1.3, high * 1.3], axis=1)
    return _draw_against_all(
        outcomes, width, limits, r"\sigma", ACROSS, {0.5: (1.3, "-")}, logarithmic=True
    )


def _draw_residuals(outcomes: Table, columns: Mapping[str, Across]) -> Figure:
    """Draw signed residuals against some columns, with their median, middle 68% and 95%."""
    off = residuals(medians(outcomes), truth(outcomes))
    reach = np.clip(1.15 * np.quantile(np.abs(off), 0.97, axis=0), 1e-3, 1.0)
    limits = np.stack([-reach, reach], axis=1)
    lines = {0.5: (1.3, "-")}
    lines |= {0.15865: (0.8, "-"), 0.84135: (0.8, "-"), 0.02275: (0.7, ":"), 0.97725: (0.7, ":")}
    figure = _draw_against_all(outcomes, off, limits, r"\Delta", columns, lines)
    for axes in figure.axes[: len(STEMS) * len(columns)]:
        axes.axhline(0, color=INK, linewidth=0.5, linestyle=":")
    return figure


def _draw_against_all(
    outcomes: Table,
    numbers: np.ndarray,
    limits: np.ndarray,
    symbol: str,
    columns: Mapping[str, Across],
    lines: Mapping[float, tuple[float, str]],
    logarithmic: bool = False,
) -> Figure:
    """Draw a number of each target (n, 3), within its limits (3, 2), against some columns.

    Lines are quantiles, each of a width and a style.
    """
    figure = new_figure(PAGE, 4.8)
    panels = figure.subplots(len(STEMS), len(columns), sharey="row", sharex="col")
    hexagons = []
    for i, stem in enumerate(STEMS):
        for k, (name, across) in enumerate(columns.items()):
            axes = panels[i, k]
            values = np.asarray(outcomes[name], float)
            scale_across(axes, across, values)
            if logarithmic:
                axes.set_yscale("log")
            axes.set_ylim(*limits[i])
            scales = (across.logarithmic, logarithmic)
            hexagons.append(draw_density(axes, values, numbers[:, i], scales, 28))
            middle, levels = binned_quantiles(values, numbers[:, i], tuple(lines))
            for level, (width, style) in zip(levels.T, lines.values(), strict=True):
                axes.plot(middle, level, color=LINE, linewidth=width, linestyle=style)
            label = residual_of(stem, symbol) if k == 0 else ""
            dress(axes, across.label if i == len(STEMS) - 1 else "", label)
    share_colours(figure, hexagons, len(outcomes))
    return figure


def binned_quantiles(
    x: np.ndarray, y: np.ndarray, levels: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of y in bins of x with about as many galaxies each.

    Parameters
    ----------
    x, y : `numpy.ndarray`, (n,)
        Galaxies of equal x share a bin.
    levels : `tuple` of `float`, (k,)

    Returns
    -------
    middle : `numpy.ndarray`, (m,)
        Median x of each bin.
    quantiles : `numpy.ndarray`, (m, k)
    """
    number = int(np.clip(len(x) // 60, 1, 14))
    edges = np.unique(np.quantile(x, np.linspace(0, 1, number + 1)))
    place = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, max(len(edges) - 2, 0))
    parts = [place == k for k in range(max(len(edges) - 1, 1))]
    parts = [rows for rows in parts if rows.sum() >= min(_ENOUGH, len(x))]
    middle = np.array([np.median(x[rows]) for rows in parts])
    return middle, np.array([np.quantile(y[rows], levels) for rows in parts])
