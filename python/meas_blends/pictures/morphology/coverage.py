"""How honest the posteriors are, overall and in bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table
from matplotlib.figure import Figure

from ...evaluation.morphology.values import STEMS
from ..charts import (
    COLUMN,
    PAGE,
    dress,
    finder_colour,
    finder_marker,
    new_figure,
)
from ..style import INK
from .axes import ACROSS, SYMBOLS, legend_above
from .binned import draw_bins, name_bins

__all__ = ["GHOSH_TABLE_2", "draw_coverage", "draw_coverage_bins"]

#: The share of fewer galaxies than this is too uncertain to be drawn.
_ENOUGH = 20

#: Coverage [%] that Ghosh et al. (2022, Table 2) report, at 68.27, 95.45 and 99.73%.
GHOSH_TABLE_2: Mapping[str, tuple[float, float, float]] = {
    "bulgeToTotal": (71.8, 96.9, 98.9),
    "halfLightRadius": (68.1, 95.9, 98.3),
    "flux": (78.7, 98.2, 99.9),
}

#: Within these many points of the stated levels is the aim: overall and in bins.
_AIMS = {68.27: (1.5, 4.0), 95.45: (1.0, 2.0), 99.73: (0.5, 1.0)}


def draw_coverage(coverage: Table, methods: Sequence[str]) -> Figure:
    """Draw coverage less the stated level, of each target and level.

    Parameters
    ----------
    coverage : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_COVERAGE`.
    methods : sequence of `str`
        In the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        With the paper's numbers beside ours.
    """
    rows = coverage[np.asarray(coverage["quantity"]) == "all"]
    figure = new_figure(COLUMN, 3.4)
    panels = figure.subplots(3, 1, sharex=True)
    for axes, level in zip(panels, _AIMS, strict=True):
        aim = _AIMS[level][0]
        axes.axhspan(-aim, aim, color="#e9eef2", linewidth=0)
        axes.axhline(0, color=INK, linewidth=0.6)
        at_level = rows[np.abs(np.asarray(rows["level"]) - level) < 0.1]
        for place, method in enumerate(methods):
            theirs = at_level[np.asarray(at_level["method"]) == method]
            shift = 0.6 * ((place + 1) / (len(methods) + 1) - 0.5)
            for i, stem in enumerate(STEMS):
                part = theirs[np.asarray(theirs["target"]) == stem]
                if len(part):
                    axes.errorbar(
                        i + shift,
                        part["covered"][0] - level,
                        part["coveredErr"][0],
                        color=finder_colour(method, methods),
                        marker=finder_marker(method, methods),
                        markersize=3.6,
                        elinewidth=0.9,
                    )
        number = list(_AIMS).index(level)
        for i, stem in enumerate(STEMS):
            off = GHOSH_TABLE_2[stem][number] - level
            axes.plot(i + 0.36, off, marker="x", color="#999999", markersize=4)
        low, high = axes.get_ylim()
        reach = 1.12 * max(abs(low), abs(high), 1.4 * aim)
        axes.set_ylim(-reach, reach)
        dress(axes, y=f"at {level}%")
        axes.grid(axis="x", visible=False)
    panels[-1].set_xticks(range(len(STEMS)), [SYMBOLS[stem] for stem in STEMS])
    figure.supylabel("share inside minus level [points]", fontsize=8, color=INK)
    style = dict(linestyle="", markersize=4, color="#999999", label="Ghosh et al. (2022)")
    legend_above(figure, methods, extra=panels[0].plot([], [], marker="x", **style))
    return figure


def draw_coverage_bins(coverage: Table, methods: Sequence[str], level: float = 68.27) -> Figure:
    """Draw coverage in bins of S/N, radius and B/T.

    Parameters
    ----------
    coverage, methods
        As for `draw_coverage`.
    level : `float`
        68.27, 95.45 or 99.73.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Above each bin stands how many galaxies it holds; bins with fewer than
        20 are not drawn.
    """
    enough = np.asarray(coverage["nGalaxies"]) >= _ENOUGH
    rows = coverage[enough & (np.abs(np.asarray(coverage["level"]) - level) < 0.1)]
    quantities = [name for name in ACROSS if np.any(np.asarray(coverage["quantity"]) == name)]
    # S/N first: it is what an observer knows.
    quantities.sort(key=lambda name: name != "signalToNoise")
    figure = new_figure(PAGE, 4.6)
    panels = figure.subplots(len(STEMS), len(quantities), sharey=True, squeeze=False)
    aim = _AIMS[level][1]
    for k, quantity in enumerate(quantities):
        for i, stem in enumerate(STEMS):
            axes = panels[i, k]
            axes.axhspan(-aim, aim, color="#e9eef2", linewidth=0)
            axes.axhline(0, color=INK, linewidth=0.6)
            part = rows[
                (np.asarray(rows["quantity"]) == quantity) & (np.asarray(rows["target"]) == stem)
            ]
            names, numbers = draw_bins(axes, part, methods, "covered", "coveredErr", level)
            last = i == len(STEMS) - 1
            dress(axes, ACROSS[quantity].label if last else "", SYMBOLS[stem] if k == 0 else "")
            name_bins(axes, names if last else [""] * len(names), () if i else numbers)
    low, high = panels[0, 0].get_ylim()
    reach = max(abs(low), abs(high), 1.5 * aim)
    panels[0, 0].set_ylim(-reach, reach)
    figure.supylabel(f"share inside minus {level} [points]", fontsize=8, color=INK)
    legend_above(figure, methods)
    return figure
