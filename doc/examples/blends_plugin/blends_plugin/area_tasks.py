"""What makes the area classifier a choice in the train and classify tasks."""

from lsst.pex.config import Config, RangeField
from lsst.pipe.base import Task

from meas_blends.tasks.peak_finders.trained import TrainedPeakFinderTask


class AreaTask(TrainedPeakFinderTask):
    """Peaks by the area classifier; its package is given by ``model``."""

    finder = "area"
    kind = "blend_area"
    classifier = "blends_plugin.area:AreaClassifier"


class AreaTrainerConfig(Config):
    """Configuration of `AreaTrainerTask`."""

    penalty = RangeField[float](
        doc="Strength of the l2 penalty.", default=1.0, min=0.0, inclusiveMin=False
    )


class AreaTrainerTask(Task):
    """Train the area classifier."""

    ConfigClass = AreaTrainerConfig
    _DefaultName = "areaTrainer"

    def run(self, training, apart, rng):
        """Train on some scenes; see TrainBlendClassifierTask for the contract."""
        # Heavy imports wait until something is trained.
        from .area import train_area

        return train_area(training, apart, self.config.penalty)
