"""Configuration of real galaxies, of how they are drawn, and of peak finders that look at them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from lsst.pex.config import ChoiceField, Config, Field, ListField
from lsst.pipe.base import Task

from ..data.catalogs import CLASSIFICATION
from ..data.footprints import PixelLists
from ..data.space_galaxies import HALVES, SpaceGalaxy, read_space_galaxies
from ..detection.matched_filter import FilteredCoadd
from ..plugins.registries import peak_finders

if TYPE_CHECKING:
    from ..evaluation.skies.finders import Finder, Found
    from ..evaluation.skies.templates import Template

__all__ = ["DrawingConfig", "FindersConfig", "RealGalaxiesConfig", "chosen_finders"]

#: Names that the samples and references of `DrawingConfig` may have, as of evaluation/skies.
_SAMPLES = ("real", "twin", "raw", "control")
_REFERENCES = (
    "sersic n=1",
    "sersic n=4",
    "sersic n=1 cut at 2 Re",
    "sersic n=4 cut at 6 Re",
    "star",
)

_HALF_DOCS = ("those to choose models and settings on", "those kept for reports", "both")


def _positive(values: Iterable[float]) -> bool:
    return all(0 < value < np.inf for value in values)


class RealGalaxiesConfig(Config):
    """Which real galaxies; a base of task configurations."""

    galaxies = ListField[str](
        doc="Catalogues of real galaxies from space: FITS files with a table GALAXIES and, for each"
        " of its rows, an image and a PSF, or those of GalSim's RealGalaxyCatalog. Without any,"
        " galaxies of known profiles are drawn alone.",
        default=[],
    )
    half = ChoiceField[str](
        doc="Which half of the real galaxies, by their identifiers.",
        allowed=dict(zip(HALVES, _HALF_DOCS, strict=True)),
        default="held",
        optional=False,
    )
    leave_out = ListField[str](
        doc="Identifiers of galaxies that are not wanted: doubles, or stamps with a neighbour.",
        default=[],
    )
    min_significance = Field[float](
        doc="Least S/N of a galaxy's space image; what a fainter one looks like is not known.",
        default=60.0,
        check=lambda value: value > 0,
    )
    max_galaxies = Field[int](
        doc="Most galaxies of all catalogues, those of the highest S/N.",
        default=100,
        check=lambda number: number >= 1,
    )

    def chosen_galaxies(self) -> list[SpaceGalaxy]:
        """Read the galaxies."""
        found = [
            galaxy
            for path in self.galaxies
            for galaxy in read_space_galaxies(path, self.half, list(self.leave_out))
            if galaxy.significance >= self.min_significance
        ]
        found.sort(key=lambda galaxy: (-galaxy.significance, galaxy.name))
        return found[: self.max_galaxies]

    def templates(self) -> list[Template]:
        """Read the galaxies and take their PSF, noise and borders out."""
        # GalSim is slow to import: only where galaxies are drawn.
        from ..evaluation.skies.templates import make_template

        return [make_template(galaxy) for galaxy in self.chosen_galaxies()]


class DrawingConfig(RealGalaxiesConfig):
    """How real galaxies are drawn; a base of task configurations."""

    survey = Field[str](
        doc="Survey that sees them: the name of a shipped one, or a YAML file.", default="lsst_i"
    )
    snr = ListField[float](
        doc="S/N of the galaxies, by a filter of their own shape in the noise of the sky.",
        default=[30.0, 100.0, 300.0, 1000.0],
        listCheck=_positive,
    )
    radius = ListField[float](
        doc="Half-light radii before the PSF, of circles [arcsec].",
        default=[0.3, 0.5, 1.0],
        listCheck=_positive,
    )
    seeing = ListField[float](doc="FWHM of the PSF [arcsec].", default=[0.7], listCheck=_positive)
    samples = ListField[str](
        doc="What is drawn of real galaxies: 'real'; 'twin', their smooth part alone; 'raw', with"
        " the noise and the cut borders of their stamps; 'control', their smooth part, seen from"
        " space with noise and taken apart as real ones are.",
        default=["real", "twin"],
        itemCheck=lambda name: name in _SAMPLES,
    )
    references = ListField[str](
        doc=f"Galaxies of known profiles beside them, some of {', '.join(_REFERENCES)}.",
        default=list(_REFERENCES),
        itemCheck=lambda name: name in _REFERENCES,
    )
    repeats = Field[int](
        doc="Times that each is drawn, turned, moved within a pixel and with other noise.",
        default=4,
        check=lambda number: number >= 1,
    )
    seed = Field[int](doc="Seed of all randomness.", default=1, check=lambda value: value >= 0)


class FindersConfig(Config):
    """Which peak finders look at real skies; a base of task configurations."""

    finders = peak_finders.makeField(
        doc="Peak finders to compare, by name.", default=["gp", "local_maxima"], multi=True
    )
    sep = Field[bool](
        doc="Compare them with Source Extractor's detection and deblending, too?", default=True
    )


def chosen_finders(tasks: Iterable[tuple[str, Task]], sep: bool) -> dict[str, Finder]:
    """Make functions of peak finders.

    Parameters
    ----------
    tasks : iterable of `tuple` [`str`, `lsst.pipe.base.Task`]
        Their names and subtasks.
    sep : `bool`
        Add Source Extractor?

    Returns
    -------
    finders : `dict` [`str`, `~meas_blends.evaluation.skies.finders.Finder`]
    """
    from ..evaluation.skies.finders import plain_sep

    finders = {name: _as_function(task) for name, task in tasks}
    return {**finders, "sep": plain_sep()} if sep else finders


def _as_function(task: Task) -> Finder:
    """A peak finder's subtask as a function of an image and its footprints."""
    from ..evaluation.skies.finders import Found

    def find(filtered: FilteredCoadd, pixels: PixelLists) -> Found:
        result = task.run(filtered, pixels)
        peaks, classification = result.peaks, result.classification
        owner = np.searchsorted(pixels.identifiers, np.asarray(peaks["footprintId"]))
        x0, y0 = filtered.coadd.xy0
        outside = np.asarray(classification["flags"]) & CLASSIFICATION.flag("OUTSIDE_TRAINING")
        return Found(
            owner,
            np.asarray(peaks["f_x"], float) - x0,
            np.asarray(peaks["f_y"], float) - y0,
            np.asarray(classification["blendProbability"], float),
            outside != 0,
        )

    return find
