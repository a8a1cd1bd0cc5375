"""Trainer of the default classifier."""

from __future__ import annotations

from typing import Any

from lsst.pex.config import Config, Field, ListField, RangeField

from ...data.packages import BLEND_GP, find_package
from .trainer import TrainerTask

__all__ = ["GpTrainerConfig", "GpTrainerTask"]


class GpTrainerConfig(Config):
    """Configuration of `GpTrainerTask`."""

    passes = Field[int](
        doc="How often the network sees every footprint.",
        default=12,
        check=lambda number: number >= 1,
    )
    batch = Field[int](
        doc="Footprints in a step of the network's training.",
        default=512,
        check=lambda number: number >= 1,
    )
    rate = RangeField[float](
        doc="Largest learning rate of the network.", default=3e-3, min=0.0, inclusiveMin=False
    )
    start = Field[str](
        doc="Model package, the name of a shipped one or a folder, whose network is trained"
        " further, on other bands or images, in place of a new one: a few passes at a third of"
        " the rate do. Empty for a new one, of these widths and depths.",
        default="",
    )
    folder = Field[str](
        doc="Folder for checkpoints of the network, from which a training that was killed goes on"
        " when it is run again; none are kept if not given.",
        default="",
    )
    checkpoint_every = Field[int](
        doc="Steps between checkpoints.", default=100, check=lambda number: number >= 1
    )
    widths = ListField[int](
        doc="Channels of the network at 2, 4 and 8 pixels.",
        default=[32, 48, 96],
        length=3,
        itemCheck=lambda width: width >= 1,
    )
    depths = ListField[int](
        doc="Residual blocks of the network at 2, 4 and 8 pixels, on the way down.",
        default=[0, 2, 2],
        length=3,
        itemCheck=lambda depth: depth >= 0,
    )
    n_embedding = Field[int](
        doc="Length of a footprint's embedding.", default=8, check=lambda number: number >= 3
    )
    examples_fraction = RangeField[float](
        doc="Share of the training scenes, the last ones, that the Gaussian process has its"
        " examples from.",
        default=0.15,
        min=0.0,
        max=1.0,
    )
    max_examples = Field[int](
        doc="Most footprints to keep as examples.", default=12000, check=lambda number: number > 0
    )
    n_neighbours = Field[int](
        doc="Examples that each prediction rests on.",
        default=24,
        check=lambda number: number >= 2,
    )


class GpTrainerTask(TrainerTask):
    """Train the network, the Gaussian process on its embedding, and the calibration."""

    ConfigClass = GpTrainerConfig
    _DefaultName = "gpTrainer"
    function = "meas_blends.blends.training.gp:train_gp"

    def settings(self) -> dict[str, Any]:
        """The fields, with the classifier to start from in place of its name."""
        start = None
        if self.config.start:
            package = find_package(self.config.start, BLEND_GP)
            # It brings torch.
            from ...blends.classifiers.gp import GpClassifier

            start = GpClassifier.from_package(package)
        return {**super().settings(), "start": start}
