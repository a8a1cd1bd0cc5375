"""Sections on components, labels and the limit of the pixels."""

from __future__ import annotations

import numpy as np

from ...evaluation.morphology.labels import label_accuracy
from ...evaluation.morphology.outcomes import of_method
from ...evaluation.morphology.values import TARGET_NAMES
from ..charts import shown_name
from ..page import Section, table
from .coverage import draw_bound_ratios
from .inputs import MorphologyInputs, Show
from .labels import draw_labels
from .recovery import draw_components

__all__ = ["bounds_section", "components_section", "labels_section"]


def components_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Galaxies with one component: Fig. 15."""
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
            show(
                "components",
                draw_components(of_method(inputs.shown, inputs.methods[0])),
                f"{shown_name(inputs.methods[0])}: residuals of B/T by kind of galaxy.",
            ),
        ],
    )


def labels_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Qualitative labels: Fig. 20."""
    labels = inputs.tables["labels"]
    rows = []
    for method in inputs.methods:
        for kind, what in (("label", "B/T"), ("radiusLabel", "radius")):
            number, right, opposite = label_accuracy(labels, method, kind)
            shown = [f"{100 * x:.1f}%" if np.isfinite(x) else "–" for x in (right, opposite)]
            rows.append([shown_name(method), what, f"{number:,}", *shown])
    return Section(
        "labels",
        "Labels in place of numbers",
        "Where the median of B/T is extreme, or the median radius below the seeing, a galaxy gets"
        " a label. Right: its true value has the same label. Opposite: it has the opposite one;"
        " the paper's accuracy above 99% is of labels that are not opposite.",
        [
            table(["", "", "labelled", "right", "opposite"], rows, n_text=2),
            show(
                "labels",
                draw_labels(labels, "label", inputs.methods),
                "Labels of B/T: galaxies, and their share of those given this label.",
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
    methods = list(dict.fromkeys(np.asarray(ratios["method"]).tolist()))
    rows = []
    for row in ratios:
        if row["quantity"] != "signalToNoise" and row["quantity"] != "all":
            continue
        low, high = row["low"], row["high"]
        bin_name = "all" if row["quantity"] == "all" else f"S/N {low:g} to {high:g}"
        rows.append(
            [
                shown_name(str(row["method"])),
                TARGET_NAMES[str(row["target"])],
                bin_name.replace(" to inf", " and above"),
                f"{row['nGalaxies']:,}",
                f"{row['bound']:.2g}",
                (f"{row['robust']:.2f}", f"{row['ratioErr'] * row['robust']:.2f}"),
                f"{row['rms']:.2f}",
                f"{100 * row['outliers']:.2f}%",
            ]
        )
    head = ["", "", "", "galaxies", "bound", "robust / bound", "rms / bound", "> 5 bounds"]
    return Section(
        "bounds",
        title,
        "Scatter of galaxies with a bulge and a disk over the Cramer-Rao bound, with the Fisher"
        " information of the priors in it: what no unbiased measurement of these pixels can be"
        " better than. Radius and flux are compared in logarithms. Biased values, drawn to what"
        " is likely, can have less.",
        [
            table(head, rows, n_text=3),
            show(
                "bound_ratios",
                draw_bound_ratios(ratios, methods),
                "Scatter over the bound in bins of S/N with at least ten galaxies. Shaded: up to"
                " 1.15.",
                wide=True,
            ),
        ],
    )
