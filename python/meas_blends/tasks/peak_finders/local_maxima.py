"""LSST's own rule."""

from __future__ import annotations

import numpy as np
from lsst.pex.config import Config, Field
from lsst.pipe.base import Struct, Task

from ...blends.maxima import find_maxima
from ...blends.peaks import has_sharp, make_classification, make_peaks
from ...data.footprints import PixelLists
from ...data.tiles import TILE
from ...detection.matched_filter import FilteredCoadd

__all__ = ["LocalMaximaConfig", "LocalMaximaTask"]


class LocalMaximaConfig(Config):
    """Configuration of `LocalMaximaTask`."""

    threshold = Field[float](
        doc="Point-source S/N that a peak must exceed. LSST's rule takes the detection threshold:"
        " change the two together.",
        default=5.0,
    )


class LocalMaximaTask(Task):
    """Every local maximum of the smoothed image is a peak, as in LSST."""

    ConfigClass = LocalMaximaConfig
    _DefaultName = "localMaxima"

    def is_too_large(self, area: np.ndarray) -> np.ndarray:
        """Whether footprints whose bounding boxes have such areas [pixel] are better cut up."""
        return area > TILE**2

    def run_piece(self, filtered: FilteredCoadd, pixels: PixelLists) -> Struct:
        """Find the peaks in pieces of footprints: what `run` does with whole ones."""
        return self.run(filtered, pixels)

    def run(self, filtered: FilteredCoadd, pixels: PixelLists) -> Struct:
        """Find the peaks of all footprints.

        Parameters
        ----------
        filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
        pixels : `~meas_blends.data.footprints.PixelLists`

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``classification`` and ``peaks``. There is no probability, and
            ``f_x``, ``f_y`` are pixel centres, as in LSST.
        """
        candidates = find_maxima(filtered, pixels, self.config.threshold)
        n_peaks = candidates.counts(len(pixels.identifiers))
        return Struct(
            classification=make_classification(
                pixels, n_peaks, "local_maxima", flags=has_sharp(filtered, pixels)
            ),
            peaks=make_peaks(filtered, pixels, candidates, "local_maxima"),
        )
