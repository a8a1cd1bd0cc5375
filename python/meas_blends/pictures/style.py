"""Manners that the pictures share: grey image, colours, scale bar, compass."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from ..data.coadd import Coadd
from ..detection.noise import some_pixels

__all__ = [
    "INK",
    "PROBABILITY_COLOURS",
    "UNKNOWN_COLOUR",
    "draw_compass",
    "draw_image",
    "draw_probability_bar",
    "draw_scale_bar",
    "grey_levels",
]

INK = "#222222"
#: No probability: neither of the two ends of the scale.
UNKNOWN_COLOUR = "#9a9da3"
#: From surely single to surely blended. Blue and orange stay apart for every
#: kind of colour vision, and all of it is lighter than the dark sky.
PROBABILITY_COLOURS: Colormap = LinearSegmentedColormap.from_list(
    "blend_probability", ["#3b9bff", "#74cbe8", "#ffe9a0", "#ff9f43", "#ff4a26"]
)
_SKY = LinearSegmentedColormap.from_list(
    "sky", ["#121316", "#3a3c41", "#a9abb0", "#ffffff"]
).with_extremes(bad="#33261f")
#: Matplotlib needs 60 bytes for each pixel that it draws, so it gets no more than it can show.
_PANEL_PIXELS = 1200
#: Rows of such blocks that are averaged together.
_BLOCK_ROWS = 64
_NICE_LENGTHS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_OUTLINED = [withStroke(linewidth=2.5, foreground="#00000099")]


def grey_levels(image: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Stretch an image by asinh: linear in the noise, logarithmic in the light.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Pixels.
    good : `numpy.ndarray` of bool, (ny, nx)
        Pixels with usable light.

    Returns
    -------
    levels : `numpy.ma.MaskedArray`, (ny, nx)
        From 0 (below the sky) to 1 (the brightest 0.3% of pixels), masked where
        not good. A flat image is 0.
    """
    if not good.any():
        return np.ma.masked_all(image.shape)
    # A sample is enough for the levels, and keeps large images quick.
    sample = some_pixels(image, good).astype(float)
    sky = np.median(sample)
    noise = 1.4826 * np.median(np.abs(sample - sky)) or np.std(sample)
    if noise == 0:
        return np.ma.masked_array(np.zeros(image.shape), ~good)
    low = -1.5
    high = max(np.quantile((sample - sky) / noise, 0.997), 40.0)
    # In place and in single precision: a coadd of 6000 pixels a side has no room for copies.
    levels = np.where(good, image, sky.astype(np.float32)).astype(np.float32, copy=False)
    levels -= np.float32(sky)
    levels /= np.float32(noise)
    np.clip(levels, low, high, out=levels)
    levels -= np.float32(low)
    np.arcsinh(levels, out=levels)
    levels /= np.float32(np.arcsinh(high - low))
    return np.ma.masked_array(levels, ~good)


def draw_image(axes: Axes, levels: np.ndarray, xy0: tuple[int, int]) -> None:
    """Draw grey levels or colours with parent pixels on the axes, origin at the lower left."""
    levels, step = _shrink(levels)
    ny, nx = (step * length for length in levels.shape[:2])
    extent = (xy0[0] - 0.5, xy0[0] + nx - 0.5, xy0[1] - 0.5, xy0[1] + ny - 0.5)
    axes.imshow(
        levels,
        origin="lower",
        extent=extent,
        cmap=_SKY,
        vmin=0,
        vmax=1,
        interpolation="antialiased",
    )
    axes.set_xlabel("x [pixel]", fontsize=9, color=INK)
    axes.set_ylabel("y [pixel]", fontsize=9, color=INK)
    axes.tick_params(labelsize=8, colors=INK, direction="out", length=3)
    for spine in axes.spines.values():
        spine.set_color("#888888")


