"""Where a run's datasets live: images in patches in the run, each with its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .levels import Level
from .results import UnitResult
from .units import Unit
from .workspace import Workspace

__all__ = ["Place", "make_places"]


@dataclass(eq=False)
class Place:
    """One image, one patch, or the run.

    Parameters
    ----------
    level : `Level`
        Which of the three.
    unit : `Unit`
        What it is made from.
    result : `UnitResult`
        What became of it.
    inside : `list` [`Place`]
        The places that lie in it, patch by patch.
    around : `list` [`Place`]
        The places that it lies in.
    space : `Workspace` or `None`
        Its datasets; `None` where this process has not taken it up.
    opened : `bool`
        Whether this run has opened its folder.
    """

    level: Level
    unit: Unit
    result: UnitResult
    inside: list[Place] = field(default_factory=list)
    around: list[Place] = field(default_factory=list)
    space: Workspace | None = None
    opened: bool = False

    @property
    def is_usable(self) -> bool:
        """Neither it nor its patch has failed."""
        own = (self, *(place for place in self.around if place.level == Level.PATCH))
        return not any(place.result.error for place in own)

    def stores(self) -> dict[Level, list[Workspace]]:
        """Workspaces that a task of this place may read, by level."""
        inside = [place for place in self.inside if place.is_usable]
        places = [self, *inside, *self.around]
        return {
            level: [p.space for p in places if p.level == level and p.space is not None]
            for level in Level
        }

    def alone(self) -> Place:
        """Copy it for another process: with what it reads, without what those have read."""
        inside = [replace(place, inside=[], around=[], space=None) for place in self.inside]
        around = [replace(place, inside=[], around=[], space=None) for place in self.around]
        return replace(self, inside=inside, around=around, space=None)


def make_places(
    folder: Path, images: Sequence[Unit], patches: Sequence[Unit]
) -> dict[Level, list[Place]]:
    """Lay out the places of a run.

    Parameters
    ----------
    folder : `pathlib.Path`
        Of the run; each image and each patch has one in it.
    images, patches : sequences of `Unit`
        As `group_patches` gives them; without patches, images lie in the run
        alone.

    Returns
    -------
    places : `dict` [`Level`, `list` [`Place`]]
    """

    def place(level: Level, unit: Unit) -> Place:
        return Place(level, unit, UnitResult(unit.name, folder / unit.name))

    whole = Place(Level.RUN, Unit("the run"), UnitResult("the run", folder))
    by_name = {unit.name: place(Level.PATCH, unit) for unit in patches}
    places = {
        Level.IMAGE: [place(Level.IMAGE, unit) for unit in images],
        Level.PATCH: list(by_name.values()),
        Level.RUN: [whole],
    }
    for image in places[Level.IMAGE]:
        image.around = [by_name[image.unit.patch], whole] if patches else [whole]
    for patch in places[Level.PATCH]:
        patch.around = [whole]
    for inner in (*places[Level.IMAGE], *places[Level.PATCH]):
        for outer in inner.around:
            outer.inside.append(inner)
    return places
