"""A deblended patch: data, models and what is left, with the children marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table
from astropy.visualization import make_lupton_rgb
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..data.child_models import ChildModels
from ..data.coadd import Coadd
from ..detection.noise import clipped_scatter
from .charts import PAGE, new_figure
from .style import INK

__all__ = ["draw_deblended", "rgb_bands"]

#: Softening of the stretch, and its linear part in units of the noise.
_SOFTENING, _STRETCH = 8.0, 12.0

#: What is left is shown up to so many times the noise of a pixel.
_MOST_LEFT = 5.0


def rgb_bands(bands: Sequence[str]) -> tuple[str, str, str]:
    """Bands that are shown as red, green and blue: i, r, g where they are.

    Parameters
    ----------
    bands : sequence of `str`
        From blue to red; others than these are taken at even steps, and one
        or two stand for several colours.
    """
    if {"g", "r", "i"} <= set(bands):
        return "i", "r", "g"
    steps = np.rint(np.linspace(len(bands) - 1, 0, 3)).astype(int)
    red, green, blue = (bands[step] for step in steps)
    return red, green, blue


def draw_deblended(
    coadds: Mapping[str, Coadd],
    models: ChildModels,
    children: Table,
    box: tuple[int, int, int, int] | None = None,
    catalogue: tuple[np.ndarray, np.ndarray] | None = None,
) -> Figure:
    """Draw data, models and the difference side by side.

    Colours after Lupton et al. 2004, PASP 116, 133, each band in units of its
    noise. What is left is the mean of all bands in units of the noise of that
    mean.

    Parameters
    ----------
    coadds : mapping of `str` to `~meas_blends.data.coadd.Coadd`
        As they were deblended, by band from blue to red.
    models : `~meas_blends.data.child_models.ChildModels`
    children : `astropy.table.Table`
        `~meas_blends.data.deblending_tables.CHILDREN`.
    box : `tuple` [`int`, `int`, `int`, `int`], optional
        ``x``, ``y`` [parent pixel], width and height of the part to draw; all
        if not given.
    catalogue : `tuple` of arrays, optional
        ``x`` and ``y`` [parent pixel] of other centres to mark.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
    """
    first = next(iter(coadds.values()))
    x0, y0, nx, ny = box or (*first.xy0, first.shape[1], first.shape[0])
    inside = np.s_[y0 - first.xy0[1] :, x0 - first.xy0[0] :]
    data, model, left = {}, {}, []
    for band, coadd in coadds.items():
        all_models = models.image(band, coadd.shape, coadd.xy0)
        good = ~coadd.bad
        scale = _noise(coadd.image - all_models, good)
        shown = np.where(good, coadd.image, 0.0)
        data[band], model[band] = (image[inside][:ny, :nx] / scale for image in (shown, all_models))
        left.append(np.where(good[inside][:ny, :nx], data[band] - model[band], 0.0))
    rest = np.sum(left, axis=0) / np.sqrt(len(left))
    rgb = rgb_bands(list(coadds))
    panel = (PAGE - 0.4) / 3
    figure = new_figure(PAGE, panel * min(ny / nx, 2.0) + 0.75)
    axes = figure.subplots(1, 3, sharex=True, sharey=True)
    extent = (x0 - 0.5, x0 + nx - 0.5, y0 - 0.5, y0 + ny - 0.5)
    for ax, images, title in zip(axes, (data, model), ("data", "models"), strict=False):
        # A pixel without any light would be divided by it.
        layers = [images[band] + 1e-9 for band in rgb]
        picture = make_lupton_rgb(*layers, stretch=_STRETCH, Q=_SOFTENING)
        ax.imshow(picture, origin="lower", extent=extent, interpolation="nearest")
        _dress(ax, f"{title} ({', '.join(rgb)})")
    shown = axes[2].imshow(
        rest,
        origin="lower",
        extent=extent,
        cmap="RdBu_r",
        vmin=-_MOST_LEFT,
        vmax=_MOST_LEFT,
        interpolation="nearest",
    )
    _dress(axes[2], f"left over, {len(left)} bands together")
    bar = figure.colorbar(shown, ax=axes[2], shrink=0.8)
    bar.set_label("noise of a pixel", fontsize=7, color=INK)
    bar.ax.tick_params(labelsize=6, colors=INK)
    _mark(axes, children, extent, catalogue)
    return figure


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=8, color=INK)
    axes.tick_params(labelsize=6, colors=INK, length=2)


def _mark(
    axes: Sequence[Axes],
    children: Table,
    extent: tuple[float, float, float, float],
    catalogue: tuple[np.ndarray, np.ndarray] | None,
) -> None:
    """Mark children by crosses, and a catalogue by circles."""
    for number, ax in enumerate(axes):
        colour = "#222222" if number == 2 else "#ffffff"
        ax.plot(
            np.asarray(children["x"]),
            np.asarray(children["y"]),
            linestyle="",
            marker="+",
            color=colour,
            markersize=5,
            markeredgewidth=0.7,
        )
        if catalogue is not None:
            ax.plot(
                *catalogue,
                linestyle="",
                marker="o",
                markerfacecolor="none",
                markeredgecolor="#e69f00",
                markersize=8,
                markeredgewidth=0.8,
            )
        ax.set_xlim(extent[:2])
        ax.set_ylim(extent[2:])


def _noise(residual: np.ndarray, good: np.ndarray) -> float:
    _, scatter = clipped_scatter(residual[good])
    return scatter or 1.0
