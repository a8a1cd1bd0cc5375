"""Manners that all charts share: size, type, and one colour and marker a peak finder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from .style import INK

__all__ = [
    "COLUMN",
    "PAGE",
    "dress",
    "finder_colour",
    "finder_handles",
    "finder_marker",
    "logarithmic_numbers",
    "new_figure",
    "shown_name",
]

#: Widths of a journal's column and of its page [inch].
COLUMN, PAGE = 3.5, 7.1
_DPI = 220
_SIZE = 8

#: Okabe & Ito's colours (jfly.uni-koeln.de/color), apart for every kind of colour vision.
_COLOURS = ("#5a5a5a", "#e69f00", "#56b4e9", "#009e73", "#0072b2", "#d55e00", "#cc79a7")
_MARKERS = ("o", "v", "s", "^", "D", "P", "X")


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure of so many inches; ``pyplot`` does not know it."""
    return Figure(figsize=(width, height), dpi=_DPI, facecolor="white", layout="constrained")


def dress(axes: Axes, x: str = "", y: str = "", title: str = "") -> None:
    """Label axes, with small type, ticks inside and a faint grid."""
    axes.set_xlabel(x, fontsize=_SIZE, color=INK)
    axes.set_ylabel(y, fontsize=_SIZE, color=INK)
    if title:
        axes.set_title(title, fontsize=_SIZE, color=INK)
    axes.tick_params(
        which="both", labelsize=_SIZE - 1, colors=INK, direction="in", top=True, right=True
    )
    axes.grid(color="#dddddd", linewidth=0.4)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set(color="#666666", linewidth=0.7)


def logarithmic_numbers(axes: Axes) -> None:
    """Count along y in decades, from the one below the smallest number on."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(10 ** np.floor(np.log10(max(low, 1.0))), max(high, 10.0))
    axes.yaxis.set_minor_formatter(NullFormatter())


def shown_name(finder: str) -> str:
    """Name of a peak finder as a legend writes it."""
    return finder.replace("_", " ")


def finder_colour(finder: str, finders: Sequence[str]) -> str:
    """Colour of a peak finder: that of its place in the list."""
    return _COLOURS[list(finders).index(finder) % len(_COLOURS)]


def finder_marker(finder: str, finders: Sequence[str]) -> str:
    """Marker of a peak finder: that of its place in the list."""
    return _MARKERS[list(finders).index(finder) % len(_MARKERS)]


def finder_handles(finders: Sequence[str]) -> list[Line2D]:
    """Entries of a legend, one a peak finder."""
    return [
        Line2D(
            [],
            [],
            color=finder_colour(finder, finders),
            marker=finder_marker(finder, finders),
            markersize=4,
            linewidth=1.1,
            label=shown_name(finder),
        )
        for finder in finders
    ]
