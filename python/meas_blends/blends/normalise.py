"""The slides' normalisation of cutouts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .cutouts import cut_footprints
from .detections import Detections

__all__ = ["Normalisation"]


@dataclass(frozen=True)
class Normalisation:
    """From footprints to the vectors that the slides' classifiers take.

    "Preprocessing" of the slides (Buchanan et al. 2022, Sec. 3.1): a square
    cutout, zero outside the footprint, divided by the largest value of the
    training cutouts. Their coadds hold the sky: inside the footprint every
    pixel has that pedestal, so that cutouts differ first of all by the
    footprint's shape.

    Parameters
    ----------
    size : `int`
        Side of the cutouts [pixel], odd.
    pedestal : `float`
        The sky, in units of the noise of a pixel; 0 for sky-subtracted cutouts.
    maximum : `float`
        Largest value of the training cutouts.
    """

    size: int
    pedestal: float
    maximum: float

    def __call__(self, detections: Detections) -> np.ndarray:
        """Normalised cutouts of all footprints, float32 (n, size^2)."""
        filtered, pixels = detections.filtered, detections.pixels
        images = cut_footprints(filtered, pixels, self.size, self.pedestal)
        return images.reshape(len(images), self.size**2) / np.float32(self.maximum)
