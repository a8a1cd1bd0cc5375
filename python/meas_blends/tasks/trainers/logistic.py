"""Trainer of the logistic regressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from lsst.pex.config import Field
from lsst.pipe.base import Task

from ...blends.detections import LabelledDetections
from .cutout import CutoutTrainerConfig

if TYPE_CHECKING:
    from ...blends.classifiers.logistic import LogisticClassifier

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


class LogisticTrainerTask(Task):
    """Train logistic regressions on principal components."""

    ConfigClass = LogisticTrainerConfig
    _DefaultName = "logisticTrainer"

    def run(
        self,
        training: Sequence[LabelledDetections],
        apart: Sequence[LabelledDetections],
        rng: np.random.Generator,
    ) -> LogisticClassifier:
        """Train on some scenes and calibrate on others.

        Parameters
        ----------
        training, apart : sequence of `~meas_blends.blends.detections.LabelledDetections`
            Scenes to learn from, and to calibrate on.
        rng : `numpy.random.Generator`

        Returns
        -------
        model : `~meas_blends.blends.classifiers.logistic.LogisticClassifier`
        """
        # scikit-learn is imported only where a model is trained.
        from ...blends.training.logistic import train_logistic

        return train_logistic(training, apart, rng, **self.config.toDict())
