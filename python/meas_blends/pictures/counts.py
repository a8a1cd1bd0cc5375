"""True against given numbers of objects: one matrix a peak finder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .charts import PAGE, dress, new_figure, shown_name
from .style import INK

__all__ = ["draw_counts"]

_TICKS = ("1", "2", "3", "4+")


def draw_counts(counts: Table, finders: Sequence[str], rule: str = "peaks") -> Figure:
    """Draw the confusion of counts, each row in percent.

    Parameters
    ----------
    counts : `astropy.table.Table`
        `~meas_blends.data.score_tables.COUNTS`.
    finders : sequence of `str`
        Peak finders, in order.
    rule : `str`
        ``"peaks"``: the number of peaks given; ``"probability"``: the most
        probable number.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
        A panel a peak finder that has counts by this rule. Percent are of the
        footprints of one true number, which stand at the right.
    """
    chosen = counts[np.asarray(counts["rule"]) == rule]
    shown = [finder for finder in finders if finder in set(chosen["peakFinder"])]
    columns = min(max(len(shown), 1), 3)
    rows = max(-(-len(shown) // columns), 1)
    figure = new_figure(PAGE * columns / 3, 0.3 + 2.05 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, finder in zip(panels, shown, strict=False):
        _draw_matrix(axes, chosen[np.asarray(chosen["peakFinder"]) == finder], shown_name(finder))
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    given = "number of peaks given" if rule == "peaks" else "most probable number"
    figure.supxlabel(given, fontsize=8)
    figure.supylabel("true number of galaxies", fontsize=8)
    return figure


def _draw_matrix(axes: Axes, rows: Table, title: str) -> None:
    """Draw one matrix with its percentages."""
    size = len(_TICKS)
    order = np.lexsort((np.asarray(rows["nGiven"]), np.asarray(rows["nObjects"])))
    share = np.asarray(rows["fraction"], float)[order].reshape(size, size)
    number = np.asarray(rows["nFootprints"])[order].reshape(size, size)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for true in range(size):
        for given in range(size):
            if np.isfinite(share[true, given]):
                axes.text(
                    given,
                    true,
                    f"{100 * share[true, given]:.1f}",
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if share[true, given] > 0.55 else INK,
                )
        axes.text(
            size - 0.35, true, f"{number[true].sum():,}", va="center", fontsize=6, color="#666666"
        )
    dress(axes, title=title)
    axes.grid(visible=False)
    axes.set_xticks(range(size), _TICKS)
    axes.set_yticks(range(size), _TICKS)
    axes.tick_params(length=0)
