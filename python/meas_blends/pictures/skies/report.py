"""The report on real skies: one page, and its pictures beside it."""

from __future__ import annotations

import io

from ..page import Section, make_page, table
from .drawn_sections import images_section, pairs_section, singles_section
from .inputs import SkyInputs
from .space_sections import morphology_section, space_morphology_section, space_section

__all__ = ["make_sky_report"]

_HALVES = {
    "held": "the half of the real galaxies that is kept for reports",
    "choose": "the half of the real galaxies that models and settings are chosen on: no report",
    "all": "both halves of the real galaxies, also that which models and settings are chosen on",
}

#: What makes the parts of the page, in order; each gives none where there is nothing to show.
_SECTIONS = (
    singles_section,
    images_section,
    pairs_section,
    space_section,
    morphology_section,
    space_morphology_section,
)


def make_sky_report(inputs: SkyInputs) -> dict[str, bytes]:
    """Draw the pictures and set the page.

    Parameters
    ----------
    inputs : `SkyInputs`

    Returns
    -------
    files : `dict` [`str`, `bytes`]
        ``index.html``, pictures as PNG, and each table as ECSV.
    """
    files: dict[str, bytes] = {}
    sections = []
    for make in _SECTIONS:
        section = make(inputs, files)
        if section is not None:
            sections.append(section)
    sections.append(_making(inputs))
    for name in inputs.tables:
        rows = inputs.of(name)
        if rows is not None:
            text = io.StringIO()
            rows.write(text, format="ascii.ecsv")
            files[f"{name}.ecsv"] = text.getvalue().encode()
    lead = (
        "Real galaxies from space, drawn as the ground sees them, and real fields seen from both."
        f" Of the galaxies, {_HALVES[inputs.half]}."
    )
    page = make_page("Blends on real skies", lead, sections)
    return {"index.html": page.encode(), **files}


def _making(inputs: SkyInputs) -> Section:
    return Section(
        "making",
        "How this was made",
        "Every table lies beside this page as ECSV. With blendtask, run.json beside this folder"
        " holds all settings, seeds and model packages.",
        [table(["what", "value"], [["half", inputs.half], *inputs.facts], n_text=2)],
    )
