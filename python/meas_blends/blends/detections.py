"""What a blend classifier sees of an image, and what training scenes add to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..data.footprints import PixelLists
from ..detection.matched_filter import FilteredCoadd
from .conditions import conditions_at
from .maxima import Candidates

__all__ = ["Detections", "LabelledDetections"]


@dataclass(frozen=True)
class Detections:
    """The footprints of one image, with the image they were found in.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
        Background-subtracted image, smoothed image, point-source S/N.
    pixels : `~meas_blends.data.footprints.PixelLists`
        Pixels of the n footprints.
    maxima : `~meas_blends.blends.maxima.Candidates`
        Their local maxima, at least one each, brightest first.
    others : `dict` [`str`, `FilteredCoadd`], optional
        The same pixels in other bands, by the names of those, blue to red.
    """

    filtered: FilteredCoadd
    pixels: PixelLists
    maxima: Candidates
    others: Mapping[str, FilteredCoadd] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pixels.identifiers)

    @cached_property
    def conditions(self) -> np.ndarray:
        """What each footprint is seen under, in the middle of its box, (n, 4).

        See `~meas_blends.blends.conditions.conditions_at`.
        """
        coadd = self.filtered.coadd
        places = np.divmod(self.pixels.flat, coadd.shape[1])
        y, x = (
            0.5 * (self.pixels.reduce(np.minimum, one) + self.pixels.reduce(np.maximum, one))
            for one in places
        )
        return conditions_at(self.filtered, x + coadd.xy0[0], y + coadd.xy0[1])

    @property
    def psf_sigma(self) -> np.ndarray:
        """Width of the PSF at each footprint [pixel], (n,)."""
        return self.conditions[:, 0]

    @property
    def n_maxima(self) -> np.ndarray:
        """Local maxima of each footprint, `int` (n,)."""
        return self.maxima.counts(len(self))

    def select(self, keep: np.ndarray) -> Detections:
        """Return the footprints where ``keep``, `bool` (n,), is true."""
        return Detections(
            self.filtered, self.pixels.select(keep), self.maxima.of_footprints(keep), self.others
        )


@dataclass(frozen=True)
class LabelledDetections:
    """Footprints whose true galaxies are known.

    Parameters
    ----------
    detections : `Detections`
        Of n footprints.
    x, y : `numpy.ndarray`, (n_galaxies,)
        Centres of the significant galaxies that lie in footprints, array
        pixels (parent pixels less ``xy0``).
    owner : `numpy.ndarray` of int, (n_galaxies,)
        Row of the footprint that holds each.
    """

    detections: Detections
    x: np.ndarray
    y: np.ndarray
    owner: np.ndarray

    @property
    def n_objects(self) -> np.ndarray:
        """Significant galaxies in each footprint, `int` (n,); 0 is neither blended nor not."""
        return np.bincount(self.owner, minlength=len(self.detections))
