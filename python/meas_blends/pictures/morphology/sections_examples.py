"""Sections on single galaxies, other codes and costs."""

from __future__ import annotations

import numpy as np

from ...evaluation.morphology.values import STEMS, TARGET_NAMES
from ..charts import shown_name
from ..page import Section, table
from ..report_inputs import shown_number
from .cutouts import draw_crops, draw_joint
from .inputs import MorphologyInputs, Show

__all__ = ["costs_section", "crops_section", "joint_section", "peers_section"]


def joint_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Joint posteriors: Fig. 9."""
    parts = [
        show(
            f"joint_{method}_{number}",
            draw_joint(example, inputs.rng),
            f"{shown_name(method)}, S/N {example.signal_to_noise:.0f}.",
        )
        for method, examples in inputs.joint.items()
        for number, example in enumerate(examples)
    ]
    return Section(
        "joint",
        "Joint posteriors",
        "Of a few galaxies drawn at random: contours hold 68.27 and 95.45%, dashes are the median"
        " and the 68.27% interval, orange is the truth.",
        parts,
    )


def crops_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Crops of the spatial transformer: Fig. 5."""
    parts = [
        show(
            f"crops_{method}",
            draw_crops(examples),
            f"{shown_name(method)}: the galaxies that are cropped most, then those that are"
            " cropped least; the frame is what is kept.",
            wide=True,
        )
        for method, examples in inputs.crops.items()
    ]
    return Section(
        "crops",
        "What the spatial transformer keeps",
        "The network learns without being told to look at as much of the stamp as a galaxy needs."
        if parts
        else "None of the methods has a spatial transformer, or none tells of its scale.",
        parts,
    )


def peers_section(inputs: MorphologyInputs) -> Section:
    """Other codes on the same stamps."""
    peers = inputs.tables["peers"]
    title = "Beside other codes"
    if len(peers) == 0:
        return Section(
            "peers",
            title,
            "No other code was run: install the extra 'peers' for statmorph and"
            " photutils, and set n_galaxies of the task peers.",
        )
    rows = [
        [
            shown_name(str(row["method"])),
            TARGET_NAMES[str(row["target"])],
            f"{row['nGalaxies']:,}",
            (f"{row['bias']:+.3f}", f"{row['biasErr']:.3f}"),
            shown_number(row["scatter"]),
            shown_number(row["typicalError"]),
            f"{100 * row['outliers']:.1f}%",
            f"{100 * row['failed']:.1f}%",
            f"{1e3 * row['seconds']:,.3g}",
        ]
        for stem in STEMS
        for row in peers[np.asarray(peers["target"]) == stem]
    ]
    head = ["", "", "galaxies", "bias", "scatter", "typical error", "off by > 0.5", "failed", "ms"]
    return Section(
        "peers",
        title,
        "All methods on the same stamps: residuals of B/T, relative ones of radius and flux, and"
        " milliseconds of processor time a galaxy. photutils gives a Kron flux and a circular"
        " radius with the PSF still in it; statmorph a single Sersic profile under the PSF;"
        " galsim_fit a bulge (n = 4) and a disk (n = 1) fitted by least squares from one start,"
        " without priors.",
        [table(head, rows, n_text=2)],
    )


def costs_section(inputs: MorphologyInputs) -> Section:
    """Time and memory."""
    rows = [
        [
            shown_name(str(row["method"])),
            str(row["model"]),
            f"{row['stampSize']}",
            str(row["device"]) or "–",
            f"{row['nGalaxies']:,}",
            f"{1e3 * row['seconds']:,.3g}",
            f"{1e3 * row['elapsed']:,.3g}",
            f"{1 / row['seconds']:,.3g}",
            shown_number(row["peakMemory"], 1),
        ]
        for row in inputs.tables["costs"]
    ]
    head = ["", "model", "stamp [pixel]", "device", "galaxies", "ms, processor", "ms, clock"]
    return Section(
        "costs",
        "What it costs",
        "Time of one galaxy from cutout to posterior, of the quickest set, after a first batch that"
        " loads the model; galaxies a second of processor time; and the most memory of the process,"
        " sets and libraries included.",
        [table([*head, "galaxies a second", "memory [GB]"], rows, n_text=2)],
    )
