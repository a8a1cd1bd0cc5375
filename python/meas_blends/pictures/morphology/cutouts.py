"""Pictures with cutouts of galaxies: crops of the transformer, joint posteriors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import corner
import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, ScalarFormatter
from scipy.special import logit, ndtr

from ...data.galaxy_sets import GalaxySet
from ...data.morphology_tables import QUANTILES
from ...evaluation.morphology.values import STEMS
from ...morphology.posterior import Posterior
from ...morphology.samples import draw_samples
from ..charts import PAGE, new_figure
from ..style import INK, grey_levels
from .axes import SYMBOLS

__all__ = ["GalaxyExample", "draw_crops", "draw_joint", "make_example"]


@dataclass(frozen=True)
class GalaxyExample:
    """One galaxy of a gallery.

    Parameters
    ----------
    image : `numpy.ndarray`, (size, size)
        Cutout, whose grey levels are its own.
    pixel_scale : `float`
        [arcsec].
    truth : `numpy.ndarray`, (3,)
        B/T, radius [arcsec], flux [nJy].
    posterior : `~meas_blends.morphology.posterior.Posterior`
        Of this one galaxy; radius in arcsec, flux in nJy.
    crop_scale : `float`
        Share of the side that the transformer keeps; NaN without one.
    signal_to_noise : `float`
    """

    image: np.ndarray
    pixel_scale: float
    truth: np.ndarray
    posterior: Posterior
    crop_scale: float
    signal_to_noise: float


def make_example(galaxies: GalaxySet, row: int, outcome: Table.Row, size: int) -> GalaxyExample:
    """Take a galaxy and its posterior for a gallery.

    Parameters
    ----------
    galaxies : `~meas_blends.data.galaxy_sets.GalaxySet`
    row : `int`
        Its row in the set.
    outcome : `astropy.table.Row`
        Its row of `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES`.
    size : `int`
        Side of the stamp that was measured [pixel].

    Returns
    -------
    example : `GalaxyExample`
    """
    first = galaxies.size // 2 - size // 2
    middle = slice(first, first + size)
    covariance = np.array(
        [[outcome[f"cov_{max(i, j)}{min(i, j)}"] for j in range(3)] for i in range(3)], float
    )
    quantiles = np.array(
        [[outcome[f"{stem}_{suffix}"] for suffix in QUANTILES] for stem in STEMS], float
    )
    # Columns are float32: what is rounded to 0 or 1 still has a logit.
    share = np.clip(quantiles[0], 1e-7, 1 - 1e-7)
    transformed = np.stack([logit(share), *np.log(quantiles[1:])])
    return GalaxyExample(
        image=galaxies.images[row, middle, middle],
        pixel_scale=galaxies.pixel_scale,
        truth=np.array([outcome[f"true_{stem}"] for stem in STEMS], float),
        posterior=Posterior(transformed[None, :, 3], covariance[None], transformed[None]),
        crop_scale=float(outcome["cropScale"]),
        signal_to_noise=float(outcome["signalToNoise"]),
    )


def draw_crops(examples: Sequence[GalaxyExample]) -> Figure:
    """Draw galaxies with what the spatial transformer keeps (Ghosh et al. 2022, Fig. 5).

    Parameters
    ----------
    examples : sequence of `GalaxyExample`
        The half with the smallest crops first, then the half with the
        largest.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Upper rows: the smallest crops; lower: the largest.
    """
    columns = 6
    rows = -(-len(examples) // columns)
    figure = new_figure(PAGE, 1.32 * rows)
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes in panels.ravel():
        axes.set_axis_off()
    for axes, example in zip(panels.ravel(), examples, strict=False):
        size = len(example.image)
        _show(axes, example)
        side = example.crop_scale * size
        middle = size // 2
        axes.add_patch(
            Rectangle(
                (middle - side / 2, middle - side / 2),
                side,
                side,
                fill=False,
                edgecolor="#ff9f43",
                linewidth=1.0,
            )
        )
        axes.set_title(
            f"s = {example.crop_scale:.2f}, $R_e$ = {example.truth[1]:.2f}″", fontsize=6, color=INK
        )
    return figure


def draw_joint(example: GalaxyExample, rng: np.random.Generator, n: int = 20_000) -> Figure:
    """Draw the joint posterior of one galaxy (Ghosh et al. 2022, Fig. 9).

    Parameters
    ----------
    example : `GalaxyExample`
    rng : `numpy.random.Generator`
        Draws the samples.
    n : `int`, optional
        How many.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Contours hold 68% and 95%; the truth is marked, the galaxy itself
        stands at the upper right.
    """
    samples, true = draw_samples(example.posterior, rng, n)[0], example.truth.copy()
    thousands = max(int(np.log10(true[2]) // 3), 0)
    samples[:, 2] /= 1000.0**thousands
    true[2] /= 1000.0**thousands
    unit = rf"$10^{3 * thousands}$ nJy" if thousands else "nJy"
    figure = Figure(figsize=(4.6, 4.6), dpi=200, facecolor="white")
    corner.corner(
        samples,
        fig=figure,
        labels=[SYMBOLS["bulgeToTotal"], r"$R_\mathrm{e}$ [arcsec]", f"$F$ [{unit}]"],
        truths=true,
        truth_color="#d55e00",
        color="#0b3c63",
        levels=(0.6827, 0.9545),
        quantiles=(0.15865, 0.5, 0.84135),
        smooth=1.0,
        bins=40,
        plot_datapoints=False,
        fill_contours=True,
        label_kwargs=dict(fontsize=9, color=INK),
        labelpad=-0.03,
        hist_kwargs=dict(linewidth=1.0),
        range=[_shown_range(values, mark) for values, mark in zip(samples.T, true, strict=True)],
    )
    for axes in figure.axes:
        axes.tick_params(labelsize=7, colors=INK, labelrotation=0)
        for axis in (axes.xaxis, axes.yaxis):
            # At the ends numbers would run into those of the next panel.
            if len(axis.get_major_locator().tick_values(0, 1)):
                axis.set_major_locator(MaxNLocator(3, prune="both"))
                formatter = axis.get_major_formatter()
                if isinstance(formatter, ScalarFormatter):
                    formatter.set_useOffset(False)
    inset = figure.add_axes((0.68, 0.68, 0.28, 0.28))
    inset.set_axis_off()
    _show(inset, example)
    inset.set_title(f"S/N {example.signal_to_noise:,.0f}", fontsize=8, color=INK)
    return figure


def _shown_range(values: np.ndarray, mark: float) -> tuple[float, float]:
    """Range of an axis that holds the posterior and the truth."""
    low, high = np.quantile(values, [float(ndtr(-3.2)), float(ndtr(3.2))])
    pad = 0.05 * (high - low) + 1e-9
    return min(low, mark) - pad, max(high, mark) + pad


def _show(axes: Axes, example: GalaxyExample) -> None:
    """Show the cutout with a scale bar."""
    size = len(example.image)
    levels = grey_levels(example.image, np.isfinite(example.image))
    axes.imshow(levels, origin="lower", cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    axes.set_xlim(-0.5, size - 0.5)
    axes.set_ylim(-0.5, size - 0.5)
    arcsec = 1 if size * example.pixel_scale < 20 else 5
    length = arcsec / example.pixel_scale
    axes.plot([0.05 * size, 0.05 * size + length], [0.06 * size] * 2, color=INK, linewidth=1.2)
    text = dict(fontsize=6, ha="center", va="bottom", color=INK)
    axes.text(0.05 * size + length / 2, 0.08 * size, f"{arcsec}″", **text)
