"""Trainer of the ensemble."""

from __future__ import annotations

from typing import Any

from lsst.pex.config import Config, ListField

from ...data.packages import find_package
from .trainer import TrainerTask

__all__ = ["EnsembleTrainerConfig", "EnsembleTrainerTask"]


class EnsembleTrainerConfig(Config):
    """Configuration of `EnsembleTrainerTask`."""

    members = ListField[str](
        doc="Model packages to combine: names of shipped ones, or folders. Train on scenes that"
        " none of them was trained on.",
        default=["gp_lsst_i", "cnn_lsst_i", "gp_pca_lsst_i", "logistic_lsst_i"],
    )


class EnsembleTrainerTask(TrainerTask):
    """Find the weights of trained classifiers."""

    ConfigClass = EnsembleTrainerConfig
    _DefaultName = "ensembleTrainer"
    function = "meas_blends.blends.training.ensemble:train_ensemble"

    def settings(self) -> dict[str, Any]:
        """The members' packages in place of their names."""
        return {"members": {name: find_package(name) for name in self.config.members}}
