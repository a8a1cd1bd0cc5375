"""Residuals and widths of posteriors against what galaxies are."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
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
from .axes import ACROSS, SYMBOLS, draw_density, scale_across

__all__ = ["draw_residual_trends", "draw_width_trends", "draw_widths_and_residuals"]

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
    off = residuals(medians(outcomes), truth(outcomes))
    reach = np.clip(1.15 * np.quantile(np.abs(off), 0.97, axis=0), 1e-3, 1.0)
    figure = _draw_against_all(outcomes, off, np.stack([-reach, reach], axis=1), "\\Delta")
    for axes in figure.axes:
        axes.axhline(0, color=INK, linewidth=0.5, linestyle=":")
    return figure


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
    return _draw_against_all(outcomes, width, limits, "\\sigma", logarithmic=True)


def _draw_against_all(
    outcomes: Table, numbers: np.ndarray, limits: np.ndarray, symbol: str, logarithmic: bool = False
) -> Figure:
    """Draw a number of each target (n, 3), within its limits (3, 2), against all quantities."""
    figure = new_figure(PAGE, 4.8)
    panels = figure.subplots(len(STEMS), len(ACROSS), sharey="row", sharex="col")
    for i, stem in enumerate(STEMS):
        relative = "" if stem == "bulgeToTotal" else f" / {SYMBOLS[stem]}"
        for k, quantity in enumerate(ACROSS):
            axes = panels[i, k]
            values = np.asarray(outcomes[quantity], float)
            scale_across(axes, quantity, values)
            if logarithmic:
                axes.set_yscale("log")
            axes.set_ylim(*limits[i])
            scales = (ACROSS[quantity].logarithmic, logarithmic)
            draw_density(axes, values, numbers[:, i], scales, 28)
            _draw_quantiles(axes, values, numbers[:, i], bands=not logarithmic)
            label = f"${symbol}$ {SYMBOLS[stem]}{relative}" if k == 0 else ""
            dress(axes, ACROSS[quantity].label if i == len(STEMS) - 1 else "", label)
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
        where honest posteriors have them.
    """
    width = np.maximum(half_widths(outcomes), LEAST_WIDTH)
    off = np.abs(residuals(medians(outcomes), truth(outcomes)))
    figure = new_figure(PAGE, 2.5)
    for i, (stem, axes) in enumerate(zip(STEMS, figure.subplots(1, 3), strict=True)):
        axes.set_xscale("log")
        axes.set_yscale("log")
        low, high = np.quantile(width[:, i], [0.002, 0.998])
        axes.set_xlim(low / 1.2, high * 1.2)
        axes.set_ylim(low / 30, high * 6)
        draw_density(axes, width[:, i], np.maximum(off[:, i], 1e-9), (True, True), 30)
        middle, levels = _binned(width[:, i], off[:, i], (0.6827, 0.9545))
        for column, factor in ((0, 1.0), (1, 2.0)):
            axes.plot(middle, levels[:, column], color="#d55e00", linewidth=1.1)
            axes.plot(
                (low, high),
                (factor * low, factor * high),
                color=INK,
                linewidth=0.7,
                linestyle=(0, (4, 3)),
            )
        relative = "" if stem == "bulgeToTotal" else f" / {SYMBOLS[stem]}"
        name = f"{SYMBOLS[stem]}{relative}"
        dress(axes, f"$\\sigma$ {name}", f"$|\\Delta|$ {name}")
    return figure


def _draw_quantiles(axes: Axes, x: np.ndarray, y: np.ndarray, bands: bool = True) -> None:
    """Draw the median of y in bins of x, and the edges of its middle 68% and 95%."""
    middle, levels = _binned(x, y, (0.02275, 0.15865, 0.5, 0.84135, 0.97725))
    style = dict(color="#d55e00", solid_capstyle="round")
    axes.plot(middle, levels[:, 2], linewidth=1.3, **style)
    if bands:
        for column in (1, 3):
            axes.plot(middle, levels[:, column], linewidth=0.8, **style)
        for column in (0, 4):
            axes.plot(middle, levels[:, column], linewidth=0.7, alpha=0.7, linestyle=":", **style)


def _binned(
    x: np.ndarray, y: np.ndarray, levels: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of y in bins of x with as many galaxies each: middles (m,) and levels (m, k)."""
    number = int(np.clip(len(x) // 60, 1, 14))
    parts = np.array_split(np.argsort(x, kind="stable"), number)
    parts = [rows for rows in parts if len(rows) >= min(_ENOUGH, len(x))]
    middle = np.array([np.median(x[rows]) for rows in parts])
    return middle, np.array([np.quantile(y[rows], levels) for rows in parts])
