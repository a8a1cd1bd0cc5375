"""How honest the posteriors are, overall and in bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...evaluation.morphology.values import STEMS
from ..charts import (
    COLUMN,
    PAGE,
    dress,
    finder_colour,
    finder_handles,
    finder_marker,
    new_figure,
)
from ..style import INK
from .axes import ACROSS, SYMBOLS

__all__ = ["GHOSH_TABLE_2", "draw_bound_ratios", "draw_coverage", "draw_coverage_bins"]

#: Fewer galaxies than this have no scatter worth drawing.
_ENOUGH = 10

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
        dress(axes, y=f"minus {level}%")
        axes.grid(axis="x", visible=False)
    panels[-1].set_xticks(range(len(STEMS)), [SYMBOLS[stem] for stem in STEMS])
    handles = finder_handles(methods)
    paper = panels[0].plot([], [], "x", color="#999999", label="Ghosh et al. (2022)")
    figure.legend(
        handles=[*handles, *paper],
        loc="outside upper center",
        ncols=2,
        fontsize=7,
        frameon=False,
        handlelength=1.4,
    )
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
    """
    rows = coverage[np.abs(np.asarray(coverage["level"]) - level) < 0.1]
    quantities = [name for name in ACROSS if np.any(np.asarray(rows["quantity"]) == name)]
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
            names = _draw_bins(axes, part, methods, "covered", "coveredErr", level)
            last = i == len(STEMS) - 1
            dress(axes, ACROSS[quantity].label if last else "", SYMBOLS[stem] if k == 0 else "")
            _name_bins(axes, names if last else [""] * len(names))
    low, high = panels[0, 0].get_ylim()
    reach = min(max(abs(low), abs(high), 1.5 * aim), 30.0)
    panels[0, 0].set_ylim(-reach, reach)
    figure.supylabel(f"share inside minus {level} [points]", fontsize=8, color=INK)
    figure.legend(
        handles=finder_handles(methods),
        loc="outside upper center",
        ncols=min(len(methods), 5),
        fontsize=7,
        frameon=False,
    )
    return figure


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
    enough = np.asarray(ratios["nGalaxies"]) >= _ENOUGH
    rows = ratios[enough & (np.asarray(ratios["quantity"]) == "signalToNoise")]
    methods = [name for name in methods if name in set(np.asarray(rows["method"]).tolist())]
    figure = new_figure(PAGE, 3.8)
    panels = figure.subplots(2, len(STEMS), sharex=True, sharey="row", squeeze=False)
    for line, (column, name) in enumerate((("robust", "robust scatter"), ("rms", "rms"))):
        for i, stem in enumerate(STEMS):
            axes = panels[line, i]
            axes.axhline(1, color=INK, linewidth=0.7)
            axes.axhspan(1, 1.15, color="#e9eef2", linewidth=0)
            part = rows[np.asarray(rows["target"]) == stem]
            names = _draw_bins(axes, part, methods, column, "ratioErr", 0.0, relative=True)
            axes.set_yscale("log")
            axes.set_ylim(0.6, 8)
            axes.set_yticks([0.7, 1, 1.5, 2, 3, 5, 8], ["0.7", "1", "1.5", "2", "3", "5", "8"])
            axes.minorticks_off()
            title = SYMBOLS[stem] if line == 0 else ""
            dress(axes, "S/N" if line else "", f"{name} / bound" if i == 0 else "", title)
            _name_bins(axes, names)
    figure.legend(
        handles=finder_handles(methods),
        loc="outside upper center",
        ncols=min(max(len(methods), 1), 6),
        fontsize=7,
        frameon=False,
    )
    return figure


def _draw_bins(
    axes: Axes,
    rows: Table,
    methods: Sequence[str],
    column: str,
    error: str,
    zero: float,
    relative: bool = False,
) -> list[str]:
    """Draw a column of each bin, side by side for the methods; names of the bins come back."""
    edges = sorted({(float(row["low"]), float(row["high"])) for row in rows})
    for place, method in enumerate(methods):
        theirs = rows[np.asarray(rows["method"]) == method]
        if len(theirs) == 0:
            continue
        shift = 0.5 * ((place + 1) / (len(methods) + 1) - 0.5)
        bin_of = [edges.index((float(row["low"]), float(row["high"]))) for row in theirs]
        value = np.asarray(theirs[column], float)
        spread = np.asarray(theirs[error], float) * (value if relative else 1.0)
        axes.errorbar(
            np.array(bin_of) + shift,
            value - zero,
            spread,
            color=finder_colour(method, methods),
            marker=finder_marker(method, methods),
            markersize=3.0,
            linewidth=0.7,
            elinewidth=0.8,
        )
    return [_bin_name(*ends) for ends in edges]


def _name_bins(axes: Axes, names: Sequence[str]) -> None:
    axes.set_xticks(range(len(names)), names, fontsize=6, rotation=35, ha="right")
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, max(len(names) - 0.4, 0.6))
    axes.grid(axis="x", visible=False)


def _bin_name(low: float, high: float) -> str:
    """Such as 20–50, < 20, > 1000."""
    if not np.isfinite(high):
        return f"> {low:g}"
    return f"< {high:g}" if low <= 0 else f"{low:g}–{min(high, 1.0) if high < 1.02 else high:g}"
