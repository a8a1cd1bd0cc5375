"""Parts of the report that are on galaxies drawn as the ground sees them."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from ...evaluation.skies.templates import CONTROLS
from ..charts import shown_name
from ..page import Section, picture, table
from ..report_inputs import shown_number, with_error
from .curves import draw_pairs, draw_singles
from .galleries import as_png
from .inputs import SkyInputs, finders_in, of_half, show_gallery

__all__ = ["images_section", "pairs_section", "singles_section"]


def singles_section(inputs: SkyInputs, files: dict[str, bytes]) -> Section | None:
    rates = inputs.of("singles")
    if rates is None:
        return None
    finders = finders_in(rates)
    first = np.unique(np.asarray(rates["seeing"], float))[0]
    seen = rates[np.isclose(np.asarray(rates["seeing"], float), first)]
    parts = [
        _single_table(seen, name, column, caption)
        for name in finders
        for column, caption in (
            ("falseBlends", "share with more than one peak"),
            ("mainFlux", "median share of the light that the main peak keeps"),
        )
    ]
    captions = {
        "falseBlends": "False blends.",
        "mainFlux": "Flux kept by the main peak.",
        "blendProbability": "Stated blend probability.",
    }
    for column, caption in captions.items():
        drawn = of_half(seen, inputs.half)
        if not np.any(drawn["half"] != ""):
            continue
        files[f"{column}.png"] = as_png(draw_singles(drawn, column, finders))
        parts.append(picture(f"{column}.png", caption, wide=True))
    parts += show_gallery(inputs, files, "singles")
    controls = "; ".join(f"{name}, {text}" for name, text in CONTROLS.items())
    return Section(
        "singles",
        "Single galaxies",
        "Each of these images holds one galaxy. S/N is of a filter of the galaxy's own shape in the"
        " noise of the sky; Re is the radius of the circle that holds half of its light before the"
        " PSF. A structured galaxy has more than 6% of its light beside the best smooth one. The"
        " templates are smooth galaxies behind the space telescope's PSF, which go on beyond the"
        " stamp's border, and what stands out beside them from the stamp's noise by 4.5 sigma; so"
        f" neither noise nor a cut border is taken for structure. The controls: {controls}. The"
        " light is shared among the peaks of a footprint by symmetric templates. Errors come from"
        f" drawing galaxies anew. Seeing {first:g} arcsec.",
        parts,
    )


def _single_table(rates: Table, finder: str, column: str, caption: str) -> str:
    """S/N across, sample, kind, half and radius down."""
    mine = rates[np.asarray(rates["peakFinder"]) == finder]
    ratios = np.unique(np.asarray(mine["snr"], float))
    rows = []
    for group in mine.group_by(["sample", "kind", "half", "radius"]).groups:
        first = group[0]
        cells: list[object] = []
        for ratio in ratios:
            at = group[np.isclose(np.asarray(group["snr"], float), ratio)]
            cells.append(with_error(at[0], column, 2) if len(at) else "–")
        name = first["sample"] if first["sample"] == first["kind"] else _called(first)
        rows.append([name, first["half"], f"{first['radius']:.2g}", first["nGalaxies"], *cells])
    head = ["", "half", "Re [″]", "galaxies", *(f"S/N {ratio:g}" for ratio in ratios)]
    return table(head, rows, 2, f"{shown_name(finder)}: {caption}")


def _called(row: Table.Row) -> str:
    return f"{row['sample']}, {row['kind']}"


def images_section(inputs: SkyInputs, files: dict[str, bytes]) -> Section | None:
    outcomes = inputs.of("images")
    if outcomes is None:
        return None
    finders = finders_in(outcomes)
    rows = []
    for group in outcomes.group_by("galaxy").groups:
        cells = []
        for finder in finders:
            one = group[np.asarray(group["peakFinder"]) == finder]
            cells += [one["nPeaks"][0], shown_number(one["mainFlux"][0], 2)]
        rows.append([group["galaxy"][0], f"{group['snr'][0]:.0f}", *cells])
    head = ["galaxy", "S/N"]
    for finder in finders:
        head += [f"{shown_name(finder)}: peaks", "keeps"]
    return Section(
        "images",
        "Images of single galaxies",
        "Images that others made: each footprint counts as one galaxy, named by its brightest"
        " pixel.",
        [table(head, rows)],
    )


def pairs_section(inputs: SkyInputs, files: dict[str, bytes]) -> Section | None:
    rates = inputs.of("pairs")
    if rates is None:
        return None
    finders = finders_in(rates)
    parts = []
    for settings in rates.group_by(["seeing", "radius", "snr"]).groups:
        for finder in finders:
            mine = settings[np.asarray(settings["peakFinder"]) == finder]
            parts.append(_pair_table(mine, finder))
    first = rates.group_by(["seeing", "radius", "snr"]).groups[0]
    drawn = of_half(first, inputs.half)
    captions = {
        "bothFound": "Share of the pairs of which each galaxy has a peak.",
        "placeError": "Distance of the brighter galaxy's peak, root mean square, where both are"
        " found.",
        "overcounted": "Share with more peaks than two.",
    }
    for column, caption in captions.items():
        files[f"pairs_{column}.png"] = as_png(draw_pairs(drawn, column, finders))
        parts.append(picture(f"pairs_{column}.png", caption, wide=True))
    return Section(
        "pairs",
        "Injected pairs",
        "Two galaxies of one half, put beside one another. S/N is of the brighter one alone. A peak"
        " belongs to a galaxy within half an arcsecond, or half the separation where that is less."
        " Errors come from drawing galaxies anew.",
        parts,
    )


def _pair_table(rates: Table, finder: str) -> str:
    """Separation across; sample, half and flux ratio down."""
    apart = np.unique(np.asarray(rates["separation"], float))
    rows = []
    for group in rates.group_by(["sample", "half", "fluxRatio"]).groups:
        first = group[0]
        for column, text in (("bothFound", "both found"), ("companionPlaceError", "place [″]")):
            cells: list[object] = []
            for value in apart:
                at = group[np.isclose(np.asarray(group["separation"], float), value)]
                cells.append(with_error(at[0], column, 2) if len(at) else "–")
            name = (str(first["sample"]), str(first["half"]), f"{first['fluxRatio']:g}", text)
            rows.append([*name, *cells])
    head = ["", "half", "flux ratio", "", *(f"{value:g}″" for value in apart)]
    row = rates[0]
    caption = (
        f"{shown_name(finder)}: S/N {row['snr']:g}, Re {row['radius']:.2g}″, seeing"
        f" {row['seeing']:.2g}″, {rates['nPairs'].max()} pairs; place is the companion's"
    )
    return table(head, rows, 4, caption)
