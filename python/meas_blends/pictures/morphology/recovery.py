"""True against measured values, and histograms of the residuals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...evaluation.morphology.outcomes import of_method
from ...evaluation.morphology.residuals import agreement
from ...evaluation.morphology.values import STEMS, medians, pulls, residuals, truth
from ..charts import COLUMN, PAGE, dress, finder_colour, finder_handles, new_figure, shown_name
from ..style import INK
from .axes import ACROSS, SYMBOLS, draw_density, percent, scale_across

__all__ = ["draw_components", "draw_histograms", "draw_pulls", "draw_recovery"]

_UNITS = {"bulgeToTotal": "", "halfLightRadius": " [arcsec]", "flux": " [nJy]"}

#: Half-widths of the histograms, in half-widths of their middle 68%.
_REACH = 5.0


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
    figure = new_figure(PAGE, 2.55)
    panels = figure.subplots(1, 3)
    for i, (stem, axes) in enumerate(zip(STEMS, panels, strict=True)):
        quantity = f"true_{stem}"
        scale_across(axes, quantity, true[:, i])
        logarithmic = ACROSS[quantity].logarithmic
        if logarithmic:
            axes.set_yscale("log")
        axes.set_ylim(axes.get_xlim())
        hexagons = draw_density(axes, true[:, i], found[:, i], (logarithmic, logarithmic))
        axes.axline((1, 1), (2, 2), color="#d55e00", linewidth=0.7, linestyle=(0, (4, 3)))
        axes.set_aspect("equal")
        dress(axes, ACROSS[quantity].label, f"measured {SYMBOLS[stem]}{_UNITS[stem]}")
    bar = figure.colorbar(hexagons, ax=panels, pad=0.01, aspect=20, shrink=0.72)
    bar.ax.tick_params(labelsize=6, direction="in")
    bar.set_label("galaxies", fontsize=7, color=INK)
    return figure


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
        What lies beyond the panels is counted at their edges.
    """
    figure = new_figure(PAGE, 2.6)
    panels = figure.subplots(1, 3)
    off = {m: residuals(medians(t), truth(t)) for m in methods if len(t := of_method(outcomes, m))}
    for i, (stem, axes) in enumerate(zip(STEMS, panels, strict=True)):
        reach = _REACH * max(np.quantile(np.abs(part[:, i]), 0.6827) for part in off.values())
        reach = min(reach, 1.0)
        edges = np.linspace(-reach, reach, 61)
        for method, part in off.items():
            inside = np.clip(part[:, i], -reach, reach)
            share = np.histogram(inside, edges)[0] / len(inside)
            colour = finder_colour(method, methods)
            axes.stairs(np.maximum(share, 1e-9), edges, color=colour, linewidth=1.0)
        axes.axvline(0, color=INK, linewidth=0.6, linestyle=":")
        axes.set_yscale("log")
        axes.set_ylim(3e-5, 1.0)
        axes.set_xlim(-reach, reach)
        _write_residuals(axes, {m: part[:, i] for m, part in off.items()}, methods)
        relative = "" if stem == "bulgeToTotal" else f" / true {SYMBOLS[stem]}"
        dress(axes, f"$\\Delta$ {SYMBOLS[stem]}{relative}", "share of galaxies" if i == 0 else "")
    figure.legend(
        handles=_plain_handles(methods),
        loc="outside upper center",
        ncols=min(len(methods), 5),
        fontsize=7,
        frameon=False,
    )
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
    kinds = {
        "one component": ~double,
        "two components": double,
        "two, 0.1 < B/T < 0.85": double & (true[:, 0] > 0.1) & (true[:, 0] < 0.85),
    }
    figure = new_figure(COLUMN, 2.5)
    axes = figure.subplots()
    for (name, rows), colour in zip(kinds.items(), ("#e69f00", "#0072b2", "#009e73"), strict=True):
        if not rows.any():
            continue
        share, edges = np.histogram(np.clip(off[rows], -0.6, 0.6), np.linspace(-0.6, 0.6, 61))
        label = f"{name}: rms {np.sqrt(np.mean(off[rows] ** 2)):.3f}"
        axes.stairs(
            np.maximum(share / rows.sum(), 1e-9), edges, color=colour, linewidth=1.0, label=label
        )
    axes.axvline(0, color=INK, linewidth=0.6, linestyle=":")
    axes.set_yscale("log")
    axes.set_ylim(1e-4, 60.0)
    axes.legend(fontsize=6.5, frameon=False, loc="upper left", handlelength=1.4)
    dress(axes, r"$\Delta$ B/T", "share of galaxies")
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
    """
    figure = new_figure(PAGE, 2.4)
    panels = figure.subplots(1, 3, sharey=True)
    edges = np.linspace(-5, 5, 51)
    grid = np.linspace(-5, 5, 201)
    for i, (stem, axes) in enumerate(zip(STEMS, panels, strict=True)):
        axes.plot(grid, np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi), color="#999999", linewidth=0.9)
        for method in methods:
            pull = pulls(of_method(outcomes, method))[:, i]
            density = np.histogram(np.clip(pull, -5, 5), edges, density=True)[0]
            axes.stairs(density, edges, color=finder_colour(method, methods), linewidth=1.0)
        axes.set_yscale("log")
        axes.set_ylim(1e-4, 1.2)
        axes.set_xlim(-5, 5)
        dress(axes, f"$\\Delta$ {SYMBOLS[stem]} / half-width", "density" if i == 0 else "")
    figure.legend(
        handles=_plain_handles(methods),
        loc="outside upper center",
        ncols=min(len(methods), 5),
        fontsize=7,
        frameon=False,
    )
    return figure


def _plain_handles(methods: Sequence[str]) -> list:
    handles = finder_handles(methods)
    for handle in handles:
        handle.set_marker("")
    return handles


def _write_residuals(axes: Axes, off: dict[str, np.ndarray], methods: Sequence[str]) -> None:
    """Write bias and typical error of each method into the corner."""
    for line, (method, values) in enumerate(off.items()):
        facts = agreement(values)
        axes.text(
            0.03,
            0.965 - 0.085 * line,
            f"{percent(facts['bias'])}, {percent(facts['typicalError'])}"
            if axes.get_subplotspec().colspan.start
            else f"{facts['bias']:+.3f}, {facts['typicalError']:.3f}",
            transform=axes.transAxes,
            fontsize=6.5,
            color=finder_colour(method, methods),
            va="top",
            gid=shown_name(method),
        )
