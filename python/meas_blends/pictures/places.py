"""How far peaks lie from their galaxies, and which galaxies get one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.figure import Figure

from ..evaluation.binned import EDGES, wilson_interval
from .charts import COLUMN, dress, finder_colour, finder_handles, finder_marker, new_figure

__all__ = ["draw_offsets", "draw_recall"]


def draw_offsets(places: Table, finders: Sequence[str], radius: float) -> Figure:
    """Draw the distribution of distances between peaks and their galaxies.

    Parameters
    ----------
    places : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.PLACES` of all scenes.
    finders : sequence of `str`
        Peak finders, in the order of their colours.
    radius : `float`
        Farthest distance of a match [arcsec].

    Returns
    -------
    figure : `matplotlib.figure.Figure`
    """
    figure = new_figure(COLUMN, 2.9)
    axes = figure.subplots()
    edges = np.linspace(0.0, radius, 41)
    names = np.asarray(places["peakFinder"])
    for finder in finders:
        offset = np.asarray(places["offset"], float)[names == finder]
        number = np.histogram(offset[np.isfinite(offset)], edges)[0]
        density = number / max(number.sum(), 1) / np.diff(edges)
        axes.stairs(density, edges, color=finder_colour(finder, finders), linewidth=1.0)
    dress(axes, "distance of a matched peak [arcsec]", "matched peaks per arcsec, normalised")
    axes.set_xlim(0, radius)
    axes.set_ylim(bottom=0)
    axes.legend(handles=finder_handles(finders), fontsize=7, frameon=False, handlelength=1.6)
    return figure


def draw_recall(places: Table, finders: Sequence[str]) -> Figure:
    """Draw the share of galaxies that get a peak, against magnitude.

    Parameters
    ----------
    places : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.PLACES` of all scenes.
    finders : sequence of `str`
        Peak finders, in the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        Bars are 68% binomial intervals.
    """
    figure = new_figure(COLUMN, 2.9)
    axes = figure.subplots()
    edges = np.asarray(EDGES["mag"], float)
    names = np.asarray(places["peakFinder"])
    for finder in finders:
        theirs = places[(names == finder) & (np.asarray(places["galaxyId"]) > 0)]
        mag = np.asarray(theirs["mag"], float)
        found = np.asarray(theirs["peakId"]) > 0
        number = np.histogram(mag, edges)[0]
        matched = np.histogram(mag[found], edges)[0]
        used = number > 0
        share = matched[used] / number[used]
        low, high = wilson_interval(matched[used], number[used])
        axes.errorbar(
            (0.5 * (edges[1:] + edges[:-1]))[used],
            share,
            yerr=np.maximum([share - low, high - share], 0.0),
            color=finder_colour(finder, finders),
            marker=finder_marker(finder, finders),
            markersize=3.2,
            linewidth=0.9,
            elinewidth=0.8,
        )
    dress(axes, "magnitude of the galaxy [AB mag]", "galaxies in footprints with a peak")
    axes.set_ylim(0, 1.02)
    axes.legend(handles=finder_handles(finders), fontsize=7, frameon=False, loc="lower left")
    return figure
