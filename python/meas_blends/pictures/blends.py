"""The picture of a coadd with its footprints, coloured by blend probability, and its peaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from ..data.coadd import Coadd
from ..data.footprints import spans_to_labels
from .crowding import crowded_corner
from .outlines import outline_segments
from .style import (
    INK,
    PROBABILITY_COLOURS,
    UNKNOWN_COLOUR,
    draw_compass,
    draw_image,
    draw_probability_bar,
    draw_scale_bar,
    grey_levels,
)

__all__ = ["draw_blends"]

#: Images with a longer side than this get a second panel with a close view.
_WHOLE_VIEW = 700
_CLOSE_VIEW = 256
#: Most cells along a side in which outlines are drawn.
_OUTLINE_PIXELS = 4200
_PANEL = 7.0
_DPI = 160
#: Between two things said of the picture.
_GAP = "   ·   "
_FIRST = dict(marker="o", color="#ffffff", edge="#000000")
_OTHER = dict(marker="D", color="#ff3df2", edge="#2b0029")


def draw_blends(
    coadd: Coadd,
    spans: Table,
    classification: Table | None = None,
    peaks: Table | None = None,
    levels: np.ndarray | None = None,
) -> Figure:
    """Draw a coadd, the outlines of its footprints and its peaks.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        The image.
    spans : `astropy.table.Table`
        Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
    classification : `astropy.table.Table`, optional
        Their blend probabilities, `~meas_blends.data.catalogs.CLASSIFICATION`.
        Footprints without one are grey.
    peaks : `astropy.table.Table`, optional
        `~meas_blends.data.catalogs.PEAKS`.
    levels : `numpy.ndarray`, (ny, nx) or (ny, nx, 3), optional
        What to draw in place of the grey image, such as that of
        `~meas_blends.pictures.colour.lupton_rgb`.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Not known to ``pyplot``; save it with its own ``savefig``. A large
        image gets a second panel with a close view of a crowded place.
    """
    if levels is None:
        levels = grey_levels(coadd.image, np.isfinite(coadd.image))
    ranked, colours = _ranked(spans, classification)
    ny, nx = coadd.shape
    close = max(ny, nx) > _WHOLE_VIEW
    figure, panels, bar = _layout(ny, nx, close)
    whole = (*coadd.xy0, nx, ny)
    _draw_panel(panels[0], levels, coadd.xy0, whole, ranked, colours)
    draw_scale_bar(panels[0], coadd.pixel_scale, nx)
    if close:
        corner = crowded_corner(coadd, peaks, _CLOSE_VIEW)
        box = (*corner, min(_CLOSE_VIEW, nx), min(_CLOSE_VIEW, ny))
        _draw_panel(panels[1], levels, coadd.xy0, box, ranked, colours)
        draw_scale_bar(panels[1], coadd.pixel_scale, box[2])
        _mark_close_view(panels, box)
    if peaks is not None:
        _draw_peaks(panels[-1], peaks, _CLOSE_VIEW if close else max(ny, nx))
    draw_compass(panels[0], coadd)
    if classification is None or not np.any(np.isfinite(classification["blendProbability"])):
        # A scale that nothing was coloured by would mislead.
        bar.set_visible(False)
    else:
        draw_probability_bar(figure, bar)
    _write_title(figure, coadd, spans, classification, peaks)
    return figure


def _layout(ny: int, nx: int, close: bool) -> tuple[Figure, list[Axes], Axes]:
    """Make a figure whose panels fit the image's shape."""
    aspect = float(np.clip(ny / nx, 0.3, 3.0))
    width, height = (_PANEL, _PANEL * aspect) if aspect <= 1 else (_PANEL / aspect, _PANEL)
    width, height = max(width, 3.2), max(height, 2.4)
    left, right, bottom, top, gap = 0.75, 0.95, 0.6, 0.85, 0.7
    second = height if close else 0.0
    total_w = left + width + right + (gap + second if close else 0)
    total_h = bottom + height + top
    figure = Figure(figsize=(total_w, total_h), dpi=_DPI, facecolor="white")

    def place(x: float, w: float) -> Axes:
        return figure.add_axes((x / total_w, bottom / total_h, w / total_w, height / total_h))

    panels = [place(left, width)]
    end = left + width
    if close:
        panels.append(place(end + gap, second))
        end += gap + second
    return figure, panels, place(end + 0.15, 0.14)


def _ranked(spans: Table, classification: Table | None) -> tuple[Table, np.ndarray]:
    """Spans by rank of blend probability from 1 on, and the colour of each rank."""
    identifiers = np.unique(np.asarray(spans["footprintId"], np.int64))
    probability = np.full(len(identifiers), np.nan)
    if classification is not None and len(identifiers):
        known = np.asarray(classification["footprintId"], np.int64)
        row = np.searchsorted(identifiers, known)
        row = np.minimum(row, len(identifiers) - 1)
        here = identifiers[row] == known
        probability[row[here]] = np.asarray(classification["blendProbability"], float)[here]
    order = np.argsort(np.where(np.isnan(probability), -1.0, probability), kind="stable")
    rank = np.empty(len(identifiers), np.int64)
    rank[order] = np.arange(1, len(identifiers) + 1)
    ranked = spans.copy(copy_data=False)
    rows = np.searchsorted(identifiers, np.asarray(spans["footprintId"], np.int64))
    ranked["footprintId"] = rank[rows]
    colours = PROBABILITY_COLOURS(np.nan_to_num(probability[order], nan=0.0))
    colours[np.isnan(probability[order])] = to_rgba(UNKNOWN_COLOUR)
    return ranked, colours


