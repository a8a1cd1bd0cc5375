"""Sections on posteriors and values: coverage, residuals, widths."""

from __future__ import annotations

import numpy as np

from ...evaluation.morphology.outcomes import of_method
from ...evaluation.morphology.values import STEMS, TARGET_NAMES
from ..charts import shown_name
from ..page import Section, table
from ..report_inputs import shown_number
from .coverage import GHOSH_TABLE_2, draw_coverage, draw_coverage_bins
from .histograms import draw_histograms, draw_pulls
from .inputs import MorphologyInputs, Show
from .recovery import draw_recovery, draw_widths_and_residuals
from .trends import (
    draw_measured_trends,
    draw_residual_sizes,
    draw_residual_trends,
    draw_width_trends,
)

#: Levels of the coverage table [%].
_LEVELS = (68.27, 95.45, 99.73)

__all__ = ["coverage_section", "residuals_section", "trends_section", "widths_section"]


def coverage_section(inputs: MorphologyInputs, show: Show) -> Section:
    """How often intervals hold the truth: Table 2 of the paper, overall and in bins."""
    coverage = inputs.tables["coverage"]
    overall = coverage[np.asarray(coverage["quantity"]) == "all"]
    rows: list[list[object]] = []
    for method in inputs.methods:
        theirs = of_method(overall, method)
        number = f"{theirs['nGalaxies'][0]:,}" if len(theirs) else "0"
        for stem in STEMS:
            part = theirs[np.asarray(theirs["target"]) == stem]
            part.sort("level")
            cells = [(f"{row['covered']:.2f}", f"{row['coveredErr']:.2f}") for row in part]
            rows.append([shown_name(method), TARGET_NAMES[stem], number, *cells])
        if len(theirs) == 0:
            continue
        at_level = np.asarray(theirs["covered"])[np.argsort(theirs["level"], kind="stable")]
        means = at_level.reshape(len(_LEVELS), -1).mean(axis=1)
        rows.append([shown_name(method), "mean", number, *(f"{mean:.2f}" for mean in means)])
    paper = {**GHOSH_TABLE_2, "mean": np.mean(list(GHOSH_TABLE_2.values()), axis=0)}
    rows += [
        [
            "Ghosh et al. (2022)",
            TARGET_NAMES.get(stem, stem),
            "22,500",
            *(f"{value:.1f}" for value in values),
        ]
        for stem, values in paper.items()
    ]
    head = ["", "", "galaxies", *(f"{level}%" for level in _LEVELS)]
    parts = [
        table(head, rows, n_text=2),
        show(
            "coverage",
            draw_coverage(coverage, inputs.methods),
            "Percent of galaxies whose truth lies in the posterior's central interval, minus the"
            " stated level. Shaded: within 1.5, 1 and 0.5 points.",
        ),
    ]
    for level, name in zip(_LEVELS, ("68", "95", "99"), strict=True):
        parts.append(
            show(
                f"coverage_bins_{name}",
                draw_coverage_bins(coverage, inputs.methods, level),
                f"The {level}% interval in bins of S/N, B/T and radius. Bins of true values are a"
                " harder test than S/N: an honest posterior is so on average over galaxies that"
                " look alike, not over those that are alike. Above each bin:"
                " its galaxies; bins with fewer than 20 are in the tables alone.",
                wide=True,
            )
        )
    return Section(
        "coverage",
        "How honest the posteriors are",
        "Percent of galaxies whose true value lies in the central 68.27, 95.45 and 99.73% of the"
        " posterior, with the binomial error at the stated level (Table 2 of the paper).",
        parts,
    )


def residuals_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Residuals of medians and modes: Figs. 11 and 12 of the paper."""
    residuals = inputs.tables["residuals"]
    overall = residuals[np.asarray(residuals["quantity"]) == "all"]
    rows = []
    for row in overall:
        digits = 4 if row["target"] == "flux" else 3
        names = ("bias", "mean", "scatter", "rms", "typicalError", "width")
        rows.append(
            [
                shown_name(str(row["method"])),
                TARGET_NAMES[str(row["target"])],
                str(row["value"]),
                *(shown_number(row[name], digits) for name in names),
                f"{100 * row['outliers']:.2f}%",
            ]
        )
    head = ["", "", "", "median", "mean", "scatter", "rms", "typical error", "half-width", "> 5"]
    shown = inputs.shown
    parts = [table(head, rows, n_text=3)]
    for method in inputs.methods:
        parts.append(
            show(
                f"recovery_{method}",
                draw_recovery(of_method(shown, method)),
                f"{shown_name(method)}: medians of the posteriors against the truth (Fig. 11).",
                wide=True,
            )
        )
    parts.append(
        show(
            "residuals",
            draw_histograms(shown, inputs.methods),
            "Residuals, with their median and typical error; the outermost bins hold all that lies"
            " beyond (Fig. 12).",
            wide=True,
        )
    )
    return Section(
        "residuals",
        "How near the values are",
        "Measured minus true, of radius and flux relative to the truth, for the median and for the"
        " mode of the posterior. The typical error is what 68.27% of the galaxies stay below; the"
        " half-width is that of the 68.27% interval, and the last column counts galaxies farther"
        " off than five of their own. The paper has 0.1 in B/T, 0.17 arcsec in Re, and 0.1 to 1% in"
        " flux, all on its own galaxies.",
        parts,
    )


def trends_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Residuals against what the galaxies are, and look like: Figs. 13, 14 and 16 of the paper."""
    pictures = (
        ("trends", draw_residual_trends, "residuals against true values and S/N (Fig. 13)"),
        ("measured", draw_measured_trends, "residuals against measured values (Fig. 14)"),
        ("sizes", draw_residual_sizes, "sizes of the residuals, logarithmically (Fig. 16)"),
    )
    return Section(
        "trends",
        "Residuals against what the galaxies are",
        "Hexagons are darker the more galaxies they hold, on a logarithmic scale; galaxies beyond"
        " a panel are drawn at its edge. Lines are the median, the middle 68% and (dotted) the"
        " middle 95%; of sizes they are what 68% and 95% stay below. Against true values a"
        " posterior that says little is drawn to what is likely, so its bias slopes; against"
        " measured values, which is all that an observer has, an honest one has none. The"
        " networks are taught a B/T of 0 as 0.01, and one of 1 as 0.99.",
        [
            show(
                f"{name}_{method}",
                draw(of_method(inputs.shown, method)),
                f"{shown_name(method)}: {caption}.",
                wide=True,
            )
            for method in inputs.methods
            for name, draw, caption in pictures
        ],
    )


def widths_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Widths of the posteriors: Figs. 17 and 18 of the paper."""
    shown = inputs.shown
    first = of_method(shown, inputs.methods[0])
    name = shown_name(inputs.methods[0])
    return Section(
        "widths",
        "The widths of the posteriors",
        "Half of the 68.27% interval, relative for radius and flux.",
        [
            show(
                "widths",
                draw_width_trends(first),
                f"{name}: widths against true values and S/N, with their median (Fig. 17).",
                wide=True,
            ),
            show(
                "widths_residuals",
                draw_widths_and_residuals(first),
                f"{name}: sizes of the residuals against the stated widths. Lines: 68% and 95% of"
                " the galaxies lie below; dashes: where they are for honest posteriors (Fig. 18).",
                wide=True,
            ),
            show(
                "pulls",
                draw_pulls(shown, inputs.methods),
                "Residuals over the half-widths, of radius and flux in logarithms, and the unit"
                " Gaussian; the outermost bins hold all that lies beyond.",
                wide=True,
            ),
        ],
    )
