"""Parts of the report that hold the ground against space images."""

from __future__ import annotations

import numpy as np

from ...evaluation.skies.recognition import LABELS
from ..charts import shown_name
from ..page import Section, picture, table
from ..report_inputs import with_error
from .curves import draw_morphology
from .galleries import as_png
from .inputs import SkyInputs, of_half, show_gallery

__all__ = ["morphology_section", "space_morphology_section", "space_section"]


def space_section(inputs: SkyInputs, files: dict[str, bytes]) -> Section | None:
    rates = inputs.of("space")
    if rates is None:
        return None
    columns = {
        "recall": "recall",
        "precision": "precision",
        "placeError": "place [″]",
        "unrecognised": "unrecognised",
        "recognised": "recognised",
        "pure": "pure",
    }
    rows = []
    for row in rates:
        cells = [with_error(row, name, 2) for name in columns]
        name = shown_name(str(row["peakFinder"]))
        rows.append([name, row["bin"], row["nSpace"], *cells[:3], row["nGround"], *cells[3:]])
    head = ["", "S/N", "space objects", *list(columns.values())[:3], "ground objects"]
    head += list(columns.values())[3:]
    labels = "; ".join(f"{name}: {text}" for name, text in LABELS.items())
    return Section(
        "space",
        "Space against ground",
        f"{rates['nFields'].max()} fields. Space objects count from the least point-source S/N on"
        " the ground; recall is the share with a peak within the match radius, precision the share"
        " of peaks with an object. Ground objects are labelled by the ellipse matching of"
        f" SITCOMTN-128 ({labels}); shares are of those that are not ignored. The S/N of ground"
        " objects is that of their peak. Errors come from drawing footprints anew; a single"
        " footprint tells none.",
        [table(head, rows, 2), *show_gallery(inputs, files, "space")],
    )


def morphology_section(inputs: SkyInputs, files: dict[str, bytes]) -> Section | None:
    rates = inputs.of("morphology")
    if rates is None:
        return None
    columns = ("Bias", "Scatter", "Covered68", "Covered95")
    rows = []
    for row in rates:
        cells = [with_error(row, f"{name}{c}", 2) for name in ("flux", "radius") for c in columns]
        size = f"{row['radius']:.2g}"
        rows.append(
            [
                f"{row['sample']}, {row['kind']}",
                row["half"],
                size,
                f"{row['snr']:g}",
                row["nGalaxies"],
                *cells,
            ]
        )
    head = ["", "half", "Re [″]", "S/N", "galaxies", "flux: bias", "scatter", "68%", "95%"]
    head += ["radius: bias", "scatter", "68%", "95%"]
    first = np.unique(np.asarray(rates["seeing"], float))[0]
    files["morphology.png"] = as_png(
        draw_morphology(of_half(rates[np.isclose(rates["seeing"], first)], inputs.half))
    )
    return Section(
        "morphology",
        "Morphology of single galaxies",
        "The same galaxies, measured at their true places: ln(measured / true) of the posterior's"
        " median, and the share of which its middle 68 and 95% hold the truth. The true radius is"
        " the major axis of the ellipse, of the smooth part's shape, that holds half of the light.",
        [
            table(head, rows, 2),
            picture("morphology.png", "Bias and coverage against S/N.", wide=True),
        ],
    )


def space_morphology_section(inputs: SkyInputs, files: dict[str, bytes]) -> Section | None:
    outcomes = inputs.of("space_morphology")
    if outcomes is None:
        return None
    rows = []
    for row in outcomes:
        cells = []
        for name, true in (("flux", "trueFlux"), ("radius", "trueRadius")):
            half = (row[f"{name}_p84135"] - row[f"{name}_p15865"]) / 2
            cells += [f"{row[true]:.3g}", (f"{row[f'{name}_p50']:.3g}", f"{half:.2g}")]
        place = f"{row['f_x']:.1f}, {row['f_y']:.1f}"
        flagged = "unlike the training" if row["unusual"] else ""
        rows.append([row["field"], place, flagged, f"{row['significance']:.0f}", *cells])
    head = ["field", "x, y", "", "S/N", "flux, space [nJy]", "measured"]
    head += ["radius, space [″]", "measured"]
    return Section(
        "space_morphology",
        "Morphology against space",
        "Ground objects with a space object. The space image's radius is its circular half-light"
        " radius, less the PSF, over the root of the axis ratio, and within 2.5 Kron radii.",
        [table(head, rows, 3)],
    )
