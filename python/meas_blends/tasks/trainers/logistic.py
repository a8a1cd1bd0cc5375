"""Trainer of the logistic regressions."""

from __future__ import annotations

from lsst.pex.config import Field

from .cutout import CutoutTrainerConfig
from .trainer import TrainerTask

__all__ = ["LogisticTrainerConfig", "LogisticTrainerTask"]


class LogisticTrainerConfig(CutoutTrainerConfig):
    """Configuration of `LogisticTrainerTask`."""

    n_features = Field[int](
        doc="Principal components.", default=8, check=lambda number: number >= 1
    )
    inverse_penalty = Field[float](
        doc="Inverse strength of the l2 penalty on the weights, of features of unit variance.",
        default=1.0,
        check=lambda value: value > 0,
    )


class LogisticTrainerTask(TrainerTask):
    """Train logistic regressions on principal components."""

    ConfigClass = LogisticTrainerConfig
    _DefaultName = "logisticTrainer"
    function = "meas_blends.blends.training.logistic:train_logistic"
