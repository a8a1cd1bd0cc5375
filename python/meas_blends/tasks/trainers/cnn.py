"""Trainer of the convolutional network."""

from __future__ import annotations

from lsst.pex.config import Field, FieldValidationError, ListField, RangeField

from .cutout import CutoutTrainerConfig
from .trainer import TrainerTask

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


class CnnTrainerTask(TrainerTask):
    """Train the convolutional network of Buchanan et al. (2022)."""

    ConfigClass = CnnTrainerConfig
    _DefaultName = "cnnTrainer"
    function = "meas_blends.blends.training.cnn:train_cnn"
