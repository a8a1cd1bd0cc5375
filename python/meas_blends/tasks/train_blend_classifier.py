"""Train a blend classifier on the labelled footprints of many scenes."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from lsst.pex.config import ConfigField, Field, RangeField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..blends.conditions import LearnedConditions
from ..errors import BadInputError
from ..plugins.registries import trainers
from .dimensions import IMAGE
from .filtering import FilteringConfig
from .handles import Handle
from .labelled_scenes import LabelledScenes

__all__ = [
    "TrainBlendClassifierConfig",
    "TrainBlendClassifierConnections",
    "TrainBlendClassifierTask",
]


class TrainBlendClassifierConnections(PipelineTaskConnections, dimensions=("skymap", "band")):
    """Scenes with their truth in, a model package out."""

    coadds = ct.Input(
        doc="Coadds of the scenes.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    spans = ct.Input(
        doc="Pixels of their footprints.",
        name="blend_spans",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    truth = ct.Input(
        doc="The galaxies that are truly there.",
        name="blend_truth",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    model = ct.Output(
        doc="The trained classifier.",
        name="blend_model",
        storageClass="BlendModelPackage",
        dimensions=("skymap", "band"),
    )


class TrainBlendClassifierConfig(
    PipelineTaskConfig, pipelineConnections=TrainBlendClassifierConnections
):
    """Configuration of `TrainBlendClassifierTask`."""

    filtering = ConfigField(
        doc="Background and matched filter; the same as of the detection.", dtype=FilteringConfig
    )
    trainer = trainers.makeField(doc="Which classifier to train, by name.", default="gp")
    name = Field[str](
        doc="Name of the model package; if not given, that of the classifier and the bands, such"
        " as gp_i.",
        default="",
    )
    version = Field[str](doc="Version of the model package.", default="1")
    description = Field[str](
        doc="What it is, in one line; if not given, the classifier's name.", default=""
    )
    seed = Field[int](
        doc="Seed of the choices that training makes.", default=1, check=lambda value: value >= 0
    )
    calibration_fraction = RangeField[float](
        doc="Share of the scenes, the last ones, that probabilities are calibrated on instead.",
        default=0.2,
        min=0.0,
        max=1.0,
        inclusiveMin=False,
    )
    min_significance = Field[float](
        doc="Least point-source S/N of a galaxy that counts as an object.",
        default=5.0,
        check=lambda value: value >= 0,
    )
    peak_threshold = Field[float](
        doc="Point-source S/N of the local maxima, which classifiers also go by.", default=5.0
    )


class TrainBlendClassifierTask(PipelineTask):
    """Train the chosen classifier, with the last scenes kept apart to calibrate it."""

    ConfigClass = TrainBlendClassifierConfig
    _DefaultName = "trainBlendClassifier"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.makeSubtask("trainer")

    def run(
        self, coadds: Sequence[Handle], spans: Sequence[Handle], truth: Sequence[Handle]
    ) -> Struct:
        """Train on the labelled footprints of all scenes.

        Parameters
        ----------
        coadds, spans, truth : sequences of one length
            Handles, whose ``get()`` reads the coadds of the scenes, their
            footprints' pixels (`~meas_blends.data.catalogs.SPANS`) and their
            galaxies (`~meas_blends.data.catalogs.TRUTH`). Scenes are read one
            at a time, and again whenever the trainer looks at them.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``model``, a `~meas_blends.data.packages.ModelPackage`.

        Raises
        ------
        BadInputError
            If there are too few scenes to keep some apart, or a scene lacks
            one of the three.
        """
        scenes = self._scenes(coadds, spans, truth)
        n_apart = max(round(self.config.calibration_fraction * len(scenes)), 1)
        n_training = len(scenes) - n_apart
        if n_training < 1:
            raise BadInputError(
                f"{len(scenes)} scenes to train on and {n_apart} of them to calibrate by; give"
                " more."
            )
        training, apart = scenes[:n_training], scenes[n_training:]
        rng = np.random.default_rng(self.config.seed)
        model = self.trainer.run(training, apart, rng)
        facts = [*training.facts, *apart.facts]
        model.learned = LearnedConditions.of(fact.conditions for fact in facts)
        bands = sorted({fact.band.replace(",", "") for fact in facts})
        classifier = self.config.trainer.name
        package = model.to_package(
            self.config.name or "_".join([classifier, "".join(bands)]).rstrip("_"),
            self.config.version,
            self.config.description or f"Blend classifier '{classifier}'",
        )
        package.meta["training"] = {
            **package.meta.get("training", {}),
            "scenes": n_training,
            "calibration_scenes": n_apart,
            "bands": bands,
            "pixel_scales": sorted({round(fact.pixel_scale, 4) for fact in facts}),
            "min_significance": self.config.min_significance,
            "seed": self.config.seed,
        }
        return Struct(model=package)

    def _scenes(
        self, coadds: Sequence[Handle], spans: Sequence[Handle], truth: Sequence[Handle]
    ) -> LabelledScenes:
        """Put the datasets of each scene together."""
        return LabelledScenes.pair_up(
            coadds,
            spans,
            truth,
            filtering=self.config.filtering,
            peak_threshold=self.config.peak_threshold,
            min_significance=self.config.min_significance,
        )
