"""Pictures of real galaxies from space and from the ground, with peaks on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...evaluation.skies.compare import FieldComparison
from ...evaluation.skies.seen import Seen
from ...evaluation.skies.sources import SingleScene
from ...evaluation.skies.templates import Template
from ..charts import PAGE, finder_colour, finder_marker, new_figure, shown_name
from ..style import INK, draw_image, draw_scale_bar, grey_levels

__all__ = ["draw_field", "draw_scene", "draw_templates"]

#: Columns of a gallery, and the most galaxies in it.
_COLUMNS, _MOST = 8, 24


def draw_templates(templates: Sequence[Template]) -> Figure:
    """Draw what real galaxies are made of.

    Parameters
    ----------
    templates : sequence of `~meas_blends.evaluation.skies.templates.Template`
        The first two dozen are drawn.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Three pictures a galaxy: its stamp, its light without noise as it is
        drawn from, and what is left.
    """
    shown = templates[:_MOST]
    rows = max(1, -(-len(shown) // 4))
    figure = new_figure(PAGE, 0.68 * rows + 0.1)
    panels = figure.subplots(rows, 12, squeeze=False)
    for axes in panels.ravel():
        axes.set_axis_off()
    for number, template in enumerate(shown):
        stamp = template.galaxy.image
        noise = np.sqrt(template.galaxy.noise_variance)
        kept = template.image()
        row, first = divmod(number, 4)
        for axes, image in zip(
            panels[row, 3 * first : 3 * first + 3], (stamp, kept, stamp - kept), strict=True
        ):
            high = np.arcsinh(max(stamp.max() / noise / 2, 5.0))
            levels = np.arcsinh(image / noise / 2)
            axes.imshow(levels, origin="lower", cmap="gray", vmin=-1.0, vmax=high)
        panels[row, 3 * first + 1].set_title(
            f"{template.name}: {template.kind}", fontsize=5.5, color=INK, pad=2
        )
    return figure


def draw_scene(scene: SingleScene, seen: Mapping[str, Seen], most: int = _MOST) -> Figure:
    """Draw single galaxies as the ground sees them, with the peaks of all finders.

    Parameters
    ----------
    scene : `~meas_blends.evaluation.skies.sources.SingleScene`
        Of one S/N and size.
    seen : mapping of `str` to `~meas_blends.evaluation.skies.seen.Seen`
        What each finder makes of it.
    most : `int`
        Galaxies that are drawn: the first of each, real ones first.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
    """
    chosen = _first_of_each(scene, most)
    finders = list(seen)
    rows = max(1, -(-len(chosen) // _COLUMNS))
    figure = new_figure(PAGE, 1.05 * rows + 0.3)
    panels = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes in panels.ravel():
        axes.set_axis_off()
    image = scene.mosaic.coadd.image
    scale = scene.mosaic.coadd.pixel_scale
    half = int(min(scene.mosaic.side // 2, max(np.ceil(4.0 / scale), 16)))
    for axes, k in zip(panels.ravel(), chosen, strict=False):
        x, y = int(scene.mosaic.x[k]), int(scene.mosaic.y[k])
        part = image[y - half : y + half, x - half : x + half]
        noise = np.sqrt(scene.mosaic.coadd.variance[y - half, x - half])
        axes.imshow(
            np.arcsinh(part / noise),
            origin="lower",
            cmap="gray",
            vmin=-1.5,
            extent=(x - half - 0.5, x + half - 0.5, y - half - 0.5, y + half - 0.5),
        )
        for finder in finders:
            found = seen[finder].found
            near = (np.abs(found.x - x) < half) & (np.abs(found.y - y) < half)
            _mark(axes, found.x[near], found.y[near], finder, finders)
        facts = scene.facts
        title = f"{facts['galaxy'][k]} {facts['sample'][k]}"
        if facts["sample"][k] not in ("real", "twin", "raw", "control"):
            title = str(facts["sample"][k])
        axes.set_title(title, fontsize=5.5, color=INK, pad=2)
    figure.legend(
        handles=_handles(finders),
        loc="outside upper center",
        ncols=len(finders),
        fontsize=7,
        frameon=False,
    )
    return figure


def draw_field(comparison: FieldComparison, most: int = 400) -> Figure:
    """Draw a field from the ground and from space, with objects and peaks.

    Parameters
    ----------
    comparison : `~meas_blends.evaluation.skies.compare.FieldComparison`
    most : `int`
        Side of what is drawn around the middle of the space objects
        [ground pixel].

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        The ground coadd with the peaks of each finder, the space image with
        its objects: circles are those that count, crosses the others. Red
        squares are ground objects that are unrecognised blends.
    """
    finders = list(comparison.seen)
    figure = new_figure(PAGE, 3.9)
    panels = figure.subplots(1, 2)
    ground, space = comparison.ground, comparison.space
    box = _box(comparison, most)
    x0, x1, y0, y1 = box
    part = np.s_[y0:y1, x0:x1]
    draw_image(panels[0], grey_levels(ground.image[part], ~ground.bad[part]), (x0, y0))
    for finder in finders:
        found = comparison.seen[finder].found
        inside = (found.x >= x0) & (found.x < x1) & (found.y >= y0) & (found.y < y1)
        _mark(panels[0], found.x[inside], found.y[inside], finder, finders)
    _mark_blends(panels[0], comparison, box, finders)
    draw_scale_bar(panels[0], ground.pixel_scale, x1 - x0)
    panels[0].set_title("ground", fontsize=8, color=INK)
    inside = (comparison.places[:, 0] > x0 - 1) & (comparison.places[:, 0] < x1)
    inside &= (comparison.places[:, 1] > y0 - 1) & (comparison.places[:, 1] < y1)
    objects, counts = comparison.objects.select(inside), comparison.counts[inside]
    draw_image(panels[1], grey_levels(space.image, ~space.bad), (0, 0))
    for which, marker in ((counts, "o"), (~counts, "x")):
        panels[1].plot(
            objects.x[which],
            objects.y[which],
            marker,
            markersize=7,
            markerfacecolor="none",
            markeredgecolor="#56b4e9",
            linestyle="",
        )
    draw_scale_bar(panels[1], space.pixel_scale, space.shape[1])
    panels[1].set_title("space", fontsize=8, color=INK)
    figure.legend(
        handles=_handles(finders),
        loc="outside upper center",
        ncols=len(finders),
        fontsize=7,
        frameon=False,
    )
    return figure


def _colour(finder: str, finders: Sequence[str]) -> str:
    """Colour of a finder's marks: the first one's grey would be lost on a picture of the sky."""
    return finder_colour(finder, finders) if finder != finders[0] else "#ff4a26"


def _handles(finders: Sequence[str]) -> list[Line2D]:
    """Entries of a legend, one a peak finder."""
    return [
        Line2D(
            [],
            [],
            linestyle="",
            marker=finder_marker(finder, finders),
            markersize=5,
            markerfacecolor="none",
            markeredgecolor=_colour(finder, finders),
            label=shown_name(finder),
        )
        for finder in finders
    ]


def _mark(axes: Axes, x: np.ndarray, y: np.ndarray, finder: str, finders: Sequence[str]) -> None:
    """Draw the peaks of a finder, each finder's a little larger than the one's before."""
    axes.plot(
        x,
        y,
        finder_marker(finder, finders),
        markersize=3.5 + 1.8 * list(finders).index(finder),
        markerfacecolor="none",
        markeredgecolor=_colour(finder, finders),
        markeredgewidth=0.9,
        linestyle="",
    )


def _mark_blends(
    axes: Axes, comparison: FieldComparison, box: tuple[int, ...], finders: Sequence[str]
) -> None:
    """Draw squares around ground objects of any finder that are unrecognised blends."""
    table = comparison.labelled
    blends = table[np.asarray(table["label"]) == "unrecognised"]
    xy0 = comparison.ground.xy0
    x, y = (np.asarray(blends[f"f_{axis}"], float) - xy0[k] for k, axis in enumerate("xy"))
    x0, x1, y0, y1 = box
    inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    for finder in finders:
        mine = inside & (np.asarray(blends["peakFinder"]) == finder)
        axes.plot(
            x[mine],
            y[mine],
            "s",
            markersize=13,
            markerfacecolor="none",
            markeredgecolor=_colour(finder, finders),
            linestyle="",
        )


def _box(comparison: FieldComparison, most: int) -> tuple[int, int, int, int]:
    """First and last column and row of what is drawn."""
    ny, nx = comparison.ground.shape
    middle = np.array([nx / 2, ny / 2])
    if len(comparison.places):
        middle = np.median(comparison.places, axis=0)
    ends = []
    for centre, length in zip(middle, (nx, ny), strict=True):
        side = min(most, length)
        first = int(np.clip(round(float(centre)) - side // 2, 0, length - side))
        ends += [first, first + side]
    return tuple(ends)


def _first_of_each(scene: SingleScene, most: int) -> list[int]:
    """The first cell of each galaxy and sample, real galaxies first."""
    names = list(zip(scene.facts["galaxy"], scene.facts["sample"], strict=True))
    first = {name: k for k, name in reversed(list(enumerate(names)))}
    order = sorted(first, key=lambda name: (name[1] != "real", first[name]))
    real = [first[name] for name in order if name[1] == "real"]
    # Of other samples one each.
    others = {}
    for name in order:
        if name[1] != "real":
            others.setdefault(name[1], first[name])
    kept = list(others.values())
    return (real[: max(most - len(kept), 0)] + kept)[:most]
