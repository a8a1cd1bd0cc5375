"""Normalised cutouts of several bands, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import BadInputError
from .cutouts import cut_footprints
from .detections import Detections

__all__ = ["BandNormalisation"]


@dataclass(frozen=True)
class BandNormalisation:
    """From footprints to vectors that hold their cutouts in every band.

    Each band is cut out where the footprints of the reference band are, and
    divided by the largest value of its own training cutouts, as
    `~meas_blends.blends.normalise.Normalisation` does with one band.

    Parameters
    ----------
    size : `int`
        Side of the cutouts [pixel], odd.
    pedestal : `float`
        The sky of the reference band's cutouts, in units of the noise; the
        others have none, for the footprint's shape is the same.
    bands : `tuple` [`str`]
        Names of the other bands, in order.
    maxima : `tuple` [`float`]
        Largest value of the training cutouts in the reference band, and in
        each of the others.
    """

    size: int
    pedestal: float
    bands: tuple[str, ...]
    maxima: tuple[float, ...]

    @property
    def maximum(self) -> float:
        """That of the reference band."""
        return self.maxima[0]

    @property
    def n_blocks(self) -> int:
        """Bands, the reference included."""
        return 1 + len(self.bands)

    def __call__(self, detections: Detections) -> np.ndarray:
        """Normalised cutouts of all footprints, float32 (n, n_blocks * size^2).

        Raises
        ------
        BadInputError
            If a band is missing.
        """
        missing = [band for band in self.bands if band not in detections.others]
        if missing:
            there = ", ".join(detections.others) or "none"
            raise BadInputError(
                f"{detections.filtered.coadd.name}: the classifier needs the bands"
                f" {', '.join(self.bands)} beside it, and there are {there}; give all of them."
            )
        bands = [detections.filtered, *(detections.others[band] for band in self.bands)]
        pedestals = [self.pedestal, *[0.0] * len(self.bands)]
        blocks = [
            cut_footprints(filtered, detections.pixels, self.size, pedestal).reshape(
                len(detections), self.size**2
            )
            / np.float32(maximum)
            for filtered, pedestal, maximum in zip(bands, pedestals, self.maxima, strict=True)
        ]
        return np.concatenate(blocks, axis=1)
