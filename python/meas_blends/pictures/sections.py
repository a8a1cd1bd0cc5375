"""The sections of a report: a sentence, tables and pictures to each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from .accuracy import QUANTITIES, draw_accuracy
from .brightness import KINDS, draw_brightness
from .charts import shown_name
from .counts import draw_counts
from .gallery import draw_gallery
from .page import Section, picture, table
from .places import draw_offsets, draw_recall
from .probabilities import draw_confidence, draw_reliability
from .report_inputs import ReportInputs, Show, score_rows, shown_number, with_error
from .sections_tables import (
    making_section,
    robustness_section,
    scores_section,
    studies_section,
    timing_section,
)

__all__ = ["all_sections"]

#: Footprints that a bin of brightness needs to be shown in the table.
_ENOUGH = 10

#: Keeps a picture under a name.
Keep = Callable[[str, Figure], None]

_GALLERIES = {
    "disagree": "Some finders right, some wrong.",
    "agree_wrong": "All finders wrong.",
    "agree_right": "All finders right.",
}


def all_sections(inputs: ReportInputs, keep: Keep) -> list[Section]:
    """Make the sections of a report that there is something to say in.

    Parameters
    ----------
    inputs : `~meas_blends.pictures.report_inputs.ReportInputs`
        Tables and cutouts.
    keep : callable
        Called with the name and the figure of each picture.

    Returns
    -------
    sections : `list` [`~meas_blends.pictures.page.Section`]
        They show each picture as ``NAME.png``.
    """

    def show(name: str, figure: Figure, caption: str, wide: bool = False) -> str:
        keep(name, figure)
        return picture(f"{name}.png", caption, wide)

    varied = len(inputs.tables.get("robustness", ())) > 0
    studied = len(inputs.tables.get("studies", ())) > 0
    sections = [
        scores_section(inputs),
        *([robustness_section(inputs, show)] if varied else []),
        *([studies_section(inputs)] if studied else []),
        _limit(inputs, show),
        _accuracy(inputs, show),
        *([_brightness(inputs, show)] if "brightness" in inputs.tables else []),
        _probabilities(inputs, show),
        _counts(inputs, show),
        _places(inputs, show),
        _agreement(inputs, show),
    ]
    if len(inputs.tables.get("timing", ())):
        sections.append(timing_section(inputs))
    return [*sections, making_section(inputs)]


def _limit(inputs: ReportInputs, show: Show) -> Section:
    evaluation = inputs.tables["evaluation"]
    lost = evaluation["lostFraction"][0]
    if not np.isfinite(lost):
        text = "No limits were computed for the pairs of these scenes."
        return Section("limit", "What the pixels hold", text)
    rows = [
        [
            shown_name(str(row["peakFinder"])),
            f"{row['nResolvable']:,}",
            with_error(row, "resolvableFound"),
        ]
        for row in evaluation
    ]
    return Section(
        "limit",
        "What the pixels hold",
        "For footprints with exactly two significant galaxies: the root of chi-squared between the"
        " noiseless pair and the single bulge + disk galaxy that fits it best, with the noise of"
        f" the coadd. {lost:.0%} of the pairs lie below 3 and are hardly to be told from one"
        " galaxy by anything that sees these pixels; pairs above 5 should be found.",
        [
            table(["", "pairs above 5", "of them called blended"], rows),
            show(
                "accuracy_sqrtDeltaChi2",
                draw_accuracy(inputs.tables["accuracy"], "sqrtDeltaChi2", inputs.finders),
                "Share of pairs called blended against how far they are from any single galaxy.",
            ),
        ],
    )


def _accuracy(inputs: ReportInputs, show: Show) -> Section:
    accuracy = inputs.tables["accuracy"]
    present = set(np.asarray(accuracy["quantity"]).tolist()) - {"sqrtDeltaChi2"}
    return Section(
        "accuracy",
        "Where it is easy and where hard",
        "Share of footprints called right in bins of what is true of them, with 68% binomial"
        " intervals; the lowest panel counts the footprints in each bin.",
        [
            show(
                f"accuracy_{quantity}",
                draw_accuracy(accuracy, quantity, inputs.finders),
                f"Against {label}.",
            )
            for quantity, label in QUANTITIES.items()
            if quantity in present
        ],
    )


def _brightness(inputs: ReportInputs, show: Show) -> Section:
    brightness = inputs.tables["brightness"]
    rows = [
        [
            shown_name(str(row["peakFinder"])),
            KINDS[str(row["kind"])],
            _range(row["significanceLow"], row["significanceHigh"]),
            _range(row["radiusLow"], row["radiusHigh"]),
            f"{row['nFootprints']:,}",
            *(shown_number(row[name]) for name in ("meanProbability", "blendedFraction")),
            *(shown_number(row[name]) for name in ("precision", "recall")),
            f"{row['nSingles']:,}",
            shown_number(row["splitFraction"]),
            shown_number(row["unusualFraction"]),
        ]
        for row in brightness
        if row["nFootprints"] >= _ENOUGH
    ]
    head = ["", "brightest", "its S/N", "its radius", "footprints", "stated", "blended"]
    head += ["precision", "recall", "singles", "split", "flagged"]
    return Section(
        "brightness",
        "From faint to bright, small to large",
        "Footprints by the S/N and the half-light radius [arcsec] of their brightest object: the"
        " stated and the true share of blends, precision and recall of the peaks, the share of"
        " single objects that are given several peaks, and the share flagged as unlike the"
        f" training; bins of at least {_ENOUGH} footprints.",
        [
            show(
                "brightness",
                draw_brightness(brightness, inputs.finders),
                "All sizes together, against the S/N of the brightest.",
                wide=True,
            ),
            table(head, rows, n_text=4),
        ],
    )


def _range(low: float, high: float) -> str:
    """Words for a bin that may be open."""
    if np.isinf(high):
        return f"over {low:g}" if low > 0 else "all"
    return f"{low:g} to {high:g}"


def _probabilities(inputs: ReportInputs, show: Show) -> Section:
    parts = []
    if len(inputs.tables["reliability"]):
        parts = [
            show(
                "reliability",
                draw_reliability(inputs.tables["reliability"], inputs.finders),
                "Observed share of blends against the stated probability; the dotted line is"
                " honesty.",
            ),
            show(
                "confidence",
                draw_confidence(inputs.tables["confidence"], inputs.finders),
                "Probability that each finder gives to its own call, when that is right and when"
                " it is wrong.",
                wide=True,
            ),
        ]
    return Section(
        "probabilities",
        "How honest the probabilities are",
        "Of the footprints that are given a probability p, a share p should be blends; and a"
        " finder should be less sure where it is wrong."
        if parts
        else "None of the peak finders gives probabilities.",
        parts,
    )


def _counts(inputs: ReportInputs, show: Show) -> Section:
    counts = inputs.tables["counts"]
    names = ("countF1", "probableCountF1")
    head = ["", "macro-F1, peaks", "macro-F1, most probable"]
    parts = [table(head, score_rows(inputs.tables["evaluation"], names))]
    for rule, what in (("peaks", "number of peaks"), ("probability", "most probable number")):
        if np.any(np.asarray(counts["rule"]) == rule):
            parts.append(
                show(
                    f"counts_{rule}",
                    draw_counts(counts, inputs.finders, rule),
                    f"True number against {what}, in percent of each row; footprints of the row"
                    " at its right.",
                    wide=True,
                )
            )
    return Section(
        "counts",
        "How many",
        "Number of galaxies in a footprint, 1, 2, 3, and 4 or more, as given by the number of"
        " peaks and as the most probable one; macro-F1 is the mean over the four of the harmonic"
        " mean of recall and precision.",
        parts,
    )


def _places(inputs: ReportInputs, show: Show) -> Section:
    names = ("placeRecall", "placePrecision", "placeF1", "blendPlaceF1")
    rows = [
        [
            shown_name(str(row["peakFinder"])),
            *(with_error(row, name) for name in names),
            shown_number(row["placeRms"]),
            shown_number(row["placePull"], 2),
        ]
        for row in inputs.tables["evaluation"]
    ]
    head = ["", "recall", "precision", "F1", "F1 in blends", "rms [arcsec]", "pull"]
    return Section(
        "places",
        "Where",
        "Peaks matched one to one to the significant galaxies of their footprint, as many as can"
        f" be within {inputs.match_radius:g} arcsec and the closest of those, in all footprints"
        " and in the truly blended ones alone; the pull is the"
        " scatter of offsets over their stated errors, 1 if these are honest.",
        [
            table(head, rows),
            show(
                "offsets",
                draw_offsets(inputs.places, inputs.finders, inputs.match_radius),
                "Distances of matched peaks from their galaxies.",
            ),
            show(
                "recall",
                draw_recall(inputs.places, inputs.finders),
                "Share of the galaxies in footprints that get a peak, with 68% binomial intervals.",
            ),
        ],
    )


def _agreement(inputs: ReportInputs, show: Show) -> Section:
    rows = [
        [
            shown_name(str(row["firstFinder"])),
            shown_name(str(row["secondFinder"])),
            *(f"{100 * row[k]:.1f}" for k in ("bothRight", "firstRight", "secondRight")),
            f"{100 * row['bothWrong']:.1f}",
        ]
        for row in inputs.tables["agreement"]
    ]
    head = ["first", "second", "both right", "only first", "only second", "both wrong"]
    parts = [table(head, rows, n_text=2)] if rows else []
    for name, caption in _GALLERIES.items():
        if inputs.examples.get(name):
            figure = draw_gallery(inputs.examples[name], inputs.finders)
            parts.append(show(f"gallery_{name}", figure, caption, wide=True))
    return Section(
        "agreement",
        "Agreements and disagreements",
        "Percent of footprints that two finders call right or wrong together, and footprints"
        " drawn at random: the outline of each, what is true of it, and under it what each finder"
        " says, with its blend probability and a cross where its call is wrong.",
        parts,
    )
