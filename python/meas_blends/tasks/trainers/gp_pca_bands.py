"""Trainer of the Gaussian process on the principal components of several bands."""

from __future__ import annotations

from .gp_pca import GpPcaTrainerConfig
from .trainer import TrainerTask

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


class GpPcaBandsTrainerTask(TrainerTask):
    """Train the Gaussian process on the concatenated embeddings of all bands."""

    ConfigClass = GpPcaBandsTrainerConfig
    _DefaultName = "gpPcaBandsTrainer"
    function = "meas_blends.blends.training.gp_pca_bands:train_gp_pca_bands"
