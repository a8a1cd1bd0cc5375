"""What morphology estimators with a model package have in common."""

from __future__ import annotations

import functools
from typing import Any, ClassVar

from lsst.pipe.base import Task

from ...data.packages import ModelPackage, find_package
from ...errors import BadInputError

__all__ = ["TrainedEstimatorTask", "check_estimator"]


class TrainedEstimatorTask(Task):
    """An estimator that reads a model package when it is first needed.

    A subclass has a configuration with ``model``, names the ``kind`` of the
    packages that it takes, and overrides `load`.
    """

    kind: ClassVar[str]

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        # Read here, so that a wrong name fails before any image is touched.
        model = self.config.model
        self._package = find_package(model, self.kind) if model else None

    @property
    def package(self) -> ModelPackage:
        """The model package.

        Raises
        ------
        BadInputError
            If there is none.
        """
        if self._package is None:
            raise BadInputError(
                f"estimator '{self.getName()}' ({type(self).__name__}): no model is given; set"
                " 'model' to the folder of a package."
            )
        return self._package

    def use(self, package: ModelPackage) -> None:
        """Take a package in the place of the configured one.

        Raises
        ------
        BadInputError
            If it is of another kind.
        """
        if package.kind != self.kind:
            raise BadInputError(
                f"{package.label}: a model package of kind {package.kind}, where {self.kind} is"
                " needed; choose another one."
            )
        if package is not self._package:
            self._package = package
            self.__dict__.pop("estimator", None)

    @functools.cached_property
    def estimator(self) -> Any:
        """What measures, on its device."""
        return self.load(self.package)

    def load(self, package: ModelPackage) -> Any:
        """Build what measures from a package."""
        raise NotImplementedError

    @property
    def stamp_size(self) -> int:
        """Side of the stamps that the model takes [pixel]."""
        return self.estimator.stamp_size

    @property
    def model_label(self) -> str:
        """Name and version of the model package."""
        return self.package.label


def check_estimator(estimator: Task, given: bool) -> None:
    """Check that an estimator has a model, or takes one that a dataset gives.

    Parameters
    ----------
    estimator : `lsst.pipe.base.Task`
        The subtask.
    given : `bool`
        Whether its model is to come from a dataset.

    Raises
    ------
    BadInputError
        If it does not.
    """
    if given and not hasattr(estimator, "use"):
        raise BadInputError(
            f"estimator '{estimator.getName()}' ({type(estimator).__name__}): does not take a model"
            " from a dataset; choose another one."
        )
    if not given:
        # An estimator that has no model says so.
        _ = estimator.model_label
