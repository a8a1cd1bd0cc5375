"""What makes the area classifier a choice in the train and classify tasks."""

from lsst.pex.config import Config, RangeField

from meas_blends.tasks.peak_finders.trained import TrainedPeakFinderTask
from meas_blends.tasks.trainers.trainer import TrainerTask


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


class AreaTrainerTask(TrainerTask):
    """Train the area classifier."""

    ConfigClass = AreaTrainerConfig
    _DefaultName = "areaTrainer"
    function = "blends_plugin.area:train_area"
