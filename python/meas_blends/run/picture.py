"""The picture of one image or patch, drawn from its datasets and kept as one of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..pictures.blends import draw_blends
from .view import find_view
from .workspace import Workspace

__all__ = ["PICTURE_NAME", "make_picture"]

PICTURE_NAME = "blends.png"


def make_picture(space: Workspace, images: Sequence[Workspace] = ()) -> Path | None:
    """Draw the picture of an image or patch, unless it is there and of the same datasets.

    Parameters
    ----------
    space, images
        As `find_view` takes them.

    Returns
    -------
    path : `pathlib.Path` or `None`
        ``None`` if there are no footprints or no coadd.
    """
    view = find_view(space, images)
    if view is None:
        return None

    def draw(path: Path) -> None:
        draw_blends(view.coadd, *view.tables()).savefig(path)

    return space.derive("picture", PICTURE_NAME, view.sources(), draw)
