"""Trainer of the ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from lsst.pex.config import Config, ListField
from lsst.pipe.base import Task

from ...blends.detections import LabelledDetections

if TYPE_CHECKING:
    from ...blends.classifiers.ensemble import EnsembleClassifier

__all__ = ["EnsembleTrainerConfig", "EnsembleTrainerTask"]


class EnsembleTrainerConfig(Config):
    """Configuration of `EnsembleTrainerTask`."""

    members = ListField[str](
        doc="Model packages to combine: names of shipped ones, or folders. Train on scenes that"
        " none of them was trained on.",
        default=["gp_lsst_i", "cnn_lsst_i", "gp_pca_lsst_i", "logistic_lsst_i"],
    )


class EnsembleTrainerTask(Task):
    """Find the weights of trained classifiers."""

    ConfigClass = EnsembleTrainerConfig
    _DefaultName = "ensembleTrainer"

    def run(
        self,
        training: Sequence[LabelledDetections],
        apart: Sequence[LabelledDetections],
        rng: np.random.Generator,
    ) -> EnsembleClassifier:
        """Weigh the members on some scenes and calibrate on others.

        Parameters
        ----------
        training, apart : sequence of `~meas_blends.blends.detections.LabelledDetections`
            Scenes to learn from, and to calibrate on.
        rng : `numpy.random.Generator`
            Not needed: the weights have one best value.

        Returns
        -------
        model : `~meas_blends.blends.classifiers.ensemble.EnsembleClassifier`
        """
        # Members may bring torch, which is imported only where a model is trained.
        from ...blends.training.ensemble import train_ensemble

        return train_ensemble(training, apart, list(self.config.members))
