"""Trainer of the convolutional network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from lsst.pex.config import Field, FieldValidationError, ListField, RangeField
from lsst.pipe.base import Task

from ...blends.detections import LabelledDetections
from .cutout import CutoutTrainerConfig

if TYPE_CHECKING:
    from ...blends.classifiers.cnn import CnnClassifier

__all__ = ["CnnTrainerConfig", "CnnTrainerTask"]


#: Two convolutions of 3 x 3 and two halvings leave one pixel of it.
_SMALLEST = 11


class CnnTrainerConfig(CutoutTrainerConfig):
    """Configuration of `CnnTrainerTask`."""

    channels = ListField[int](
        doc="Channels of the two convolutions.",
        default=[128, 64],
        length=2,
        itemCheck=lambda number: number >= 1,
    )
    widths = ListField[int](
        doc="Values of each dense layer.",
        default=[800, 400, 200],
        itemCheck=lambda number: number >= 1,
    )
    dropout = RangeField[float](
        doc="Share of the values that training drops.", default=0.2, min=0.0, max=1.0
    )
    epochs = Field[int](
        doc="Passes over the footprints.", default=15, check=lambda number: number >= 1
    )
    batch = Field[int](doc="Footprints a step.", default=200, check=lambda number: number >= 1)
    learning_rate = Field[float](
        doc="Learning rate of Adam.", default=1e-3, check=lambda value: value > 0
    )

    def validate(self) -> None:
        super().validate()
        if self.cutout_size < _SMALLEST:
            raise FieldValidationError(
                type(self).cutout_size, self, f"the convolutions need at least {_SMALLEST} pixels"
            )


class CnnTrainerTask(Task):
    """Train the convolutional network of Buchanan et al. (2022)."""

    ConfigClass = CnnTrainerConfig
    _DefaultName = "cnnTrainer"

    def run(
        self,
        training: Sequence[LabelledDetections],
        apart: Sequence[LabelledDetections],
        rng: np.random.Generator,
    ) -> CnnClassifier:
        """Train on some scenes and calibrate on others.

        Parameters
        ----------
        training, apart : sequence of `~meas_blends.blends.detections.LabelledDetections`
            Scenes to learn from, and to calibrate on.
        rng : `numpy.random.Generator`

        Returns
        -------
        model : `~meas_blends.blends.classifiers.cnn.CnnClassifier`
        """
        # torch is imported only where a model is trained.
        from ...blends.training.cnn import train_cnn

        return train_cnn(training, apart, rng, **self.config.toDict())
