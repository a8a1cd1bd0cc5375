"""The report of an evaluation: one page, and its pictures beside it."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

from .page import make_page
from .report_inputs import ReportInputs
from .sections import all_sections

__all__ = ["make_report"]


def make_report(inputs: ReportInputs) -> dict[str, bytes]:
    """Draw all pictures and set the page.

    Parameters
    ----------
    inputs : `~meas_blends.pictures.report_inputs.ReportInputs`
        Tables and cutouts.

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
    first = inputs.tables["evaluation"][0]
    lead = (
        f"{first['nFootprints']:,} footprints of {first['nScenes']} scenes, of which"
        f" {first['nBlended']:,} ({first['nBlended'] / first['nFootprints']:.1%}) hold more than"
        f" one significant galaxy, classified by {len(inputs.finders)} peak finders side by side."
    )
    page = make_page("Blends: how the peak finders did", lead, sections)
    return {"index.html": page.encode(), **files}
