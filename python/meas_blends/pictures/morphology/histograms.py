"""Histograms of residuals: of several methods, of kinds of galaxies, over their widths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...evaluation.morphology.outcomes import of_method
from ...evaluation.morphology.residuals import agreement
from ...evaluation.morphology.values import medians, pulls, residuals, truth
from ..charts import COLUMN, dress, finder_colour, new_figure, shown_name
from ..style import INK
from .axes import legend_above, residual_of, target_panels

__all__ = ["draw_components", "draw_histograms", "draw_outlines", "draw_pulls", "name_outlines"]

#: Half-widths of the histograms, in half-widths of their middle 68%.
_REACH = 5.0

#: Colours of kinds of galaxies (Okabe & Ito).
_KINDS = ("#e69f00", "#0072b2", "#009e73")


def draw_outlines(
    axes: Axes, values: Mapping[str, np.ndarray], colours: Sequence[str], reach: float
) -> None:
    """Draw the share of galaxies in bins of residual, logarithmically, one outline a set.

    Parameters
    ----------
    axes : `matplotlib.axes.Axes`
    values : mapping of `str` to `numpy.ndarray`
        Residuals of each set, by its name; a set without any is left out.
    colours : sequence of `str`
        Of the sets.
    reach : `float`
        Ends of the axis; what lies beyond is counted at them.
    """
    edges = np.linspace(-reach, reach, 61)
    least = 1.0
    for (name, part), colour in zip(values.items(), colours, strict=True):
        if len(part) == 0:
            continue
        share = np.histogram(np.clip(part, -reach, reach), edges)[0] / len(part)
        least = min(least, 1 / len(part))
        axes.stairs(np.maximum(share, 1e-9), edges, color=colour, linewidth=1.0, label=name)
    axes.axvline(0, color=INK, linewidth=0.6, linestyle=":")
    axes.set_yscale("log")
    axes.set_ylim(0.5 * least, 1.0)
    axes.set_xlim(-reach, reach)


def name_outlines(axes: Axes, title: str) -> None:
    """Name the outlines above their panel, under a title that says what stands beside the names."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        borderaxespad=0.2,
        title=title,
        title_fontsize=6.5,
        alignment="left",
        fontsize=6.5,
        frameon=False,
        handlelength=1.4,
        labelspacing=0.3,
    )


def draw_histograms(outcomes: Table, methods: Sequence[str]) -> Figure:
    """Draw the residuals of several methods (Ghosh et al. 2022, Fig. 12).

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES`.
    methods : sequence of `str`
        In the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        What lies beyond the panels is counted at their edges. Above each
        stand median and typical error.
    """
    figure, panels = target_panels(2.3 + 0.13 * len(methods))
    off = {m: residuals(medians(t), truth(t)) for m in methods if len(t := of_method(outcomes, m))}
    colours = [finder_colour(method, methods) for method in off]
    for i, stem, axes in panels:
        parts = {_told(name, part[:, i], i > 0): part[:, i] for name, part in off.items()}
        spread = max(np.quantile(np.abs(part), 0.6827) for part in parts.values())
        draw_outlines(axes, parts, colours, min(_REACH * max(spread, 1e-4), 1.0))
        name_outlines(axes, "median, typical error")
        dress(axes, residual_of(stem), "share of galaxies" if i == 0 else "")
    return figure


def draw_components(outcomes: Table) -> Figure:
    """Draw B/T residuals by kind of galaxy (Ghosh et al. 2022, Fig. 15).

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of one method.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
    """
    true = truth(outcomes)
    off = residuals(medians(outcomes), true)[:, 0]
    double = np.asarray(outcomes["component"]) == "double"
    middle = double & (true[:, 0] > 0.1) & (true[:, 0] < 0.85)
    kinds = {"one component": ~double, "two components": double, "two, 0.1 < B/T < 0.85": middle}
    parts = {}
    for name, rows in kinds.items():
        rms = np.sqrt(np.mean(off[rows] ** 2)) if rows.any() else np.nan
        parts[f"{name}: {rows.sum():,}, rms {rms:.3f}"] = off[rows]
    figure = new_figure(COLUMN, 2.9)
    axes = figure.subplots()
    draw_outlines(axes, parts, _KINDS, 0.6)
    figure.legend(loc="outside upper center", ncols=1, fontsize=7, frameon=False, handlelength=1.4)
    dress(axes, residual_of("bulgeToTotal"), "share of galaxies")
    return figure


def draw_pulls(outcomes: Table, methods: Sequence[str]) -> Figure:
    """Draw residuals over the posteriors' widths, with the unit Gaussian.

    Parameters
    ----------
    outcomes, methods
        As for `draw_histograms`.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Of radius and flux in logarithms. What lies beyond the panels is
        counted at their edges.
    """
    figure, panels = target_panels(2.4, sharey=True)
    edges = np.linspace(-5, 5, 51)
    grid = np.linspace(-5, 5, 201)
    off = {method: pulls(of_method(outcomes, method)) for method in methods}
    names = ("B/T", r"$\ln R_\mathrm{e}$", r"$\ln F$")
    for i, _, axes in panels:
        axes.plot(grid, np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi), color="#999999", linewidth=0.9)
        for method, pull in off.items():
            density = np.histogram(np.clip(pull[:, i], -5, 5), edges, density=True)[0]
            axes.stairs(density, edges, color=finder_colour(method, methods), linewidth=1.0)
        axes.set_yscale("log")
        axes.set_ylim(1e-4, 1.2)
        axes.set_xlim(-5, 5)
        dress(axes, rf"$\Delta$ {names[i]} / half-width", "density" if i == 0 else "")
    gauss = panels[0][2].plot([], [], color="#999999", linewidth=0.9, label="unit Gaussian")
    legend_above(figure, methods, marker=False, extra=gauss)
    return figure


def _told(method: str, values: np.ndarray, relative: bool) -> str:
    """Write a method's name, median and typical error."""
    facts = agreement(values)
    unit, scale = ("%", 100) if relative else ("", 1)
    digits = 1 + (facts["typicalError"] < 0.02) if relative else 3
    text = f"{scale * facts['bias']:+z.{digits}f}{unit}, "
    text += f"{scale * facts['typicalError']:.{digits}f}{unit}"
    return f"{shown_name(method)}: {text.replace('-', '−')}"
