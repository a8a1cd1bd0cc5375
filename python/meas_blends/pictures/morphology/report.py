"""The report on morphology: one page, and its pictures beside it."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

from ..page import make_page
from .inputs import MorphologyInputs
from .sections import all_sections

__all__ = ["make_report"]


def make_report(inputs: MorphologyInputs) -> dict[str, bytes]:
    """Draw all pictures and set the page.

    Parameters
    ----------
    inputs : `~meas_blends.pictures.morphology.inputs.MorphologyInputs`

    Returns
    -------
    files : `dict` [`str`, `bytes`]
        ``index.html`` and its pictures as PNG.
    """
    files: dict[str, bytes] = {}

    def keep(name: str, figure: Figure) -> None:
        content = io.BytesIO()
        figure.savefig(content, format="png")
        files[f"{name}.png"] = content.getvalue()

    sections = all_sections(inputs, keep)
    outcomes = inputs.outcomes
    first = outcomes[outcomes["method"] == inputs.methods[0]]
    singles = (first["component"] != "double").sum()
    lead = (
        f"{len(first):,} simulated galaxies of known truth, of which {singles:,} have one"
        f" component, measured by {len(inputs.methods)}"
        f" {'estimator' if len(inputs.methods) == 1 else 'estimators side by side'}."
    )
    page = make_page("Morphology: how the estimators did", lead, sections)
    return {"index.html": page.encode(), **files}
