"""The report of a study of deblending: one page, and its pictures beside it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table, vstack
from matplotlib.figure import Figure

from ..evaluation.deblending_scores import KINDS
from .charts import PAGE, dress, finder_colour, finder_handles, new_figure, shown_name
from .page import Section, make_page, picture, table

__all__ = ["draw_child_errors", "make_deblending_report"]

_SHOWN = {
    "missed": "missed",
    "spurious": "spurious",
    "position": "position [″]",
    "fluxBias": "ln flux, median",
    "fluxScatter": "scatter",
    "fluxOutliers": "off by > 50%",
    "sharedFluxBias": "ln shared flux, median",
    "sharedFluxScatter": "its scatter",
    "fluxPull": "pull",
    "colourScatter": "colour [mag]",
    "ellipticityScatter": "ellipticity",
    "ellipticityOutliers": "off by > 0.2",
}


def draw_child_errors(matches: Table, finders: Sequence[str]) -> Figure:
    """Draw errors of flux, place and ellipticity against S/N, in blended footprints.

    Parameters
    ----------
    matches : `astropy.table.Table`
        `~meas_blends.data.deblending_tables.CHILD_MATCHES` of all scenes.
    finders : sequence of `str`
        Peak finders, in the order of their colours.

    Returns
    -------
    figure : `matplotlib.figure.Figure`
    """
    figure = new_figure(PAGE, 2.6)
    panels = figure.subplots(1, 3)
    good = (np.asarray(matches["galaxyId"]) > 0) & (np.asarray(matches["peakId"]) > 0)
    good &= np.asarray(matches["measured"]) & np.asarray(matches["blended"])
    for finder in finders:
        rows = matches[good & (np.asarray(matches["peakFinder"]) == finder)]
        snr = np.asarray(rows["significance"], float)
        with np.errstate(divide="ignore"):
            flux = np.log(np.asarray(rows["childFlux"]) / np.asarray(rows["flux"]))
        shape = np.hypot(*(rows[f"childE{k}"] - rows[f"e{k}"] for k in "12"))
        for axes, values in zip(panels, (flux, rows["offset"], shape), strict=True):
            axes.plot(
                snr,
                np.asarray(values, float),
                linestyle="",
                marker=".",
                markersize=3,
                alpha=0.6,
                color=finder_colour(finder, finders),
            )
    names = ("ln(flux / truth)", "offset [″]", "ellipticity error")
    for axes, name, top in zip(panels, names, (1.5, 0.5, 1.0), strict=True):
        axes.set_xscale("log")
        axes.set_ylim(-top if name == names[0] else 0.0, top)
        dress(axes, "S/N of the galaxy", name)
    figure.legend(
        handles=finder_handles(finders),
        loc="outside upper center",
        ncols=4,
        fontsize=7,
        frameon=False,
    )
    return figure


def make_deblending_report(
    scores: Table, matches: Sequence[Table], figures: Mapping[str, Figure]
) -> dict[str, bytes]:
    """Set the page.

    Parameters
    ----------
    scores : `astropy.table.Table`
        `~meas_blends.data.deblending_tables.DEBLENDING_SCORES`.
    matches : sequence of `astropy.table.Table`
        `~meas_blends.data.deblending_tables.CHILD_MATCHES` of each scene.
    figures : mapping of `str` to `matplotlib.figure.Figure`
        Pictures of the children of each peak finder.

    Returns
    -------
    files : `dict` [`str`, `bytes`]
        ``index.html``, its pictures as PNG and ``numbers.ecsv``.
    """
    finders = list(figures)
    files = {f"{finder}.png": _png(figure) for finder, figure in figures.items()}
    together = vstack(list(matches), metadata_conflicts="silent")
    files["errors.png"] = _png(draw_child_errors(together, finders))
    numbers = io.StringIO()
    scores.write(numbers, format="ascii.ecsv")
    files["numbers.ecsv"] = numbers.getvalue().encode()
    sections = [
        Section(
            "scores",
            "Scores",
            "Missed galaxies and spurious children; of matched ones the distance of the centres,"
            " flux, colour and ellipticity against the truth. Flux is that of the model; shared"
            " flux that of the child's share of the footprint, which has no wings. Ellipticity is"
            " that of adaptive moments in the child's share of the data, against the galaxy alone"
            " without noise. Errors are standard errors from the scatter between scenes.",
            [_scores_table(scores, kind) for kind in KINDS],
        ),
        Section(
            "errors",
            "Errors against S/N",
            "Matched children in footprints with several significant galaxies.",
            [picture("errors.png", "One point a child.", wide=True)],
        ),
        Section(
            "pictures",
            "Pictures",
            "The largest blend of the first scene and what is around it, and the stamps of its"
            " brightest children; crosses are children.",
            [
                picture(f"{finder}.png", f"Peaks of {shown_name(finder)}.", wide=True)
                for finder in finders
            ],
        ),
    ]
    n_galaxies = max((row["nGalaxies"] for row in scores if row["kind"] == "all"), default=0)
    lead = (
        f"{n_galaxies:,} significant galaxies of {len(matches)} scenes, deblended with scarlet2"
        f" from the peaks of {' and of '.join(map(shown_name, finders))}."
    )
    page = make_page("Deblending: what the peaks are worth", lead, sections)
    return {"index.html": page.encode(), **files}


def _scores_table(scores: Table, kind: str) -> str:
    rows = []
    for row in scores[np.asarray(scores["kind"]) == kind]:
        cells = [(f"{row[name]:.3f}", _error(row[f"{name}Err"])) for name in _SHOWN]
        rows.append([shown_name(str(row["peakFinder"])), str(row["nGalaxies"]), *cells])
    caption = f"{kind}: {KINDS[kind]}"
    return table(["", "galaxies", *_SHOWN.values()], rows, caption=caption)


def _error(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else ""


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()
