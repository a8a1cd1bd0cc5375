"""The qualitative labels: their confusion, and what they take out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.figure import Figure

from ...evaluation.morphology.labels import LABELS
from ...evaluation.morphology.values import STEMS, medians, residuals, truth
from ..charts import PAGE, dress, new_figure, shown_name
from ..style import INK
from .axes import DENSITY, Across, draw_density, residual_of, scale_across, share_colours
from .histograms import draw_outlines, name_outlines

__all__ = ["draw_label_residuals", "draw_labels"]

#: Axes of what decides on a label, and the colours of galaxies with and without labels.
_DECIDES = {
    "bulgeToTotal": Across("measured B/T", False),
    "halfLightRadius": Across(r"measured $R_\mathrm{e}$ / seeing FWHM"),
}
_BEFORE, _AFTER = "#e69f00", "#0072b2"

_SHORT = {
    "highly disk-dominated": "highly\ndisk-dominated",
    "highly bulge-dominated": "highly\nbulge-dominated",
    "Re below the seeing": "$R_e$ below\nthe seeing",
    "": "none",
}


def draw_labels(labels: Table, kind: str, methods: Sequence[str]) -> Figure:
    """Draw the confusion of one kind of labels (Ghosh et al. 2022, Fig. 20).

    Parameters
    ----------
    labels : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_LABELS`.
    kind : `str`
        ``label`` or ``radiusLabel``.
    methods : sequence of `str`
        A panel each, at most four.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Galaxies in each cell, and their share of those given this label.
    """
    names = LABELS[kind]
    methods = list(methods)[:4]
    figure = new_figure(max(PAGE * len(methods) / 3, 2.9), 2.45)
    panels = figure.subplots(1, len(methods), squeeze=False)[0]
    for axes, method in zip(panels, methods, strict=True):
        share, number = np.zeros((len(names),) * 2), np.zeros((len(names),) * 2, int)
        rows = labels[
            (np.asarray(labels["method"]) == method) & (np.asarray(labels["kind"]) == kind)
        ]
        for row in rows:
            place = names.index(row["givenLabel"]), names.index(row["trueLabel"])
            share[place], number[place] = row["fraction"], row["nGalaxies"]
        axes.imshow(np.nan_to_num(share), cmap=DENSITY, vmin=0, vmax=1)
        for (y, x), value in np.ndenumerate(share):
            text = f"{number[y, x]:,}" + (f"\n{100 * value:.1f}%" if np.isfinite(value) else "")
            colour = "white" if value > 0.35 else INK
            axes.text(x, y, text, ha="center", va="center", fontsize=6.5, color=colour)
        dress(axes, "true", "given" if axes is panels[0] else "", shown_name(method))
        axes.grid(visible=False)
        shown = [_SHORT[name] for name in names]
        axes.set_xticks(range(len(names)), shown, fontsize=6)
        left = shown if axes is panels[0] else [""] * len(names)
        axes.set_yticks(range(len(names)), left, fontsize=6)
        axes.tick_params(length=0)
    return figure


def draw_label_residuals(outcomes: Table, scores: Table) -> Figure:
    """Draw what labels in place of numbers take out (Ghosh et al. 2022, Fig. 19).

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of one
        method with posteriors.
    scores : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_LABEL_RESIDUALS` of it.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Left: residuals against what decides on the label; shaded where
        there is one. Right: residuals of all galaxies, and of those that keep
        their number.
    """
    found = medians(outcomes)
    off = residuals(found, truth(outcomes))
    found[:, 1] /= np.asarray(outcomes["psf_fwhm"], float)
    figure = new_figure(PAGE, 4.2)
    panels = figure.subplots(2, 2, width_ratios=(1.5, 1))
    hexagons = []
    for (target, across), (left, right) in zip(_DECIDES.items(), panels, strict=True):
        column = STEMS.index(target)
        values, residual = found[:, column], off[:, column]
        rows = scores[np.asarray(scores["target"]) == target]
        low, high = float(rows["low"][0]), float(rows["high"][0])
        reach = float(np.clip(1.15 * np.quantile(np.abs(residual), 0.97), 1e-3, 1.0))
        scale_across(left, across, values)
        left.set_ylim(-reach, reach)
        hexagons.append(draw_density(left, values, residual, (across.logarithmic, False), 44))
        start, end = left.get_xlim()
        for ends in ((start, low), (high, end)):
            if start <= ends[0] < ends[1] <= end:
                left.axvspan(*ends, color="#777777", alpha=0.2, linewidth=0)
        for limit in (low, high):
            if start < limit < end:
                left.axvline(limit, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        left.axhline(0, color=INK, linewidth=0.6, linestyle=":")
        name = residual_of(target)
        dress(left, across.label, name)
        kept = (values > low) & (values < high) if column == 0 else values >= low
        errors = {str(row["galaxies"]): float(row["typicalError"]) for row in rows}
        parts = {
            f"all {len(values):,}: {errors['all']:.3f}": residual,
            f"unlabelled {kept.sum():,}: {errors['unlabelled']:.3f}": residual[kept],
        }
        draw_outlines(right, parts, (_BEFORE, _AFTER), reach)
        name_outlines(right, "galaxies: typical error")
        dress(right, name, "share of galaxies")
    share_colours(figure, hexagons, len(outcomes))
    return figure
