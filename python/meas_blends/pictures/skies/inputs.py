"""What the report on real skies is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from astropy.table import Table

from ...data.pages import Pages
from ..page import picture

__all__ = ["SkyInputs", "finders_in", "of_half", "show_gallery"]

#: Captions of the galleries' pictures, by the beginnings of their names.
_CAPTIONS = {
    "templates": "Real galaxies: the stamp, its light without noise, and what is left.",
    "singles": "Single galaxies as the ground sees them, with the peaks of each finder.",
    "field": "A field from the ground, with peaks (squares: unrecognised blends), and from space:"
    " circles are objects that count.",
}


@dataclass(frozen=True)
class SkyInputs:
    """What the report is made of.

    Parameters
    ----------
    tables : mapping of `str` to `astropy.table.Table`
        ``singles``, ``pairs``, ``space``, ``morphology``: rates; and
        ``images`` (`~meas_blends.data.real_sky_tables.SINGLES` of images) and
        ``space_morphology``. Those that are missing or empty are left out.
    galleries : mapping of `str` to `~meas_blends.data.pages.Pages`
        ``singles`` and ``space``.
    half : `str`
        Which half of the real galaxies was used.
    facts : sequence of `tuple` [`str`, `str`]
        How it was made: what, and its value.
    """

    tables: Mapping[str, Table]
    galleries: Mapping[str, Pages] = field(default_factory=dict)
    half: str = "held"
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)

    def of(self, name: str) -> Table | None:
        """A table that is there and has rows, else `None`."""
        found = self.tables.get(name)
        return found if found is not None and len(found) else None


def finders_in(rates: Table) -> list[str]:
    return list(dict.fromkeys(str(name) for name in np.sort(np.asarray(rates["peakFinder"]))))


def show_gallery(inputs: SkyInputs, files: dict[str, bytes], name: str) -> list[str]:
    """Pictures of a gallery, copied beside the page."""
    pages = inputs.galleries.get(name)
    parts = []
    for file, content in pages.files.items() if pages else ():
        if file.endswith(".png"):
            files[f"{name}_{file}"] = content
            caption = _CAPTIONS.get(file.partition("_")[0].partition(".")[0], file)
            parts.append(picture(f"{name}_{file}", caption, wide=True))
    return parts


def of_half(rates: Table, half: str) -> Table:
    """Rows of one half of the real galaxies, and of what is no real galaxy.

    Of both halves there are rows of their own, if there are galaxies of both.
    """
    halves = np.asarray(rates["half"])
    real = set(halves.tolist()) - {""}
    wanted = half if half in real else next(iter(sorted(real)), "")
    return rates[(halves == wanted) | (halves == "")]
