"""Sections of a report that are tables: scores, times, conditions, options, origins."""

from __future__ import annotations

import numpy as np

from .charts import shown_name
from .page import Section, table
from .report_inputs import ReportInputs, Show, score_rows, shown_number, with_error
from .robustness import draw_robustness

__all__ = [
    "making_section",
    "robustness_section",
    "scores_section",
    "studies_section",
    "timing_section",
]


def scores_section(inputs: ReportInputs) -> Section:
    """Set the table of the slides: accuracies, cross-entropy, calibration error."""
    names = (
        "unblendedAccuracy",
        "blendedAccuracy",
        "balancedAccuracy",
        "crossEntropy",
        "calibrationError",
    )
    head = ["", "unblended", "blended", "balanced", "cross-entropy", "calibration error"]
    return Section(
        "scores",
        "Scores",
        "Share of unblended and of blended footprints called right and the mean of the two, the"
        " mean of -ln P(truth) in nats, and the expected calibration error in ten bins of blend"
        " probability; errors are standard errors from the scatter between scenes. Footprints"
        " without a significant galaxy are left out, here and everywhere."
        + (" All conditions below count together." if "robustness" in inputs.tables else ""),
        [table(head, score_rows(inputs.tables["evaluation"], names))],
    )


def timing_section(inputs: ReportInputs) -> Section:
    """Set the processor time of each peak finder."""
    timing = inputs.tables["timing"]
    places = {finder: number for number, finder in enumerate(inputs.finders)}
    timing = timing[np.argsort([places.get(name, len(places)) for name in timing["peakFinder"]])]
    rows = [
        [
            shown_name(str(row["peakFinder"])),
            f"{row['seconds']:.3f}",
            f"{row['perFootprint']:.0f}",
        ]
        for row in timing
    ]
    return Section(
        "time",
        "Time",
        "Processor time, all cores together, of classification and peaks for the"
        f" {timing['nFootprints'][0]:,} footprints of one scene, the best of several runs."
        f" Background and matched filter take another {timing['preparation'][0]:.2f} s, the same"
        " for all.",
        [table(["", "seconds", "microseconds a footprint"], rows)],
    )


def robustness_section(inputs: ReportInputs, show: Show) -> Section:
    """Set and draw the scores under each condition."""
    robustness = inputs.tables["robustness"]
    names = ("balancedAccuracy", "crossEntropy", "calibrationError", "countF1", "placeF1")
    rows = [
        [
            str(row["condition"]),
            shown_name(str(row["peakFinder"])),
            *(with_error(row, name) for name in names),
            shown_number(row["unusualFraction"]),
        ]
        for row in robustness
    ]
    head = ["condition", "", "balanced", "cross-entropy", "calibration error", "count F1"]
    return Section(
        "conditions",
        "Under other conditions",
        "The same scores for scenes of other seeing, depth, sizes and pixels, and the share of"
        " footprints that a finder flags as unlike what it was trained on. Galaxies and labels"
        " follow the depth of each scene.",
        [
            table([*head, "place F1", "flagged"], rows, n_text=2),
            show(
                "robustness",
                draw_robustness(robustness, inputs.finders),
                "Scores by condition.",
                wide=True,
            ),
        ],
    )


def studies_section(inputs: ReportInputs) -> Section:
    """Set the scores of the options, a table a study."""
    studies = inputs.tables["studies"]
    scores = ("balancedAccuracy", "crossEntropy", "calibrationError", "countF1", "placeF1")
    changes = ("balancedAccuracyChange", "crossEntropyChange", "placeF1Change")
    head = ["", "footprints", "blended", "balanced", "cross-entropy", "calibration error"]
    head += ["count F1", "place F1", "change: balanced", "cross-entropy", "place F1"]
    parts = []
    for study in dict.fromkeys(np.asarray(studies["study"]).tolist()):
        options = studies[np.asarray(studies["study"]) == study]
        rows = [
            [
                str(row["option"]),
                f"{row['nFootprints']:,}",
                f"{row['nBlended'] / row['nFootprints']:.1%}",
                *(with_error(row, name) for name in scores),
                *(with_error(row, name) for name in changes),
            ]
            for row in options
        ]
        name = study[:1].upper() + study[1:]
        parts.append(table(head, rows, caption=f"{name}. {options['varied'][0]}"))
    return Section(
        "options",
        "Options",
        "The same scores with one option of training, labels or detection varied at a time, and"
        " their change from the first row of each table. The errors of changes come from their"
        " scatter between scenes, in which how hard a scene is for every option cancels.",
        parts,
    )


def making_section(inputs: ReportInputs) -> Section:
    """Say what the report was made from."""
    evaluation = inputs.tables["evaluation"]
    models = [
        (f"model of {shown_name(str(row['peakFinder']))}", str(row["model"]))
        for row in evaluation
        if row["model"]
    ]
    return Section(
        "making",
        "How this was made",
        "Every number of the tables and pictures is in numbers.ecsv (text) and numbers.parquet."
        " With blendtask, run.json beside this folder and in the folder of each scene holds all"
        " settings, seeds, model packages with their hashes, and times.",
        [table(["what", "value"], [*models, *inputs.facts], n_text=2)],
    )
