"""Trainer of the Gaussian process on principal components."""

from __future__ import annotations

from lsst.pex.config import Field, ListField

from .cutout import CutoutTrainerConfig
from .trainer import TrainerTask

__all__ = ["GpPcaTrainerConfig", "GpPcaTrainerTask"]


class GpPcaTrainerConfig(CutoutTrainerConfig):
    """Configuration of `GpPcaTrainerTask`."""

    n_features = Field[int](
        doc="Principal components.", default=8, check=lambda number: number >= 1
    )
    n_neighbours = Field[int](
        doc="Training footprints that each prediction rests on.",
        default=50,
        check=lambda number: number >= 2,
    )
    max_footprints = Field[int](
        doc="Most footprints to keep in the model.", default=40000, check=lambda number: number > 0
    )
    batch = Field[int](
        doc="Leave-one-out predictions that hyperparameters are judged by.",
        default=4000,
        check=lambda number: number > 0,
    )
    smoothness = ListField[float](
        doc="Smoothness nu of the Matern kernel, to choose from; 0.5, 1.5 and 2.5 are fast, the"
        " paper ended at 10.",
        default=[1.5, 2.5, 10.0],
        itemCheck=lambda nu: nu > 0,
        minLength=1,
    )
    length_scale = ListField[float](
        doc="Length scale of the kernel, to choose from; the paper ended at 20.",
        default=[5.0, 20.0, 80.0],
        itemCheck=lambda length: length > 0,
        minLength=1,
    )
    noise = ListField[float](
        doc="Variance of the labels' noise over the prior's, to choose from; the paper ended at"
        " 3e-6.",
        default=[3e-6, 3e-5, 3e-4, 3e-3],
        itemCheck=lambda noise: noise > 0,
        minLength=1,
    )


class GpPcaTrainerTask(TrainerTask):
    """Train the Gaussian process of Buchanan et al. (2022)."""

    ConfigClass = GpPcaTrainerConfig
    _DefaultName = "gpPcaTrainer"
    function = "meas_blends.blends.training.gp_pca:train_gp_pca"
