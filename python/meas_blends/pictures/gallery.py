"""Galleries of footprints: the pixels, the truth, the peaks, and what each finder says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from ..data.coadd import Coadd
from ..data.footprints import spans_to_labels
from .charts import PAGE, new_figure, shown_name
from .outlines import outline_segments
from .style import INK, draw_image, draw_scale_bar

__all__ = ["Example", "draw_gallery", "make_example"]

#: Columns of a gallery, and the least and largest side of a cutout [pixel].
_COLUMNS, _SMALLEST, _LARGEST = 4, 25, 101
_PANEL, _LINE = 1.65, 0.125

_OUTLINED = [withStroke(linewidth=2.6, foreground="#000000")]
_TRUTH = dict(
    marker="+", color="#ffffff", markersize=7, markeredgewidth=1.3, path_effects=_OUTLINED
)
_FIRST = dict(marker="x", color="#ff9f43", markersize=5, markeredgewidth=1.2)
_LAST = dict(marker="o", color="#4fd0ff", markersize=9, markeredgewidth=1.2, markerfacecolor="none")


@dataclass(frozen=True)
class Example:
    """One footprint to show.

    Parameters
    ----------
    levels : `numpy.ndarray`, (ny, nx)
        Grey levels from 0 to 1 around it.
    outline : `numpy.ndarray`, (n, 2, 2)
        Its border, parent pixels.
    corner : `tuple` [`int`, `int`]
        Parent pixel of ``levels[0, 0]``.
    pixel_scale : `float`
        Arcsec in a pixel.
    galaxies : `numpy.ndarray`, (n, 2)
        True centres, parent pixels.
    peaks : `dict` [`str`, `numpy.ndarray`]
        Peaks of each finder, (n, 2), parent pixels.
    title : `str`
        What is true of it.
    lines : `list` [`tuple` [`str`, `bool`]]
        What each finder says, and whether its call is right.
    """

    levels: np.ndarray
    outline: np.ndarray
    corner: tuple[int, int]
    pixel_scale: float
    galaxies: np.ndarray
    peaks: dict[str, np.ndarray]
    title: str
    lines: list[tuple[str, bool]]


def make_example(
    coadd: Coadd,
    sky: tuple[float, float],
    spans: Table,
    outcomes: Table,
    places: Table,
    finders: Sequence[str],
) -> Example:
    """Cut out a footprint and say what is known of it.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Its image.
    sky : `tuple` [`float`, `float`]
        Median and noise of the image.
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS` of this footprint.
    outcomes, places : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES` and
        `~meas_blends.data.outcome_tables.PLACES` of this footprint.
    finders : sequence of `str`
        Peak finders, in order.

    Returns
    -------
    example : `Example`
    """
    x0, x1 = int(np.min(spans["x0"])), int(np.max(spans["x1"]))
    y0, y1 = int(np.min(spans["y"])), int(np.max(spans["y"]))
    side = int(np.clip(max(x1 - x0, y1 - y0) + 7, _SMALLEST, _LARGEST))
    left = int(np.clip((x0 + x1 - side) // 2 + 1 - coadd.xy0[0], 0, max(coadd.shape[1] - side, 0)))
    low = int(np.clip((y0 + y1 - side) // 2 + 1 - coadd.xy0[1], 0, max(coadd.shape[0] - side, 0)))
    image = coadd.image[low : low + side, left : left + side]
    corner = (left + coadd.xy0[0], low + coadd.xy0[1])
    labels = spans_to_labels(spans, image.shape, corner)
    row = outcomes[0]
    names = np.asarray(places["peakFinder"])
    galaxies = places[(names == finders[0]) & (np.asarray(places["galaxyId"]) > 0)]
    peaks = {
        finder: _positions(places[names == finder], "f_x", "f_y", "peakId") for finder in finders
    }
    return Example(
        _levels(image, sky),
        outline_segments((labels > 0).astype(np.int32), corner)[0],
        corner,
        coadd.pixel_scale,
        _positions(galaxies, "x", "y", "galaxyId"),
        peaks,
        _title(row),
        [_line(outcomes[np.asarray(outcomes["peakFinder"]) == finder][0]) for finder in finders],
    )


def draw_gallery(examples: Sequence[Example], finders: Sequence[str]) -> Figure:
    """Draw footprints side by side.

    Parameters
    ----------
    examples : sequence of `Example`
        At least one.
    finders : sequence of `str`
        Peak finders, in order. Peaks of the first and of the last are marked.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Under each cutout stands what is true, then what each finder says: its
        blend probability, its number of peaks, and a mark if its call is
        wrong.
    """
    rows = -(-len(examples) // _COLUMNS)
    text = _LINE * (len(finders) + 1) + 0.12
    height = 0.35 + rows * (_PANEL + text)
    figure = new_figure(PAGE, height)
    figure.set_layout_engine("none")
    for number, example in enumerate(examples):
        row, column = divmod(number, _COLUMNS)
        top = 1 - (0.35 + row * (_PANEL + text)) / height
        left = (0.05 + column * (PAGE - 0.05) / _COLUMNS) / PAGE
        box = (left, top - _PANEL / height, _PANEL / PAGE, _PANEL / height)
        axes = figure.add_axes(box)
        _draw_example(axes, example, finders)
        _write(figure, example, left, top - _PANEL / height, _LINE / height)
    handles = [
        Line2D([], [], linestyle="", label=label, **style) for label, style in _legend(finders)
    ]
    figure.legend(
        handles=handles,
        loc="upper left",
        ncols=3,
        fontsize=7.5,
        frameon=False,
        bbox_to_anchor=(0.0, 1.0),
    )
    return figure


def _legend(finders: Sequence[str]) -> list[tuple[str, dict]]:
    """Labels and styles of the markers."""
    entries = [("true centre", _TRUTH), (f"peak, {shown_name(finders[0])}", _FIRST)]
    if len(finders) > 1:
        entries.append((f"peak, {shown_name(finders[-1])}", _LAST))
    return entries


def _draw_example(axes: Axes, example: Example, finders: Sequence[str]) -> None:
    """Draw one cutout with its markers."""
    draw_image(axes, np.ma.masked_invalid(example.levels), example.corner)
    axes.add_collection(LineCollection(example.outline, colors="#ffe9a0", linewidths=0.8))
    limits = axes.axis()
    marked = [(example.galaxies, _TRUTH), (example.peaks[finders[0]], _FIRST)]
    if len(finders) > 1:
        marked.append((example.peaks[finders[-1]], _LAST))
    for positions, style in marked:
        axes.plot(positions[:, 0], positions[:, 1], linestyle="", zorder=4, **style)
    axes.axis(limits)
    draw_scale_bar(axes, example.pixel_scale, example.levels.shape[1])
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")


def _write(figure: Figure, example: Example, left: float, top: float, line: float) -> None:
    """Write what is true and what each finder says under a cutout."""
    style = dict(ha="left", va="top", fontsize=6.5)
    figure.text(left, top - 0.3 * line, example.title, color=INK, fontweight="bold", **style)
    for number, (text, right) in enumerate(example.lines, start=1):
        colour = "#555555" if right else "#c22d00"
        figure.text(left, top - (0.3 + number) * line, text, color=colour, **style)


def _levels(image: np.ndarray, sky: tuple[float, float]) -> np.ndarray:
    """Stretch a cutout by asinh, from below the sky to its own brightest pixel."""
    low = -1.5
    scaled = (image.astype(float) - sky[0]) / (3.0 * sky[1])
    high = max(np.nanmax(scaled), 5.0)
    stretched = np.arcsinh(np.clip(scaled, low, high) - low)
    return stretched / np.arcsinh(high - low)


def _positions(table: Table, x: str, y: str, identifier: str) -> np.ndarray:
    """Positions of the rows that have them, (n, 2)."""
    there = table[np.asarray(table[identifier]) > 0]
    return np.column_stack([np.asarray(there[x], float), np.asarray(there[y], float)])


def _title(row: Table.Row) -> str:
    """What is true of a footprint."""
    if row["nObjects"] == 1:
        return f"single, {row['mag']:.1f} mag"
    limit = ""
    if np.isfinite(row["sqrtDeltaChi2"]):
        limit = f", √Δχ² {row['sqrtDeltaChi2']:.1f}"
    return f"{row['nObjects']} galaxies, {row['separation']:.1f}″{limit}"


def _line(row: Table.Row) -> tuple[str, bool]:
    """What a finder says, and whether its call is right."""
    right = bool(row["called"]) == (row["nObjects"] > 1)
    peaks = f"{row['nPeaks']} peak" + ("" if row["nPeaks"] == 1 else "s")
    probability = row["blendProbability"]
    stated = f"{probability:.3f}, " if np.isfinite(probability) else ""
    return f"{shown_name(row['peakFinder'])}: {stated}{peaks}" + ("" if right else "  ✗"), right
