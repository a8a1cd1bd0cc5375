"""The sections of a report on morphology: a sentence, tables and pictures to each."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from ..page import Section, picture, table
from .inputs import MorphologyInputs
from .sections_examples import costs_section, crops_section, joint_section, peers_section
from .sections_limits import bounds_section, components_section, labels_section
from .sections_posteriors import (
    coverage_section,
    residuals_section,
    trends_section,
    widths_section,
)

__all__ = ["all_sections"]


def all_sections(inputs: MorphologyInputs, keep: Callable[[str, Figure], None]) -> list[Section]:
    """Make the sections of a report that there is something to say in.

    Parameters
    ----------
    inputs : `MorphologyInputs`
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

    sections = [
        coverage_section(inputs, show),
        residuals_section(inputs, show),
        trends_section(inputs, show),
        widths_section(inputs, show),
        components_section(inputs, show),
        labels_section(inputs, show),
        bounds_section(inputs, show),
        joint_section(inputs, show),
        crops_section(inputs, show),
        peers_section(inputs, show),
        costs_section(inputs),
    ]
    making = Section(
        "making",
        "How this was made",
        "Every number of the tables is in the ECSV files beside this page. With"
        " blendtask, run.json beside this folder and in the folder of each set holds all settings,"
        " seeds, model packages with their hashes, and times.",
        [table(["what", "value"], list(inputs.facts), n_text=2)],
    )
    return [*sections, making]