def _shrink(levels: np.ma.MaskedArray) -> tuple[np.ma.MaskedArray, int]:
    """Average blocks of pixels that no panel can show apart, and the blocks' side."""
    ny, nx, *colours = levels.shape
    step = max(1, max(ny, nx) // _PANEL_PIXELS)
    if step == 1 or min(ny, nx) < step:
        return levels, 1
    ny, nx = ny // step, nx // step
    rows = []
    # Some rows of blocks at a time: the mean of a masked array copies it.
    for start in range(0, ny, _BLOCK_ROWS):
        part = levels[start * step : min(start + _BLOCK_ROWS, ny) * step, : nx * step]
        blocks = part.reshape(-1, step, nx, step, *colours)
        rows.append(blocks.mean(axis=(1, 3)).astype(levels.dtype))
    return np.ma.concatenate(rows), step


def draw_scale_bar(axes: Axes, pixel_scale: float, width: float) -> None:
    """Draw a bar of a round length, about a sixth of the panel.

    Parameters
    ----------
    axes : `matplotlib.axes.Axes`
        Panel, whose limits are set.
    pixel_scale : `float`
        Arcsec in a pixel; NaN gives a bar in pixels.
    width : `float`
        Width of the panel [pixel].
    """
    unit = pixel_scale if np.isfinite(pixel_scale) else 1.0
    length = max((n for n in _NICE_LENGTHS if n <= width * unit / 5), default=_NICE_LENGTHS[0])
    if not np.isfinite(pixel_scale):
        text = f"{length:g} pixel" + ("s" if length != 1 else "")
    else:
        text = f"{length / 60:g}′" if length >= 60 else f"{length:g}″"
    share = length / unit / width
    bar = dict(transform=axes.transAxes, color="white", zorder=5)
    axes.plot([0.04, 0.04 + share], [0.045, 0.045], lw=2, path_effects=_OUTLINED, **bar)
    # From the bar's beginning on, for in a small panel the text is the longer of the two.
    axes.text(
        0.04,
        0.058,
        text,
        ha="left",
        va="bottom",
        fontsize=9,
        path_effects=_OUTLINED,
        **bar,
    )


def draw_compass(axes: Axes, coadd: Coadd) -> None:
    """Draw arrows to north and east in the lower right corner, if the coadd has a WCS."""
    if coadd.wcs is None or not coadd.wcs.has_celestial:
        return
    ny, nx = coadd.shape
    pixels_per_degree = np.linalg.pinv(coadd.wcs.celestial.pixel_scale_matrix)
    length = 0.055 * max(nx, ny)
    north, east = (
        length * direction / np.hypot(*direction)
        for direction in (pixels_per_degree[:, 1], pixels_per_degree[:, 0])
    )
    # Whichever way the sky is turned, the arrows stay around one place in the panel.
    middle = np.array(coadd.xy0) + (nx, 0) + 1.7 * length * np.array([-1, 1])
    start = middle - (north + east) / 2
    for step, letter in ((north, "N"), (east, "E")):
        axes.annotate(
            "",
            xy=start + step,
            xytext=start,
            arrowprops=dict(arrowstyle="-|>", color="white", lw=1.2, shrinkA=0, shrinkB=0),
            zorder=5,
        )
        x, y = start + 1.3 * step
        axes.text(
            x,
            y,
            letter,
            color="white",
            fontsize=8,
            ha="center",
            va="center",
            path_effects=_OUTLINED,
            zorder=5,
        )


def draw_probability_bar(figure: Figure, axes: Axes) -> None:
    """Draw the scale of blend probabilities into axes of its own."""
    mappable = ScalarMappable(Normalize(0, 1), PROBABILITY_COLOURS)
    colourbar = figure.colorbar(mappable, cax=axes)
    colourbar.set_label("blend probability", fontsize=9, color=INK)
    colourbar.outline.set_visible(False)
    axes.tick_params(labelsize=8, colors=INK, length=2)
