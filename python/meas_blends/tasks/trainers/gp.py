"""Trainer of the default classifier."""

from __future__ import annotations

from lsst.pex.config import Config, Field, ListField, RangeField

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
    widths = ListField[int](
        doc="Channels of the network at 4 and at 8 pixels.",
        default=[48, 96],
        length=2,
        itemCheck=lambda width: width >= 1,
    )
    depths = ListField[int](
        doc="Residual blocks of the network at 4 pixels, at 8, and at 4 again.",
        default=[2, 2, 1],
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
        doc="Most footprints to keep as examples.", default=20000, check=lambda number: number > 0
    )
    n_neighbours = Field[int](
        doc="Examples that each prediction rests on.",
        default=32,
        check=lambda number: number >= 2,
    )


class GpTrainerTask(TrainerTask):
    """Train the network, the Gaussian process on its embedding, and the calibration."""

    ConfigClass = GpTrainerConfig
    _DefaultName = "gpTrainer"
    function = "meas_blends.blends.training.gp:train_gp"
