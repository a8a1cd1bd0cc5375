"""Train a blend classifier for one patch, on scenes like its own coadd."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from lsst.pex.config import Field, RangeField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..blends.conditions import LearnedConditions
from ..blends.detections import Detections, LabelledDetections
from ..blends.maxima import find_maxima
from ..data.coadd import Coadd
from ..data.footprints import pixel_lists
from ..detection.complete import complete_coadd
from ..detection.find import find_footprints
from ..plugins.registries import trainers
from ..rubin import as_coadd
from ..simulation.likeness import Likeness, measure_likeness
from ..simulation.population import draw_galaxies
from ..simulation.scenes import render_scene
from ..simulation.survey import Survey, shipped_surveys
from .detect_footprints import DetectionConfig
from .dimensions import IMAGE
from .filtering import filter_coadd
from .labelled_scenes import label_detections

__all__ = ["TrainPatchModelConfig", "TrainPatchModelConnections", "TrainPatchModelTask"]

#: Survey whose sky and throughput stand for those of an unknown band.
_DEFAULT_SURVEY = "lsst_i"


class TrainPatchModelConnections(PipelineTaskConnections, dimensions=IMAGE):
    """Coadd in, a classifier for it out."""

    coadd = ct.Input(
        doc="Coadd whose noise and PSF the scenes get.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
    )
    model = ct.Output(
        doc="The classifier of this coadd.",
        name="patch_blend_model",
        storageClass="BlendModelPackage",
        dimensions=IMAGE,
    )


class TrainPatchModelConfig(
    PipelineTaskConfig, DetectionConfig, pipelineConnections=TrainPatchModelConnections
):
    """Configuration of `TrainPatchModelTask`."""

    trainer = trainers.makeField(doc="Which classifier to train, by name.", default="gp_pca")
    survey = Field[str](
        doc="Survey whose sky brightness and throughput stand for the coadd's: the name of a"
        " shipped one, or a YAML file; if not given, LSST in the coadd's band.",
        default="",
    )
    scenes = RangeField[int](doc="Scenes to simulate.", default=24, min=2)
    size = Field[int](doc="Side of a scene [pixel].", default=1024, check=lambda value: value >= 64)
    seed = Field[int](
        doc="Seed of all randomness, together with the scene's number.",
        default=1,
        check=lambda value: value >= 0,
    )
    calibration_fraction = RangeField[float](
        doc="Share of the scenes, the last ones, that probabilities are calibrated on instead.",
        default=0.25,
        min=0.0,
        max=1.0,
        inclusiveMin=False,
    )
    min_significance = Field[float](
        doc="Least point-source S/N of a galaxy that counts as an object.",
        default=5.0,
        check=lambda value: value >= 0,
    )


class TrainPatchModelTask(PipelineTask):
    """Measure a coadd's noise and PSF, simulate scenes with them, and train on these."""

    ConfigClass = TrainPatchModelConfig
    _DefaultName = "trainPatchModel"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.makeSubtask("trainer")

    def run(self, coadd: Coadd) -> Struct:
        """Train the classifier of a coadd.

        Parameters
        ----------
        coadd : `~meas_blends.data.coadd.Coadd`
            With zero point and pixel scale; may lack variance and PSF. Or one
            of ``lsst.images``, see `~meas_blends.rubin.as_coadd`.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``model``, a `~meas_blends.data.packages.ModelPackage`, for
            `ClassifyBlendsTask` with ``model_from_input``.

        Raises
        ------
        BadInputError
            If zero point, pixel scale or a usable pixel is missing.
        """
        config, coadd = self.config, as_coadd(coadd)
        likeness = measure_likeness(filter_coadd(coadd, config.filtering).coadd, self._base(coadd))
        survey = likeness.survey
        self.log.info(
            "%s: seeing %.2f arcsec, 5-sigma depth %.2f mag",
            coadd.name,
            survey.psf_fwhm,
            survey.depth(),
        )
        scenes = [self._scene(likeness, number) for number in range(config.scenes)]
        apart = max(round(config.calibration_fraction * len(scenes)), 1)
        apart = min(apart, len(scenes) - 1)
        rng = np.random.default_rng(config.seed)
        model = self.trainer.run(scenes[:-apart], scenes[-apart:], rng)
        model.learned = LearnedConditions.of(scene.detections.conditions for scene in scenes)
        package = model.to_package(
            f"{config.trainer.name}_{coadd.band or 'patch'}",
            "1",
            f"Blend classifier '{config.trainer.name}' for {coadd.name}, trained on scenes like it",
        )
        package.meta["training"] = {
            **package.meta.get("training", {}),
            "scenes": len(scenes) - apart,
            "calibration_scenes": apart,
            "coadd": coadd.name,
            "bands": [coadd.band],
            "pixel_scales": [round(survey.pixel_scale, 4)],
            "psf_fwhm": round(survey.psf_fwhm, 4),
            "depth": round(survey.depth(), 3),
            "min_significance": config.min_significance,
            "seed": config.seed,
        }
        return Struct(model=package)

    def _base(self, coadd: Coadd) -> Survey:
        """Choose the survey that gives what cannot be measured."""
        own = f"lsst_{coadd.band}"
        guess = own if own in shipped_surveys() else _DEFAULT_SURVEY
        return Survey.named(self.config.survey or guess)

    def _scene(self, likeness: Likeness, number: int) -> LabelledDetections:
        """Simulate a scene, detect in it as in the coadd, and label the footprints."""
        config, shape = self.config, (self.config.size, self.config.size)
        rng = np.random.default_rng([config.seed, number])
        truth = draw_galaxies(likeness.survey, shape, rng)
        scene = render_scene(
            truth,
            likeness.survey,
            shape,
            rng,
            name=f"scene {number} {likeness.survey.name}",
            conditions=likeness.conditions(shape),
        )
        filtered = filter_coadd(complete_coadd(scene), config.filtering)
        _, spans = find_footprints(filtered, config.threshold, config.grow, config.min_area)
        pixels = pixel_lists(spans, shape)
        maxima = find_maxima(filtered, pixels, config.threshold)
        return label_detections(
            Detections(filtered, pixels, maxima), spans, truth, config.min_significance
        )
