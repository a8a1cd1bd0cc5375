"""Manners that the pictures of morphology share: names of targets, axes, densities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from ...evaluation.morphology.values import STEMS
from ..charts import PAGE, finder_handles, new_figure
from ..style import INK

__all__ = [
    "ACROSS",
    "DENSITY",
    "LINE",
    "MEASURED",
    "SYMBOLS",
    "Across",
    "draw_density",
    "legend_above",
    "residual_of",
    "scale_across",
    "share_colours",
    "target_panels",
]

#: From one galaxy to many.
DENSITY: Colormap = LinearSegmentedColormap.from_list(
    "galaxies", ["#d5e3ef", "#7fb2d6", "#2a7ab0", "#0b3c63", "#041a2e"]
)

#: Of lines over it.
LINE = "#d55e00"

#: Symbol of each target.
SYMBOLS = dict(zip(STEMS, ("B/T", r"$R_\mathrm{e}$", r"$F$"), strict=True))


@dataclass(frozen=True)
class Across:
    """A quantity that others are drawn against.

    Parameters
    ----------
    label : `str`
        Of the axis.
    logarithmic : `bool`
        Whether the axis is.
    """

    label: str
    logarithmic: bool = True


#: Quantities by their column.
ACROSS: Mapping[str, Across] = {
    "true_bulgeToTotal": Across("true B/T", False),
    "true_halfLightRadius": Across(r"true $R_\mathrm{e}$ [arcsec]"),
    "true_flux": Across("true flux [nJy]"),
    "signalToNoise": Across("S/N"),
}

#: Measured values by their column.
MEASURED: Mapping[str, Across] = {
    "bulgeToTotal_p50": Across("measured B/T", False),
    "halfLightRadius_p50": Across(r"measured $R_\mathrm{e}$ [arcsec]"),
    "flux_p50": Across("measured flux [nJy]"),
}


def target_panels(
    height: float, sharey: bool = False, width: float = PAGE
) -> tuple[Figure, list[tuple[int, str, Axes]]]:
    """Make a figure with a panel for each target, side by side.

    Parameters
    ----------
    height, width : `float`
        [inch].
    sharey : `bool`, optional
        Give all panels one y axis.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
    panels : `list` [`tuple` [`int`, `str`, `matplotlib.axes.Axes`]]
        Number and column stem of each target, and its panel.
    """
    figure = new_figure(width, height)
    panels = figure.subplots(1, len(STEMS), sharey=sharey)
    return figure, list(zip(range(len(STEMS)), STEMS, panels, strict=True))


def residual_of(stem: str, symbol: str = r"\Delta") -> str:
    """Write the residual of a target, or another number in its unit: relative but of B/T."""
    relative = "" if stem == "bulgeToTotal" else f" / {SYMBOLS[stem]}"
    return f"${symbol}$ {SYMBOLS[stem]}{relative}"


def legend_above(
    figure: Figure, methods: Sequence[str], marker: bool = True, extra: Iterable = ()
) -> None:
    """Name the methods' colours above all panels.

    Parameters
    ----------
    figure : `matplotlib.figure.Figure`
    methods : sequence of `str`
        In the order of their colours.
    marker : `bool`, optional
        Show their markers too.
    extra : iterable of artists, optional
        Further entries.
    """
    handles = finder_handles(methods)
    for handle in handles:
        if not marker:
            handle.set_marker("")
    handles += list(extra)
    figure.legend(
        handles=handles,
        loc="outside upper center",
        ncols=min(max(len(handles), 1), 6),
        fontsize=7,
        frameon=False,
        handlelength=1.4,
    )


def scale_across(axes: Axes, across: Across, values: np.ndarray) -> None:
    """Give the x axis the scale and the range of a quantity."""
    if across.logarithmic:
        axes.set_xscale("log")
        axes.set_xlim(np.min(values) / 1.1, np.max(values) * 1.1)
    else:
        axes.set_xlim(-0.02, 1.02)


def _number(axis: Axis) -> None:
    """Write plain numbers along a logarithmic axis of few decades, between them too."""
    low, high = axis.get_view_interval()
    if high / low < 200:
        steps = (1, 2, 5) if high / low < 40 else (1, 3)
        # Matplotlib makes all ticks that it is told of, seen or not.
        ticks = [k * 10.0**e for e in range(-6, 9) for k in steps if low <= k * 10.0**e <= high]
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def draw_density(
    axes: Axes, x: np.ndarray, y: np.ndarray, logarithmic: tuple[bool, bool], cells: int = 36
) -> PolyCollection:
    """Draw how many galaxies lie where, in hexagons; `share_colours` makes them comparable.

    Parameters
    ----------
    axes : `matplotlib.axes.Axes`
        With its limits set.
    x, y : `numpy.ndarray`, (n,)
        Those beyond the limits are drawn at them.
    logarithmic : `tuple` [`bool`, `bool`]
        Whether the axes are.
    cells : `int`
        Hexagons across.

    Returns
    -------
    hexagons : `matplotlib.collections.PolyCollection`
    """
    scales = ["log" if one else "linear" for one in logarithmic]
    limits = axes.get_xlim(), axes.get_ylim()
    (x0, x1), (y0, y1) = limits
    extent = [
        *(np.log10((x0, x1)) if logarithmic[0] else (x0, x1)),
        *(np.log10((y0, y1)) if logarithmic[1] else (y0, y1)),
    ]
    hexagons = axes.hexbin(
        np.clip(x, x0, x1),
        np.clip(y, y0, y1),
        gridsize=(cells, max(round(cells * 0.6), 8)),
        xscale=scales[0],
        yscale=scales[1],
        extent=extent,
        mincnt=1,
        norm=LogNorm(vmin=1),
        cmap=DENSITY,
        linewidths=0.1,
        rasterized=True,
    )
    axes.set(xlim=limits[0], ylim=limits[1])
    for axis, one in zip((axes.xaxis, axes.yaxis), logarithmic, strict=True):
        if one:
            _number(axis)
    return hexagons


def share_colours(figure: Figure, hexagons: Sequence[PolyCollection], number: int) -> None:
    """Colour all panels alike, logarithmically, with a bar that says how.

    Parameters
    ----------
    figure : `matplotlib.figure.Figure`
    hexagons : sequence of `matplotlib.collections.PolyCollection`
        From `draw_density`, one a panel.
    number : `int`
        Galaxies in each panel.
    """
    most = max(
        (float(part.get_array().max()) for part in hexagons if len(part.get_array())), default=1
    )
    norm = LogNorm(1, max(most, 2.0))
    for part in hexagons:
        part.set_norm(norm)
    bar = figure.colorbar(hexagons[0], ax=figure.axes, pad=0.01, aspect=32, fraction=0.03)
    bar.ax.tick_params(labelsize=6, direction="in", which="both")
    bar.set_label(f"galaxies in a hexagon, of {number:,}", fontsize=7, color=INK)
