"""The picture of one unit, drawn from its datasets and kept as one of them."""

from __future__ import annotations

from pathlib import Path

from ..data.files import write_whole
from ..pictures.blends import draw_blends
from .fingerprint import digest, versions
from .workspace import Workspace

__all__ = ["PICTURE_NAME", "make_picture"]

PICTURE_NAME = "blends.png"
_NEEDED = ("blend_coadd", "blend_spans")
_WANTED = ("blend_classification", "blend_peaks")


def make_picture(space: Workspace) -> Path | None:
    """Draw the picture of a unit, unless it is there and of the same datasets.

    Returns
    -------
    path : `pathlib.Path` or `None`
        ``None`` if the unit has no footprints or no coadd.
    """
    names = [name for name in (*_NEEDED, *_WANTED) if name in space]
    if not set(_NEEDED) <= set(names):
        return None
    fingerprint = digest([versions(), {name: space.fingerprint(name) for name in names}])
    path = space.folder / PICTURE_NAME
    if space.record.fingerprint("picture") == fingerprint:
        return path
    spans, coadd = space["blend_spans"], space["blend_coadd"]
    classification, peaks = (space.get(name) for name in _WANTED)
    figure = draw_blends(coadd, spans, classification, peaks)
    with write_whole(path) as temporary:
        figure.savefig(temporary)
    space.record.add("picture", path, fingerprint, names)
    return path
