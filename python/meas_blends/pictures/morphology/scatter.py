"""Scatter in bins of S/N: over the Cramer-Rao bound, and beside other codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from ...evaluation.morphology.values import STEMS
from ..charts import PAGE, dress, new_figure
from ..style import INK
from .axes import SYMBOLS, legend_above, residual_of, target_panels
from .binned import draw_bins, name_bins

__all__ = ["ENOUGH", "draw_bound_ratios", "draw_peers", "measured"]

#: Fewer galaxies than this have no scatter worth drawing.
ENOUGH = 10


def draw_bound_ratios(ratios: Table, methods: Sequence[str]) -> Figure:
    """Draw scatter over the Cramer-Rao bound against S/N.

    Parameters
    ----------
    ratios : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_BOUND_RATIOS`.
    methods : sequence of `str`
        In the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        The upper row is the robust scatter, the lower the rms.
    """
    rows, methods = _worth_drawing(ratios, methods)
    figure = new_figure(PAGE, 3.8)
    panels = figure.subplots(2, len(STEMS), sharex=True, sharey="row", squeeze=False)
    for line, (column, name) in enumerate((("robust", "robust scatter"), ("rms", "rms"))):
        most = max([8.0, *(1.3 * np.asarray(rows[column], float))])
        for i, stem in enumerate(STEMS):
            axes = panels[line, i]
            axes.axhline(1, color=INK, linewidth=0.7)
            axes.axhspan(1, 1.15, color="#e9eef2", linewidth=0)
            part = rows[np.asarray(rows["target"]) == stem]
            names, numbers = draw_bins(axes, part, methods, column, f"{column}Err")
            _logarithmic(axes, 0.6, most)
            title = SYMBOLS[stem] if line == 0 else ""
            dress(axes, "S/N" if line else "", f"{name} / bound" if i == 0 else "", title)
            name_bins(axes, names, numbers if line else ())
    legend_above(figure, methods)
    return figure


def draw_peers(peers: Table, methods: Sequence[str]) -> Figure:
    """Draw the robust scatter of all methods on the galaxies that peers measured.

    Parameters
    ----------
    peers : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_PEERS`.
    methods : sequence of `str`
        Estimators and other codes, in the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
    """
    there = np.array([measured(row) >= ENOUGH for row in peers], bool)
    rows, methods = _worth_drawing(peers[there], methods)
    figure, panels = target_panels(2.6)
    for _, stem, axes in panels:
        part = rows[np.asarray(rows["target"]) == stem]
        names, numbers = draw_bins(axes, part, methods, "scatter", "scatterErr")
        values = np.asarray(part["scatter"], float)
        values = values[values > 0]
        if len(values):
            _logarithmic(axes, 0.6 * values.min(), 1.7 * values.max())
        dress(axes, "S/N", f"scatter of {residual_of(stem)}")
        name_bins(axes, names, numbers)
    legend_above(figure, methods)
    return figure


def measured(row: Table.Row) -> int:
    """Galaxies of a row of scores of peers that have not failed."""
    return round(int(row["nGalaxies"]) * (1 - float(row["failed"])))


def _worth_drawing(scores: Table, methods: Sequence[str]) -> tuple[Table, list[str]]:
    """Rows of bins of S/N with enough galaxies, and the methods that have any."""
    enough = np.asarray(scores["nGalaxies"]) >= ENOUGH
    rows = scores[enough & (np.asarray(scores["quantity"]) == "signalToNoise")]
    names = np.asarray(rows["method"])
    methods = [name for name in methods if name in set(names.tolist())]
    return rows[np.isin(names, methods)], methods


def _logarithmic(axes: Axes, low: float, high: float) -> None:
    """Give y a logarithmic scale with plain numbers."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    steps = (1, 1.5, 2, 3, 5, 7) if high / low < 20 else (1, 2, 5) if high / low < 500 else (1,)
    ticks = [k * 10.0**e for e in range(-5, 4) for k in steps]
    axes.yaxis.set_major_locator(FixedLocator([y for y in ticks if low <= y <= high]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_locator(FixedLocator([]))
