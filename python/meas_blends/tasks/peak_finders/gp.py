"""The Gaussian process in place of peak counting."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from lsst.pex.config import Config, Field, RangeField
from lsst.pipe.base import Struct, Task

from ...blends.cutouts import cut_footprints
from ...blends.hidden import find_hidden
from ...blends.maxima import Candidates, find_maxima, refine_centres
from ...blends.peaks import make_classification, make_peaks
from ...data.catalogs import CLASSIFICATION
from ...data.footprints import PixelLists
from ...data.packages import BLEND_GP, find_package
from ...detection.matched_filter import FilteredCoadd

if TYPE_CHECKING:
    from ...blends.gaussian_process import BlendGaussianProcess

__all__ = ["GaussianProcessConfig", "GaussianProcessTask"]


class GaussianProcessConfig(Config):
    """Configuration of `GaussianProcessTask`."""

    model = Field[str](
        doc="Model package: the name of a shipped one, or a folder.", default="gp_lsst_i"
    )
    threshold = RangeField[float](
        doc="Blend probability above which a footprint is called blended; if not given, the"
        " model's own, which has the best balanced accuracy.",
        optional=True,
        default=None,
        min=0.0,
        max=1.0,
        inclusiveMax=True,
    )
    peak_threshold = Field[float](
        doc="Point-source S/N that a local maximum must exceed to become a peak; best the"
        " detection threshold, so change the two together.",
        default=5.0,
    )
    psf_tolerance = RangeField[float](
        doc="Share by which the PSF may be narrower or wider than in training before footprints"
        " are flagged OUTSIDE_TRAINING.",
        default=0.12,
        min=0.0,
    )


class GaussianProcessTask(Task):
    """A Gaussian process says whether a footprint is blended; then it gets its peaks.

    An unblended footprint gets one peak, its brightest local maximum. A
    blended one keeps all its local maxima, and if there is only one, gets a
    second where the sharpened image and the asymmetry about the first point.
    """

    ConfigClass = GaussianProcessConfig
    _DefaultName = "gaussianProcess"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        # Read here, so that a wrong name fails before any image is touched.
        self.package = find_package(self.config.model, BLEND_GP)

    @functools.cached_property
    def model(self) -> BlendGaussianProcess:
        """The trained classifier, built when it is first needed."""
        # MuyGPyS brings torch: pay for it only where a model runs.
        from ...blends.gaussian_process import BlendGaussianProcess

        return BlendGaussianProcess.from_package(self.package)

    def run(self, filtered: FilteredCoadd, pixels: PixelLists) -> Struct:
        """Classify all footprints and find their peaks.

        Parameters
        ----------
        filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
        pixels : `~meas_blends.data.footprints.PixelLists`

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``classification`` and ``peaks``, the latter with sub-pixel
            centres.
        """
        cutouts = cut_footprints(filtered, pixels, self.model.embedding.size)
        maxima = find_maxima(filtered, pixels, self.config.peak_threshold)
        n_maxima = maxima.counts(len(pixels.identifiers))
        probability = self.model.probability(cutouts.images, n_maxima)
        candidates = self._choose(filtered, pixels, maxima, probability)
        counts = self.model.count_probability(probability, n_maxima)
        flags = cutouts.clipped * CLASSIFICATION.flag("CLIPPED") | cutouts.bad * (
            CLASSIFICATION.flag("BAD_PIXELS")
        )
        if self.model.is_outside_training(filtered.sigma, self.config.psf_tolerance):
            self.log.warning(
                "%s: its PSF is unlike those of model %s; train one on scenes like it",
                filtered.coadd.name,
                self.model.label,
            )
            flags = flags | CLASSIFICATION.flag("OUTSIDE_TRAINING")
        return Struct(
            classification=make_classification(
                pixels,
                candidates.counts(len(pixels.identifiers)),
                "gp",
                self.model.label,
                probability,
                counts,
                flags,
            ),
            peaks=make_peaks(
                filtered,
                pixels,
                candidates,
                "gp",
                refine_centres(filtered, candidates),
                self._peak_probability(candidates, counts),
            ),
        )

    def _choose(
        self,
        filtered: FilteredCoadd,
        pixels: PixelLists,
        maxima: Candidates,
        probability: np.ndarray,
    ) -> Candidates:
        """One peak for the unblended, two or more for the blended."""
        threshold = self.config.threshold
        if threshold is None:
            threshold = self.model.calibration.threshold
        blended = probability > threshold
        kept = maxima.select(maxima.first() | blended[maxima.owner])
        return find_hidden(filtered, pixels, kept, blended)

    @staticmethod
    def _peak_probability(candidates: Candidates, counts: np.ndarray) -> np.ndarray:
        """P(at least k objects) for the k-th brightest peak, k capped at 4."""
        starts = np.flatnonzero(candidates.first())
        rank = np.arange(len(candidates.owner)) - starts[candidates.owner]
        at_least = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
        return at_least[candidates.owner, np.minimum(rank, 3)]
