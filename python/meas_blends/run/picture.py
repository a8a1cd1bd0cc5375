"""The picture of one image or patch, drawn from its datasets and kept as one of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..data.files import write_whole
from ..pictures.blends import draw_blends
from .fingerprint import digest, versions
from .plan import COADD
from .results import TABLE_PREFIXES
from .workspace import Workspace

__all__ = ["PICTURE_NAME", "make_picture"]

PICTURE_NAME = "blends.png"
_TABLES = ("blend_spans", "blend_classification", "blend_peaks")

#: Band whose image a patch is drawn on, if there is one.
_DRAWN_BAND = "i"


def make_picture(space: Workspace, images: Sequence[Workspace] = ()) -> Path | None:
    """Draw the picture of an image or patch, unless it is there and of the same datasets.

    Parameters
    ----------
    space : `Workspace`
        Has the tables.
    images : sequence of `Workspace`
        Of a patch: its images, of which the one in the i band is drawn, or
        else the middle one.

    Returns
    -------
    path : `pathlib.Path` or `None`
        ``None`` if there are no footprints or no coadd.
    """
    prefix = next((one for one in TABLE_PREFIXES if f"{one}blend_spans" in space), None)
    drawn = _drawn_image(images) if images else space
    if prefix is None or COADD not in drawn:
        return None
    names = [f"{prefix}{table}" for table in _TABLES]
    used = [name for name in names if name in space]
    sources = {name: space.fingerprint(name) for name in used}
    fingerprint = digest([versions(), {**sources, COADD: drawn.fingerprint(COADD)}])
    path = space.folder / PICTURE_NAME
    if space.record.fingerprint("picture") == fingerprint:
        return path
    spans, classification, peaks = (space.get(name) for name in names)
    coadd = drawn[COADD]
    if images:
        coadd = coadd.replace(name=space.folder.name)
    figure = draw_blends(coadd, spans, classification, peaks)
    with write_whole(path) as temporary:
        figure.savefig(temporary)
    space.record.add("picture", path, fingerprint, [COADD, *used])
    return path


def _drawn_image(images: Sequence[Workspace]) -> Workspace:
    wanted = [space for space in images if space.data_id.get("band") == _DRAWN_BAND]
    return wanted[0] if wanted else images[len(images) // 2]
