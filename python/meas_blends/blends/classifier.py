"""What every trained blend classifier can do, whatever is inside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from ..data.packages import ModelPackage
from .conditions import LearnedConditions
from .detections import Detections

__all__ = ["Classifier", "Places", "Prediction"]


@dataclass(frozen=True)
class Places:
    """Where objects may lie: more places than there are objects, the likeliest first.

    Parameters
    ----------
    owner : `numpy.ndarray` of int, (n_places,)
        Row of the footprint that each lies in, ascending; in a footprint the
        most probable place comes first.
    x, y : `numpy.ndarray`, (n_places,)
        Array pixels (parent pixels less ``xy0``).
    x_err, y_err : `numpy.ndarray`, (n_places,)
        Standard errors [pixel].
    probability : `numpy.ndarray`, (n_places,)
        That an object is there.
    """

    owner: np.ndarray
    x: np.ndarray
    y: np.ndarray
    x_err: np.ndarray
    y_err: np.ndarray
    probability: np.ndarray


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of the n footprints of an image.

    Parameters
    ----------
    counts : `numpy.ndarray`, (n, 4)
        Calibrated probabilities of 1, 2, 3 and 4 or more objects; rows sum to 1.
    unusual : `numpy.ndarray` of bool, (n,)
        Footprints that lie far from all that the classifier was trained on.
    places : `Places`, optional
        Where the objects may lie, of classifiers that know.
    """

    counts: np.ndarray
    unusual: np.ndarray
    places: Places | None = None

    @property
    def blend_probability(self) -> np.ndarray:
        """Probability of more than one object, (n,)."""
        return 1.0 - self.counts[:, 0]


class Classifier(ABC):
    """A trained blend classifier.

    Attributes
    ----------
    kind : `str`
        Kind of its model packages: the name that configuration chooses it by.
    threshold : `float`
        Blend probability above which to call a footprint blended for the
        best balanced accuracy.
    learned : `~meas_blends.blends.conditions.LearnedConditions`
        What its training's footprints were seen under.
    label : `str`
        Name and version of the model package; empty before it has one.
    cutout_size : `int` or `None`
        Side of the square that it sees of a footprint [pixel]; none if it
        sees all of it.
    """

    kind: str
    threshold: float
    learned: LearnedConditions
    label: str = ""
    cutout_size: int | None = None
    others: tuple[str, ...] = ()

    @abstractmethod
    def predict(self, detections: Detections) -> Prediction:
        """Say how many objects the footprints of an image hold."""

    @abstractmethod
    def to_package(self, name: str, version: str, description: str) -> ModelPackage:
        """Pack the classifier."""

    @classmethod
    @abstractmethod
    def from_package(cls, package: ModelPackage) -> Classifier:
        """Unpack a classifier.

        Raises
        ------
        BadInputError
            If the package is of another kind or incomplete.
        """
