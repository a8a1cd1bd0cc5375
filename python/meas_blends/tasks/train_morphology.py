"""Train a morphology network on simulated galaxies."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..plugins.registries import morphology_trainers

__all__ = ["TrainMorphologyConfig", "TrainMorphologyConnections", "TrainMorphologyTask"]


class TrainMorphologyConnections(PipelineTaskConnections, dimensions=("skymap", "band")):
    """Nothing in, a model package out."""

    model = ct.Output(
        doc="The trained network.",
        name="morphology_model",
        storageClass="BlendModelPackage",
        dimensions=("skymap", "band"),
    )


class TrainMorphologyConfig(PipelineTaskConfig, pipelineConnections=TrainMorphologyConnections):
    """Configuration of `TrainMorphologyTask`."""

    trainer = morphology_trainers.makeField(
        doc="Which network to train, by name.", default="compact"
    )
    name = Field[str](doc="Name of the model package; the trainer's if not given.", default="")
    version = Field[str](doc="Version of the model package.", default="1")
    seed = Field[int](
        doc="Seed of all randomness; together with the training's number.",
        default=1,
        check=lambda value: value >= 0,
    )


class TrainMorphologyTask(PipelineTask):
    """Train, calibrate and test the chosen network."""

    ConfigClass = TrainMorphologyConfig
    _DefaultName = "trainMorphology"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.makeSubtask("trainer")

    def run(self, scene: int = 0) -> Struct:
        """Train a network.

        Parameters
        ----------
        scene : `int`, optional
            Number of the training, 0 or more: each has its own galaxies and
            its own start of the weights.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``model``, a `~meas_blends.data.packages.ModelPackage`.
        """
        config = self.config
        model = self.trainer.run([config.seed, scene], config.name, config.version)
        return Struct(model=model)
