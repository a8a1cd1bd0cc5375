"""Confusion of the qualitative labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.figure import Figure

from ...evaluation.morphology.labels import LABELS
from ..charts import PAGE, dress, new_figure, shown_name
from ..style import INK
from .axes import DENSITY

__all__ = ["draw_labels"]

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
    figure = new_figure(max(PAGE * len(methods) / 3, 2.9), 2.75)
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
