"""Probabilities and peaks against truth, from the faintest galaxies to the brightest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.figure import Figure

from .charts import PAGE, dress, finder_colour, finder_handles, finder_marker, new_figure

__all__ = ["KINDS", "draw_brightness"]

#: Kinds of brightest objects, and what their panels are called.
KINDS = {"sersic": "Sersic galaxies", "structured": "galaxies with structure", "star": "stars"}

#: Where the last, open bin of S/N ends in the picture.
_BRIGHTEST = 3000.0


def draw_brightness(brightness: Table, finders: Sequence[str]) -> Figure:
    """Draw what peak finders say against the S/N of the footprint's brightest object.

    Parameters
    ----------
    brightness : `astropy.table.Table`
        `~meas_blends.data.score_tables.BRIGHTNESS`.
    finders : sequence of `str`
        Peak finders, in the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        A column a kind of the brightest object, and from the top: stated less
        true share of blends; precision (lines) and recall (dashes) of peaks;
        share of single objects that are given several peaks.
    """
    whole = brightness[np.isinf(brightness["radiusHigh"]) & (brightness["radiusLow"] == 0)]
    kinds = [kind for kind in KINDS if np.any(np.asarray(whole["kind"]) == kind)]
    figure = new_figure(PAGE, 6.0)
    panels = figure.subplots(3, len(kinds), sharex=True, sharey="row", squeeze=False)
    for kind, column in zip(kinds, panels.T, strict=True):
        for finder in finders:
            rows = whole[(whole["kind"] == kind) & (whole["peakFinder"] == finder)]
            high = np.minimum(rows["significanceHigh"], _BRIGHTEST)
            x = np.sqrt(np.asarray(rows["significanceLow"], float) * high)
            style = {
                "color": finder_colour(finder, finders),
                "marker": finder_marker(finder, finders),
                "markersize": 3.2,
                "linewidth": 0.9,
            }
            offset = np.asarray(rows["meanProbability"] - rows["blendedFraction"], float)
            if np.isfinite(offset).any():
                error = np.asarray(rows["blendedFractionErr"], float)
                column[0].errorbar(x, offset, error, elinewidth=0.8, **style)
            column[1].plot(x, rows["precision"], **style)
            column[1].plot(x, rows["recall"], linestyle="--", **style)
            column[2].plot(x, rows["splitFraction"], **style)
        column[0].axhline(0.0, color="#999999", linewidth=0.8, linestyle=":", zorder=1)
        column[0].set_xscale("log")
        dress(column[0], title=KINDS[kind])
        dress(column[1])
        dress(column[2], "S/N of the brightest")
    for axes, label in zip(
        panels[:, 0],
        ("stated less true share of blends", "precision, recall (dashed)", "singles split"),
        strict=True,
    ):
        axes.set_ylabel(label, fontsize=8)
    panels[0, 0].set_ylim(-0.25, 0.25)
    panels[1, 0].set_ylim(0.4, 1.02)
    panels[2, 0].set_ylim(-0.02, 1.02)
    figure.legend(
        handles=finder_handles(finders),
        loc="outside upper center",
        ncols=4,
        fontsize=7,
        frameon=False,
        handlelength=1.6,
    )
    return figure
