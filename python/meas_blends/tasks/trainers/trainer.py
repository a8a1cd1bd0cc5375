"""What all trainers of blend classifiers have in common."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from lsst.pex.config import Config
from lsst.pipe.base import Task

from ...blends.classifier import Classifier
from ...blends.detections import LabelledDetections

__all__ = ["TrainerTask"]


class TrainerTask(Task):
    """Calls a training function with the fields of its configuration.

    A subclass names its ``ConfigClass`` and

    ``function``
        ``"package.module:name"`` of the function. It is imported when a
        model is trained, since it may bring torch or scikit-learn, and
        called with ``training``, ``apart``, ``rng`` and the fields.
    """

    ConfigClass = Config
    _DefaultName = "trainer"
    function: ClassVar[str]

    def run(
        self,
        training: Sequence[LabelledDetections],
        apart: Sequence[LabelledDetections],
        rng: np.random.Generator,
    ) -> Classifier:
        """Train on some scenes and calibrate on others.

        Parameters
        ----------
        training, apart : sequence of `~meas_blends.blends.detections.LabelledDetections`
            Scenes to learn from, and to calibrate on. They are prepared when
            they are looked at.
        rng : `numpy.random.Generator`
            One seed, one model.

        Returns
        -------
        model : `~meas_blends.blends.classifier.Classifier`
        """
        module, _, name = self.function.partition(":")
        function = getattr(importlib.import_module(module), name)
        return function(training, apart, rng, **self.settings())

    def settings(self) -> dict[str, Any]:
        """Keywords of the function: the fields. A subclass reads what they name."""
        return self.config.toDict()
