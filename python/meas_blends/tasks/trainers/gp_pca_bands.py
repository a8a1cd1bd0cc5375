"""Trainer of the Gaussian process on the principal components of several bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from lsst.pipe.base import Task

from ...blends.detections import LabelledDetections
from .gp_pca import GpPcaTrainerConfig

if TYPE_CHECKING:
    from ...blends.classifiers.gp_pca_bands import GpPcaBandsClassifier

__all__ = ["GpPcaBandsTrainerConfig", "GpPcaBandsTrainerTask"]


class GpPcaBandsTrainerConfig(GpPcaTrainerConfig):
    """Configuration of `GpPcaBandsTrainerTask`: `n_features` are those of each band."""

    def setDefaults(self) -> None:
        super().setDefaults()
        self.pedestal = 0.0
        self.smoothness = [1.5]
        # The features of each band have unit variance in all.
        self.length_scale = [1.0, 3.0, 10.0]
        self.noise = [1e-3, 1e-2, 1e-1]


class GpPcaBandsTrainerTask(Task):
    """Train the Gaussian process on the concatenated embeddings of all bands."""

    ConfigClass = GpPcaBandsTrainerConfig
    _DefaultName = "gpPcaBandsTrainer"

    def run(
        self,
        training: Sequence[LabelledDetections],
        apart: Sequence[LabelledDetections],
        rng: np.random.Generator,
    ) -> GpPcaBandsClassifier:
        """Train on some scenes and calibrate on others.

        Parameters
        ----------
        training, apart : sequence of `~meas_blends.blends.detections.LabelledDetections`
            Scenes to learn from, and to calibrate on, all in the same bands.
        rng : `numpy.random.Generator`

        Returns
        -------
        model : `~meas_blends.blends.classifiers.gp_pca_bands.GpPcaBandsClassifier`
        """
        # MuyGPyS brings torch: pay for it only where a model is trained.
        from ...blends.training.gp_pca_bands import train_gp_pca_bands

        return train_gp_pca_bands(training, apart, rng, **self.config.toDict())
