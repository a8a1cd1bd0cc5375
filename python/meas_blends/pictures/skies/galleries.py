"""Pictures that belong to scores on real skies, kept as folders of their own."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ...detection.complete import complete_coadd
from ...evaluation.skies.compare import FieldComparison
from ...evaluation.skies.finders import Finder
from ...evaluation.skies.seen import Seen
from ...evaluation.skies.sources import all_sources, draw_singles
from ...evaluation.skies.templates import Template
from ...simulation.survey import Survey
from ..page import Section, make_page, picture
from .stamps import draw_field, draw_scene, draw_templates

__all__ = ["as_png", "fields_gallery", "singles_gallery"]


def as_png(figure: Figure) -> bytes:
    """Bytes of a figure as PNG."""
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()


def singles_gallery(
    finders: Mapping[str, Finder],
    templates: Sequence[Template],
    survey: Survey,
    settings: Mapping[str, Any],
    snr: float,
) -> dict[str, bytes]:
    """Draw real single galaxies, from space and from the ground.

    Parameters
    ----------
    finders : mapping of `str` to `~meas_blends.evaluation.skies.finders.Finder`
        Peak finders by name.
    templates : sequence of `~meas_blends.evaluation.skies.templates.Template`
        Real galaxies.
    survey : `~meas_blends.simulation.survey.Survey`
        That sees them.
    settings : mapping
        ``snr``, ``radius``, ``seeing``, ``samples``, ``references`` and
        ``seed`` of `~meas_blends.evaluation.skies.singles.singles`.
    snr : `float`
        S/N that is drawn, or the nearest of ``settings["snr"]``.

    Returns
    -------
    files : `dict` [`str`, `bytes`]
        ``index.html`` and PNG: ``templates`` and ``singles_SIZE``.
    """
    files: dict[str, bytes] = {}
    if templates:
        files["templates.png"] = as_png(draw_templates(templates))
    nearest = min(settings["snr"], key=lambda one: abs(np.log(one / snr)))
    sources = all_sources(templates, settings["samples"], settings["references"], settings["seed"])
    seeing = list(settings["seeing"])[:1]
    for scene in draw_singles(
        sources, survey, [nearest], settings["radius"], seeing, 1, settings["seed"]
    ):
        size = max(scene.facts["radius"])
        coadd = complete_coadd(scene.mosaic.coadd)
        seen = {name: Seen.of(finder, coadd) for name, finder in finders.items()}
        files[f"singles_{size:g}.png"] = as_png(draw_scene(scene, seen))
    return {"index.html": _page("Real single galaxies", files), **files}


def fields_gallery(comparisons: Mapping[str, FieldComparison]) -> dict[str, bytes]:
    """Draw fields from the ground and from space.

    Parameters
    ----------
    comparisons : mapping of `str` to `~meas_blends.evaluation.skies.compare.FieldComparison`
        By the names of the fields.

    Returns
    -------
    files : `dict` [`str`, `bytes`]
        ``index.html`` and PNG, ``field_NUMBER``.
    """
    files = {
        f"field_{number}.png": as_png(draw_field(comparison))
        for number, comparison in enumerate(comparisons.values())
    }
    captions = dict(zip(files, comparisons, strict=True))
    return {"index.html": _page("Space against ground", files, captions), **files}


def _page(
    title: str, files: Mapping[str, bytes], captions: Mapping[str, str] | None = None
) -> bytes:
    """A page that shows all pictures."""
    captions = captions or {}
    parts = [picture(name, captions.get(name, name), wide=True) for name in files]
    return make_page(title, "", [Section("pictures", "Pictures", "", parts)]).encode()
