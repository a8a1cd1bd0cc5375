"""Train one blend classifier over several bands, on labelled scenes."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
from lsst.pex.config import Field

from .dimensions import IMAGE, PATCH
from .handles import Handle
from .labelled_bands import LabelledBands, group_scenes
from .train_blend_classifier import (
    TrainBlendClassifierConfig,
    TrainBlendClassifierConnections,
    TrainBlendClassifierTask,
)

__all__ = ["TrainBandsConfig", "TrainBandsConnections", "TrainBandsTask"]


class TrainBandsConnections(TrainBlendClassifierConnections, dimensions=("skymap",)):
    """Scenes in several bands with their truth in, a model package out."""

    coadds = ct.Input(
        doc="Coadds of the scenes in all bands.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    spans = ct.Input(
        doc="Pixels of the scenes' footprints.",
        name="bands_blend_spans",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
        multiple=True,
        deferLoad=True,
    )
    truth = ct.Input(
        doc="The galaxies that are truly there, each once.",
        name="bands_blend_truth",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
        multiple=True,
        deferLoad=True,
    )
    model = ct.Output(
        doc="The trained classifier.",
        name="bands_blend_model",
        storageClass="BlendModelPackage",
        dimensions=("skymap",),
    )


class TrainBandsConfig(TrainBlendClassifierConfig, pipelineConnections=TrainBandsConnections):
    """Configuration of `TrainBandsTask`."""

    reference = Field[str](
        doc="Reference band, whose smoothed image has the peaks; the same as of the"
        " classification.",
        default="i",
    )


class TrainBandsTask(TrainBlendClassifierTask):
    """Train the chosen classifier over all bands, as `TrainBlendClassifierTask` does over one.

    The trainers are the same: what they get has the other bands in
    ``detections.others``.
    """

    ConfigClass = TrainBandsConfig
    _DefaultName = "trainBands"

    def _scenes(
        self, coadds: Sequence[Handle], spans: Sequence[Handle], truth: Sequence[Handle]
    ) -> LabelledBands:
        """Put the datasets of each scene together, by their data IDs."""
        return LabelledBands(
            group_scenes(coadds, spans, truth),
            filtering=self.config.filtering,
            peak_threshold=self.config.peak_threshold,
            min_significance=self.config.min_significance,
            reference=self.config.reference,
        )
