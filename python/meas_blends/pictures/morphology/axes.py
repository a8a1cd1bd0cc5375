"""Manners that the pictures of morphology share: names of targets, axes, densities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from ...evaluation.morphology.values import STEMS

__all__ = ["ACROSS", "DENSITY", "SYMBOLS", "Across", "draw_density", "percent", "scale_across"]

#: From one galaxy to many.
DENSITY: Colormap = LinearSegmentedColormap.from_list(
    "galaxies", ["#d5e3ef", "#7fb2d6", "#2a7ab0", "#0b3c63", "#041a2e"]
)

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


def scale_across(axes: Axes, quantity: str, values: np.ndarray) -> None:
    """Give the x axis the scale and the range of a quantity."""
    if ACROSS[quantity].logarithmic:
        axes.set_xscale("log")
        axes.set_xlim(np.min(values) / 1.1, np.max(values) * 1.1)
    else:
        axes.set_xlim(-0.02, 1.02)


def _number(axis: Axis) -> None:
    """Write plain numbers along a logarithmic axis of few decades, between them too."""
    low, high = axis.get_view_interval()
    if high / low < 200:
        steps = (1, 2, 5) if high / low < 40 else (1, 3)
        ticks = [k * 10.0**e for e in range(-6, 9) for k in steps]
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def percent(value: float) -> str:
    """Write a share in per cent, with a tenth where it is small."""
    return f"{100 * value:.1f}%" if abs(value) < 0.1 else f"{100 * value:.0f}%"


def draw_density(
    axes: Axes, x: np.ndarray, y: np.ndarray, logarithmic: tuple[bool, bool], cells: int = 36
) -> PolyCollection:
    """Draw how many galaxies lie where, in hexagons, logarithmically coloured.

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
