"""Numbers of real skies against S/N and separation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..charts import (
    PAGE,
    dress,
    finder_colour,
    finder_handles,
    finder_marker,
    new_figure,
)

__all__ = ["draw_morphology", "draw_pairs", "draw_singles"]

#: How samples are told apart.
_STYLES = {"real": "-", "twin": ":", "control": "--", "raw": "-."}

_SHOWN = {
    "falseBlends": "more than one peak",
    "mainFlux": "main peak keeps",
    "blendProbability": "blend probability",
    "bothFound": "both found",
    "overcounted": "more than two peaks",
    "placeError": "place error [″]",
    "fluxBias": "flux: ln(measured / true)",
    "fluxCovered68": "flux: 68% holds",
    "radiusBias": "radius: ln(measured / true)",
    "radiusCovered68": "radius: 68% holds",
}


def draw_singles(rates: Table, column: str, finders: Sequence[str]) -> Figure:
    """Draw a rate of single galaxies against S/N, by size and kind.

    Parameters
    ----------
    rates : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SINGLE_RATES`, of one seeing and
        of both halves together or one.
    column : `str`
        Name of the rate.
    finders : sequence of `str`
        Peak finders, in the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        A row a kind of galaxy, a panel a size; real galaxies as lines, their
        smooth twins dotted.
    """
    real = rates[np.isin(np.asarray(rates["sample"]), list(_STYLES))]
    kinds = [kind for kind in ("smooth", "structured") if kind in set(real["kind"])]
    sizes = np.unique(np.asarray(real["radius"], float))
    figure = new_figure(PAGE, 0.6 + 1.7 * max(len(kinds), 1))
    panels = figure.subplots(
        max(len(kinds), 1), max(len(sizes), 1), squeeze=False, sharex=True, sharey=True
    )
    for row, kind in zip(panels, kinds, strict=False):
        for axes, size in zip(row, sizes, strict=False):
            part = real[(real["kind"] == kind) & np.isclose(real["radius"], size)]
            _draw(axes, part, "snr", column, finders)
            axes.set_xscale("log")
            number = part["nGalaxies"].max() if len(part) else 0
            dress(axes, title=f"{kind}, Re {size:.3g}″ (of {number})")
    _label(panels, "S/N", _SHOWN.get(column, column))
    if column in ("falseBlends", "mainFlux", "blendProbability"):
        panels[0, 0].set_ylim(-0.03, 1.05)
    _legend(figure, finders, [name for name in _STYLES if name in set(real["sample"])])
    return figure


def draw_pairs(rates: Table, column: str, finders: Sequence[str]) -> Figure:
    """Draw a rate of pairs against their separation, a panel a flux ratio.

    Parameters
    ----------
    rates : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.PAIR_RATES`, of one S/N, size and
        seeing.
    column : `str`
        Name of the rate.
    finders : sequence of `str`
        Peak finders, in the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
    """
    real = rates[np.isin(np.asarray(rates["sample"]), list(_STYLES))]
    ratios = np.unique(np.asarray(real["fluxRatio"], float))[::-1]
    figure = new_figure(PAGE, 2.5)
    panels = figure.subplots(1, max(len(ratios), 1), squeeze=False, sharex=True, sharey=True)
    for axes, ratio in zip(panels[0], ratios, strict=False):
        part = real[np.isclose(real["fluxRatio"], ratio)]
        _draw(axes, part, "separation", column, finders)
        dress(axes, title=f"flux ratio {ratio:g}")
    _label(panels, "separation [″]", _SHOWN.get(column, column))
    panels[0, 0].set_ylim(bottom=-0.03 if column != "placeError" else 0.0)
    _legend(figure, finders, [name for name in _STYLES if name in set(real["sample"])])
    return figure


def draw_morphology(rates: Table) -> Figure:
    """Draw bias and coverage of measured fluxes and radii against S/N.

    Parameters
    ----------
    rates : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.REAL_MORPHOLOGY_RATES`, of one
        seeing.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Two rows, of flux and of radius, and a colour a size: real smooth
        galaxies as lines, structured ones dashed, exponential ones dotted.
    """
    sizes = np.unique(np.asarray(rates["radius"], float))
    sizes = sizes[sizes > 0]
    lines = [("real", "smooth", "-"), ("real", "structured", "--"), ("sersic n=1", "smooth", ":")]
    figure = new_figure(PAGE, 4.4)
    panels = figure.subplots(2, 2, squeeze=False, sharex=True)
    colours = [f"{size:.3g}" for size in sizes]
    for row, name in zip(panels, ("flux", "radius"), strict=True):
        for axes, column in zip(row, (f"{name}Bias", f"{name}Covered68"), strict=True):
            for size, colour in zip(sizes, colours, strict=True):
                for sample, kind, style in lines:
                    part = rates[
                        (rates["sample"] == sample)
                        & (rates["kind"] == kind)
                        & np.isclose(rates["radius"], size)
                    ]
                    _points(axes, part, "snr", column, colour, colours, style)
            axes.set_xscale("log")
            dress(axes, y=_SHOWN[column])
            level = 0.6827 if column.endswith("68") else 0.0
            axes.axhline(level, color="#444444", linewidth=0.7)
    for axes in panels[-1]:
        dress(axes, "S/N", axes.get_ylabel())
    handles = [
        Line2D([], [], color=finder_colour(colour, colours), label=f"Re {colour}″")
        for colour in colours
    ]
    handles += [
        Line2D([], [], color="#444444", linestyle=style, label=f"{sample}, {kind}")
        for sample, kind, style in lines
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, fontsize=7, frameon=False)
    return figure


def _draw(axes: Axes, part: Table, x: str, column: str, finders: Sequence[str]) -> None:
    """Lines of all finders and samples."""
    for finder in finders:
        for sample, style in _STYLES.items():
            rows = part[(part["peakFinder"] == finder) & (part["sample"] == sample)]
            _points(axes, rows, x, column, finder, finders, style)


def _points(
    axes: Axes, rows: Table, x: str, column: str, name: str, names: Sequence[str], style: str
) -> None:
    """One line with its errors."""
    known = np.isfinite(np.asarray(rows[column], float))
    rows = rows[known]
    rows = rows[np.argsort(np.asarray(rows[x], float))]
    error = np.nan_to_num(np.asarray(rows[f"{column}Err"], float))
    axes.errorbar(
        np.asarray(rows[x], float),
        np.asarray(rows[column], float),
        yerr=error if style != ":" else None,
        color=finder_colour(name, names),
        marker=finder_marker(name, names) if style != ":" else None,
        linestyle=style,
        markersize=3.2,
        linewidth=1.0,
        elinewidth=0.7,
    )


def _label(panels: np.ndarray, x: str, y: str) -> None:
    """Name the axes at the left and below alone."""
    for axes in panels[:, 0]:
        axes.set_ylabel(y, fontsize=8)
    for axes in panels[-1]:
        axes.set_xlabel(x, fontsize=8)


def _legend(figure: Figure, finders: Sequence[str], samples: Sequence[str]) -> None:
    handles = finder_handles(finders)
    handles += [
        Line2D([], [], color="#444444", linestyle=_STYLES[name], label=name) for name in samples
    ]
    figure.legend(
        handles=handles,
        loc="outside upper center",
        ncols=len(handles),
        fontsize=7,
        frameon=False,
        handlelength=2.2,
    )
