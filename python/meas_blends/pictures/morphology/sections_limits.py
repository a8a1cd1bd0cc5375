"""Sections on components, labels and the limit of the pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table

from ...evaluation.morphology.labels import label_accuracy
from ...evaluation.morphology.outcomes import of_method
from ...evaluation.morphology.values import TARGET_NAMES
from ..charts import shown_name
from ..page import Section, table
from ..report_inputs import shown_number
from .binned import shown_bin
from .histograms import draw_components
from .inputs import MorphologyInputs, Show
from .labels import draw_label_residuals, draw_labels
from .scatter import ENOUGH, draw_bound_ratios

__all__ = ["bounds_section", "components_section", "labels_section"]


def components_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Galaxies with one component: Fig. 15 of the paper."""
    components = inputs.tables["components"]
    overall = components[np.asarray(components["quantity"]) == "all"]
    rows = [
        [
            shown_name(str(row["method"])),
            {"disk": "pure disk", "bulge": "pure bulge", "double": "both"}[str(row["component"])],
            TARGET_NAMES[str(row["target"])],
            f"{row['nGalaxies']:,}",
            (f"{row['pull']:+.2f}", f"{row['pullErr']:.2f}"),
            f"{row['bias']:+.4f}",
            f"{row['rms']:.3f}",
            f"{row['covered']:.1f}",
        ]
        for row in overall
    ]
    head = ["", "", "", "galaxies", "bias / half-width", "bias", "rms", "inside 68.27%"]
    return Section(
        "components",
        "Galaxies with one component",
        "Median of measured minus true over the half-width of the 68.27% interval: below 0.5 the"
        " bias is small beside what the posterior says of itself. A true B/T of 0 or 1 counts as"
        " 0.01 or 0.99 here, beyond which the targets do not tell galaxies apart.",
        [
            table(head, rows, n_text=3),
            *(
                show(
                    f"components_{method}",
                    draw_components(of_method(inputs.shown, method)),
                    f"{shown_name(method)}: residuals of B/T by kind of galaxy (Fig. 15).",
                )
                for method in inputs.methods
            ),
        ],
    )


def labels_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Qualitative labels: Figs. 19 and 20 of the paper."""
    labels = inputs.tables["labels"]
    rows = []
    for method in inputs.methods:
        for kind, what in (("label", "B/T"), ("radiusLabel", "radius")):
            number, right, opposite = label_accuracy(labels, method, kind)
            shown = [f"{100 * x:.1f}%" if np.isfinite(x) else "–" for x in (right, opposite)]
            rows.append([shown_name(method), what, f"{number:,}", *shown])
    scores = inputs.tables["label_residuals"]
    kept = []
    for method in inputs.methods:
        theirs = of_method(scores, method)
        for target in ("bulgeToTotal", "halfLightRadius"):
            before, after = (
                theirs[
                    (np.asarray(theirs["target"]) == target)
                    & (np.asarray(theirs["galaxies"]) == galaxies)
                ][0]
                for galaxies in ("all", "unlabelled")
            )
            cells = [
                shown_number(row[name])
                for name in ("typicalError", "rms")
                for row in (before, after)
            ]
            number = f"{after['nGalaxies']:,} of {before['nGalaxies']:,}"
            kept.append([shown_name(method), TARGET_NAMES[target], number, *cells])
    head = ["", "", "unlabelled", "typical error, all", "unlabelled", "rms, all", "unlabelled"]
    return Section(
        "labels",
        "Labels in place of numbers",
        "Where the median of B/T is extreme, or the median radius below the seeing, a galaxy gets"
        " a label. Right: its true value has the same label. Opposite: it has the opposite one;"
        " the paper's accuracy above 99% is of labels that are not opposite. Labels take out the"
        " largest errors only where it is these galaxies that are hard: where a posterior that"
        " knows little has its median in the middle, those with a label are the well measured.",
        [
            table(["", "", "labelled", "right", "opposite"], rows, n_text=2),
            table(head, kept, n_text=2, caption="Residuals with and without the labelled galaxies"),
            *(
                show(
                    f"label_residuals_{method}",
                    draw_label_residuals(
                        of_method(inputs.shown, method), of_method(scores, method)
                    ),
                    f"{shown_name(method)}: residuals against what decides on a label, shaded"
                    " where there is one, and with and without the labelled galaxies (Fig. 19).",
                    wide=True,
                )
                for method in inputs.methods
            ),
            show(
                "labels",
                draw_labels(labels, "label", inputs.methods),
                "Labels of B/T: galaxies, and their share of those given this label (Fig. 20).",
                wide=len(inputs.methods) > 1,
            ),
            show(
                "labels_radius",
                draw_labels(labels, "radiusLabel", inputs.methods),
                "Labels of the radius.",
                wide=len(inputs.methods) > 1,
            ),
        ],
    )


def bounds_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Scatter over the Cramer-Rao bound."""
    ratios = inputs.tables["bound_ratios"]
    title = "How near the limit of the pixels"
    if len(ratios) == 0:
        text = "No Cramer-Rao bounds were computed for these galaxies."
        return Section("bounds", title, text)
    there = list(dict.fromkeys(np.asarray(ratios["method"]).tolist()))
    # The estimators keep their colours.
    methods = [*inputs.methods, *(name for name in there if name not in inputs.methods)]
    head = ["", "S/N", "galaxies"]
    for name in TARGET_NAMES.values():
        head += [f"{name}: robust", "rms", "> 5"]
    return Section(
        "bounds",
        title,
        "Scatter of galaxies with a bulge and a disk over the Cramer-Rao bound, with the Fisher"
        " information of the priors in it: what no unbiased measurement of these pixels can be"
        " better than. Robust scatter, rms, and the share farther off than five bounds; in bins"
        " with at least ten galaxies. Radius and flux are compared in logarithms. Biased values,"
        " drawn to what is likely, can have less. Codes that fail do so on the harder galaxies.",
        [
            table(head, _bound_rows(ratios, methods), n_text=2),
            show(
                "bound_ratios",
                draw_bound_ratios(ratios, inputs.methods),
                "Scatter over the bound in bins of S/N with at least ten galaxies, whose numbers"
                " stand above the lower panels. Shaded: up to 1.15.",
                wide=True,
            ),
        ],
    )


def _bound_rows(ratios: Table, methods: Sequence[str]) -> list[list[object]]:
    """Rows of the table of bounds: each method, and for it each bin of S/N."""
    rows = []
    for method in methods:
        theirs = of_method(ratios, method)
        theirs = theirs[np.asarray(theirs["nGalaxies"]) >= ENOUGH]
        bins = {(float(r["low"]), float(r["high"])) for r in theirs if r["quantity"] != "all"}
        for low, high in [(np.nan, np.nan), *sorted(bins)]:
            part = theirs[np.isclose(np.asarray(theirs["low"], float), low, equal_nan=True)]
            of = {str(row["target"]): row for row in part}
            if not of:
                continue
            cells = []
            for stem in TARGET_NAMES:
                if stem not in of:
                    cells += ["–", "–", "–"]
                    continue
                row = of[stem]
                cells += [
                    (f"{row[name]:.2f}", f"{row[f'{name}Err']:.2f}") for name in ("robust", "rms")
                ]
                cells.append(f"{100 * row['outliers']:.1f}%")
            name = shown_bin(low, high) if np.isfinite(low) else "all"
            number = max(int(row["nGalaxies"]) for row in of.values())
            rows.append([shown_name(method), name, f"{number:,}", *cells])
    return rows