def _outlines(ranked: Table, box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Outlines in a box (x, y, width, height), and the rank of each; the likelier blend shows.

    Those of a large box are drawn on a coarser grid, finer still than the
    panel's pixels.
    """
    x, y, w, h = box
    step = -(-max(w, h) // _OUTLINE_PIXELS)
    coarse = Table(
        {
            "footprintId": ranked["footprintId"],
            "y": (np.asarray(ranked["y"], np.int64) - y) // step,
            "x0": (np.asarray(ranked["x0"], np.int64) - x) // step,
            "x1": (np.asarray(ranked["x1"], np.int64) - x) // step,
        }
    )
    # One more cell around, so that the box cuts no outline off.
    labels = spans_to_labels(coarse, (-(-h // step) + 2, -(-w // step) + 2), (-1, -1))
    segments, owner = outline_segments(labels, (-1, -1))
    return (segments + 0.5) * step - 0.5 + np.array([x, y]), owner


def _first_peaks(peaks: Table) -> np.ndarray:
    """Mark the first peak of each footprint, which is its brightest."""
    _, first = np.unique(np.asarray(peaks["footprintId"]), return_index=True)
    is_first = np.zeros(len(peaks), bool)
    is_first[first] = True
    return is_first


def _draw_peaks(axes: Axes, peaks: Table, view: int) -> None:
    """Draw the first peak of each footprint and the others apart."""
    is_first = _first_peaks(peaks)
    limits = axes.axis()
    size = float(np.clip(26 * (100 / view), 4, 26))
    for which, style, factor in ((is_first, _FIRST, 1.0), (~is_first, _OTHER, 1.15)):
        axes.scatter(
            np.asarray(peaks["f_x"])[which],
            np.asarray(peaks["f_y"])[which],
            s=size * factor,
            marker=style["marker"],
            c=style["color"],
            edgecolors=style["edge"],
            linewidths=0.5,
            zorder=4,
        )
    axes.axis(limits)


def _draw_panel(
    axes: Axes,
    levels: np.ndarray,
    xy0: tuple[int, int],
    box: tuple[int, int, int, int],
    ranked: Table,
    colours: np.ndarray,
) -> None:
    """Draw the part of the image and of the outlines that lies in a box (x, y, width, height)."""
    x, y, w, h = box
    i, j = x - xy0[0], y - xy0[1]
    draw_image(axes, levels[j : j + h, i : i + w], (x, y))
    segments, owner = _outlines(ranked, box)
    width = float(np.clip(1.6 * (400 / max(w, h)) ** 0.5, 0.35, 1.8))
    lines = LineCollection(segments, colors=colours[owner - 1], linewidths=width)
    axes.add_collection(lines, autolim=False)


def _mark_close_view(panels: list[Axes], box: tuple[int, int, int, int]) -> None:
    """Show in the first panel where the second one lies."""
    x, y, w, h = box
    whole, view = panels
    view.set_ylabel("")
    whole.add_patch(Rectangle((x - 0.5, y - 0.5), w, h, fill=False, ec="white", lw=1.4, zorder=5))
    for spine in view.spines.values():
        spine.set(color=INK, linewidth=1.4)


def _write_title(
    figure: Figure,
    coadd: Coadd,
    spans: Table,
    classification: Table | None,
    peaks: Table | None,
) -> None:
    """Write what the picture shows, and what its markers mean."""
    ny, nx = coadd.shape
    parts = [f"{coadd.band} band" + ("s" if "," in coadd.band else "")] if coadd.band else []
    parts.append(f"{nx} × {ny} pixels")
    if np.isfinite(coadd.pixel_scale):
        parts.append(" × ".join(_angle(n * coadd.pixel_scale) for n in (nx, ny)))
    counts = [_number(len(np.unique(np.asarray(spans["footprintId"]))), "footprint")]
    if classification is not None:
        counts[0] += f", {int(np.sum(classification['blended']))} blended"
    handles = []
    if peaks is not None:
        finder = f" by {peaks['peakFinder'][0]}" if len(peaks) else ""
        counts.append(_number(len(peaks), "peak") + finder)
        for style, label in ((_FIRST, "brightest peak"), (_OTHER, "further peak")):
            handles.append(
                Line2D(
                    [],
                    [],
                    ls="",
                    marker=style["marker"],
                    mfc=style["color"],
                    mec=style["edge"],
                    mew=0.6,
                    ms=5,
                    label=label,
                )
            )
    if classification is not None and np.any(np.isnan(classification["blendProbability"])):
        handles.append(Line2D([], [], color=UNKNOWN_COLOUR, lw=1.6, label="no blend probability"))
    width, height = figure.get_size_inches()
    left = figure.axes[0].get_position().x0
    place = dict(ha="left", va="top")
    title = Path(coadd.name).name
    figure.text(left, 1 - 0.22 / height, title, fontsize=12, fontweight="bold", color=INK, **place)
    lines = [_GAP.join(parts), _GAP.join(counts)]
    below = figure.text(
        left, 1 - 0.48 / height, _GAP.join(lines), fontsize=9.5, color="#555555", **place
    )
    if handles:
        legend = figure.legend(
            handles=handles,
            loc="upper right",
            bbox_to_anchor=(1 - 0.1 / width, 1 - 0.1 / height),
            fontsize=8.5,
            frameon=False,
            labelcolor="#555555",
            handletextpad=0.2,
            borderaxespad=0.2,
        )
        # Over a narrow image one line would run into the legend.
        if below.get_window_extent().x1 > legend.get_window_extent().x0:
            below.set_text("\n".join(lines))


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _angle(arcsec: float) -> str:
    return f"{arcsec / 60:.1f}′" if arcsec >= 60 else f"{arcsec:.3g}″"
