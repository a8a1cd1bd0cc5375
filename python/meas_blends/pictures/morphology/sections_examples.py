"""Sections on single galaxies, other codes and costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table

from ...evaluation.morphology.values import TARGET_NAMES
from ..charts import shown_name
from ..page import Section, table
from ..report_inputs import shown_number, with_error
from .binned import shown_bin
from .cutouts import draw_crops, draw_joint
from .inputs import MorphologyInputs, Show
from .scatter import draw_peers, measured

__all__ = ["costs_section", "crops_section", "joint_section", "peers_section"]

#: Of fewer galaxies than this a median says nothing.
_FEW = 5

#: Targets in the table of peers: B/T last, which few of them give.
_PEER_ORDER = ("flux", "halfLightRadius", "bulgeToTotal")


def joint_section(inputs: MorphologyInputs, show: Show) -> Section:
    """Joint posteriors: Fig. 9 of the paper."""
    parts = [
        show(
            f"joint_{method}_{number}",
            draw_joint(example, inputs.rng),
            f"{shown_name(method)}, S/N {example.signal_to_noise:,.0f}.",
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
    """Crops of the spatial transformer: Fig. 5 of the paper."""
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


def peers_section(inputs: MorphologyInputs, show: Show) -> Section:
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
    methods = list(dict.fromkeys(np.asarray(peers["method"]).tolist()))
    # The estimators keep their colours.
    methods = [*inputs.methods, *(name for name in methods if name not in inputs.methods)]
    head = ["S/N", "", "galaxies", *(f"{TARGET_NAMES[stem]} scatter" for stem in _PEER_ORDER)]
    head += [f"{TARGET_NAMES[stem]} bias" for stem in _PEER_ORDER]
    return Section(
        "peers",
        title,
        "All methods on the same stamps: robust scatter and median of residuals, relative of flux"
        " and radius, over the galaxies that have not failed, by S/N; and milliseconds of processor"
        " time a galaxy. A dash is for fewer than five galaxies. photutils gives a Kron flux and a"
        " circular radius with the PSF still in it; statmorph a single Sersic profile under the"
        " PSF, and fails where it calls its own fit bad; galsim_fit a bulge (n = 4) and a disk"
        " (n = 1) fitted by least squares from one start, without priors. They are told the"
        " PSF, and that the noise is white.",
        [
            table([*head, "failed", "ms"], _peer_rows(peers, methods), n_text=2),
            show(
                "peers",
                draw_peers(peers, methods),
                "Robust scatter in bins of S/N with at least ten galaxies, whose numbers stand"
                " above.",
                wide=True,
            ),
        ],
    )


def _peer_rows(peers: Table, methods: Sequence[str]) -> list[list[object]]:
    """Rows of the table of peers: each bin of S/N, and in it each method."""
    rows = []
    bins = {(float(row["low"]), float(row["high"])) for row in peers if row["quantity"] != "all"}
    for low, high in [*sorted(bins), (np.nan, np.nan)]:
        name = shown_bin(low, high) if np.isfinite(low) else "all"
        in_bin = np.isclose(np.asarray(peers["low"], float), low, equal_nan=True)
        for method in methods:
            part = peers[in_bin & (np.asarray(peers["method"]) == method)]
            of = {str(row["target"]): row for row in part}
            if not of:
                continue
            enough = {stem for stem, row in of.items() if measured(row) >= _FEW}
            scatters = [
                with_error(of[stem], "scatter") if stem in enough else "–" for stem in _PEER_ORDER
            ]
            biases = [f"{of[stem]['bias']:+.3f}" if stem in enough else "–" for stem in _PEER_ORDER]
            first = next(iter(of.values()))
            rows.append(
                [
                    name,
                    shown_name(method),
                    f"{first['nGalaxies']:,}",
                    *scatters,
                    *biases,
                    f"{100 * first['failed']:.0f}%",
                    _three_digits(1e3 * first["seconds"]),
                ]
            )
            name = ""
    return rows


def costs_section(inputs: MorphologyInputs) -> Section:
    """Time and memory."""
    rows = [
        [
            shown_name(str(row["method"])),
            str(row["model"]),
            f"{row['stampSize']}",
            str(row["device"]) or "–",
            f"{row['nGalaxies']:,}",
            _three_digits(1e3 * row["seconds"]),
            _three_digits(1e3 * row["elapsed"]),
            _three_digits(1 / row["seconds"]),
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


def _three_digits(value: float) -> str:
    """Write a positive number with three digits, and no exponent."""
    return f"{float(f'{value:.3g}'):,g}"
