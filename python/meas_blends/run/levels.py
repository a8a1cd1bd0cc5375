"""How often a task runs, and of what a dataset is: an image, a patch, or the whole run."""

from __future__ import annotations

import enum
from collections.abc import Iterable

__all__ = ["Level", "level_of"]

#: Dimensions that tell one exposure from another, whatever else there is.
_EXPOSURE = frozenset({"visit", "exposure"})


class Level(enum.IntEnum):
    """From the finest to the coarsest.

    A task reads one dataset of its own level and of the coarser ones it lies
    in, and any number (``multiple=True``) of the finer ones that lie in it.
    """

    #: One image: one band of one patch, or one exposure.
    IMAGE = 0
    #: One patch of the sky over all its bands.
    PATCH = 1
    #: Everything that a run goes through.
    RUN = 2

    @property
    def noun(self) -> str:
        """For messages."""
        return ("image", "patch", "run")[self]


def level_of(dimensions: Iterable[str]) -> Level:
    """Read the level from the dimensions of a task or a dataset.

    Parameters
    ----------
    dimensions : iterable of `str`
        Such as ``skymap``, ``tract``, ``patch``, ``band``.

    Returns
    -------
    level : `Level`
        ``patch`` with ``band``, or an exposure, is an image; ``patch`` alone
        is a patch; anything else is the run.
    """
    names = set(dimensions)
    if names & _EXPOSURE or {"patch", "band"} <= names:
        return Level.IMAGE
    return Level.PATCH if "patch" in names else Level.RUN
