"""A deblended patch: data, models, what is left, and the children one by one."""

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
from .style import INK, draw_scale_bar

__all__ = ["draw_deblended", "rgb_bands"]

#: Intensities that are black, and up to which the stretch is linear [noise of the three bands'
#: mean]; and how light the brightest pixel is, so that cores keep their colour and shape.
_BLACK, _LINEAR, _LIGHTEST = -1.0, 10.0, 0.6

#: What is left is shown up to so many times the noise of a pixel.
_MOST_LEFT = 5.0

#: Panels of the upper row, and of the lower one: so many children are drawn one by one.
_PANELS, _CHILDREN = 4, 6

#: How pixels are shown, and marks of children and of a catalogue.
_PIXELS = dict(origin="lower", interpolation="nearest")
_CROSS = dict(linestyle="", marker="+", markersize=5, markeredgewidth=0.7)
_CIRCLE = dict(linestyle="", marker="o", markerfacecolor="none", markersize=8, markeredgewidth=0.8)


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
    stamps: ChildModels,
    children: Table,
    box: tuple[int, int, int, int] | None = None,
    catalogue: tuple[np.ndarray, np.ndarray] | None = None,
) -> Figure:
    """Draw data, models, what is left, and the stamps of the brightest children.

    Colours after Lupton et al. 2004, PASP 116, 133, with one stretch for all
    panels. What is left is shown in colour, and as the mean of all bands in
    units of the noise of that mean.

    Parameters
    ----------
    coadds : mapping of `str` to `~meas_blends.data.coadd.Coadd`
        As they were deblended, by band from blue to red. Bands are compared
        in flux if all have a zero point, else in units of their noise.
    models, stamps : `~meas_blends.data.child_models.ChildModels`
        The children's models, and their shares of the data.
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
    box = box or (*first.xy0, first.shape[1], first.shape[0])
    x0, y0, nx, ny = box
    inside = np.s_[y0 - first.xy0[1] :, x0 - first.xy0[0] :]
    data, model, left, noise = {}, {}, {}, {}
    for band, coadd in coadds.items():
        good = ~coadd.bad[inside][:ny, :nx]
        data[band] = np.where(good, coadd.image[inside][:ny, :nx], 0.0)
        model[band] = models.image(band, data[band].shape, (x0, y0))
        left[band] = np.where(good, data[band] - model[band], 0.0)
        noise[band] = clipped_scatter(left[band][good])[1] or 1.0
    rest = np.mean([left[band] / noise[band] for band in coadds], axis=0) * np.sqrt(len(coadds))
    paint = _Painter(coadds, data, left, noise)
    tall = PAGE * min(ny / nx, 2.0)
    heights = [tall / _PANELS + 0.25, tall / _CHILDREN + 0.25]
    figure = new_figure(PAGE, sum(heights))
    upper, lower = figure.subfigures(2, 1, height_ratios=heights)
    extent = (x0 - 0.5, x0 + nx - 0.5, y0 - 0.5, y0 + ny - 0.5)
    panels = upper.subplots(1, _PANELS)
    names = ("data", "models", "left over")
    for axes, planes, name in zip(panels, (data, model, left), names, strict=False):
        axes.imshow(paint(planes), extent=extent, **_PIXELS)
        _dress(axes, f"{name} ({', '.join(paint.bands)})", extent)
    shown = panels[-1].imshow(
        rest, extent=extent, cmap="RdBu_r", vmin=-_MOST_LEFT, vmax=_MOST_LEFT, **_PIXELS
    )
    _dress(panels[-1], f"left over, {len(coadds)} bands [noise]", extent)
    bar = upper.colorbar(shown, ax=panels[-1], location="right", shrink=0.8, pad=0.01)
    bar.ax.tick_params(labelsize=6, colors=INK, length=2)
    for axes, colour in ((panels[0], "white"), (panels[1], "white"), (panels[-1], INK)):
        axes.plot(children["x"], children["y"], color=colour, **_CROSS)
        if catalogue is not None:
            axes.plot(*catalogue, markeredgecolor="#e69f00", **_CIRCLE)
        axes.set(xlim=extent[:2], ylim=extent[2:])
    draw_scale_bar(panels[0], first.pixel_scale, nx)
    brightest = _brightest(stamps, children, box, paint.bands)
    for number, axes in enumerate(lower.subplots(1, _CHILDREN)):
        if number >= len(brightest):
            axes.set_axis_off()
            continue
        alone = {band: np.zeros((ny, nx), np.float32) for band in paint.bands}
        for band, plane in alone.items():
            stamps.add(plane, brightest[number], band, (x0, y0))
        axes.imshow(paint(alone), extent=extent, **_PIXELS)
        _dress(axes, f"child {brightest[number]}", extent)
    return figure


class _Painter:
    """Paints planes of several bands in colour, all with one stretch."""

    def __init__(
        self,
        coadds: Mapping[str, Coadd],
        data: Mapping[str, np.ndarray],
        left: Mapping[str, np.ndarray],
        noise: Mapping[str, float],
    ) -> None:
        self.bands = rgb_bands(list(coadds))
        factors = {band: coadds[band].nanojansky_per_count for band in self.bands}
        calibrated = np.all(np.isfinite(list(factors.values())))
        self._factors = factors if calibrated else {band: 1.0 / noise[band] for band in self.bands}
        self._noise = clipped_scatter(np.mean(self._layers(left), axis=0).ravel())[1] or 1.0
        brightest = np.max(np.mean(self._layers(data), axis=0)) / (_LINEAR * self._noise)
        # What solves arcsinh(softening * brightest) = _LIGHTEST * softening.
        self._softening = 10.0
        for _ in range(30):
            stretched = np.arcsinh(self._softening * max(brightest, 1.0))
            self._softening = float(stretched / _LIGHTEST)

    def _layers(self, planes: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        return [planes[band] * self._factors[band] for band in self.bands]

    def __call__(self, planes: Mapping[str, np.ndarray]) -> np.ndarray:
        # Without any light there would be no colour to divide by.
        layers = [layer + 1e-6 * self._noise for layer in self._layers(planes)]
        return make_lupton_rgb(
            *layers,
            minimum=_BLACK * self._noise,
            stretch=_LINEAR * self._noise,
            Q=self._softening,
        )


def _brightest(
    stamps: ChildModels, children: Table, box: tuple[int, int, int, int], bands: Sequence[str]
) -> list[int]:
    """The brightest children in a box, from the brightest on."""
    x, y = (
        np.asarray(children[axis], float) - corner for axis, corner in zip("xy", box, strict=False)
    )
    inside = (x > -0.5) & (x < box[2] - 0.5) & (y > -0.5) & (y < box[3] - 0.5)
    light = {}
    for peak_id in np.asarray(children["peakId"])[inside].tolist():
        images = [stamps.of_child(peak_id, band) for band in bands]
        if None not in images:
            light[peak_id] = sum(float(image.sum()) for image, _ in images)
    return sorted(light, key=light.get, reverse=True)[:_CHILDREN]


def _dress(axes: Axes, title: str, extent: tuple[float, float, float, float]) -> None:
    axes.set_title(title, fontsize=7, color=INK)
    axes.set(xticks=[], yticks=[], xlim=extent[:2], ylim=extent[2:])
