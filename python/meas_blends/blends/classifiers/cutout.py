"""What the classifiers of normalised cutouts have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...data.packages import ModelPackage
from ..classifier import Classifier, Prediction
from ..conditions import LearnedConditions
from ..detections import Detections
from ..normalise import Normalisation
from ..unusual import Familiar, footprint_measures
from .packing import check_kind, incomplete

__all__ = ["CutoutClassifier"]


class CutoutClassifier(Classifier):
    """A classifier of footprints by their normalised cutouts.

    Parameters
    ----------
    normalisation : `~meas_blends.blends.normalise.Normalisation`
        Of the cutouts.
    familiar : `~meas_blends.blends.unusual.Familiar`
        What footprints it was trained on.
    threshold : `float`
        Blend probability above which to call a footprint blended.
    training : `dict`
        What it was trained on: YAML types only.
    """

    def __init__(
        self,
        normalisation: Normalisation,
        familiar: Familiar,
        threshold: float,
        training: Mapping[str, Any] | None = None,
    ) -> None:
        self.normalisation = normalisation
        self.familiar = familiar
        self.threshold = float(threshold)
        self.training = dict(training or {})
        self.learned = LearnedConditions.any()

    @property
    def cutout_size(self) -> int:
        """Side of the square that it sees [pixel]."""
        return self.normalisation.size

    def predict(self, detections: Detections) -> Prediction:
        """Say how many objects the footprints of an image hold."""
        counts = self.counts(self.normalisation(detections), detections.n_maxima)
        return Prediction(counts, self.familiar.is_unusual(footprint_measures(detections)))

    @abstractmethod
    def counts(self, vectors: np.ndarray, n_maxima: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of 1, 2, 3, 4 and more objects.

        Parameters
        ----------
        vectors : `numpy.ndarray` of float32, (n, size^2)
            Normalised cutouts.
        n_maxima : `numpy.ndarray` of int, (n,)
            Local maxima of each.

        Returns
        -------
        counts : `numpy.ndarray`, (n, 4)
        """

    @abstractmethod
    def own_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Meta data and arrays that only this kind of classifier has."""

    @classmethod
    @abstractmethod
    def from_parts(
        cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], common: tuple[Any, ...]
    ) -> CutoutClassifier:
        """Build it from what `own_parts` gave, and the arguments that all kinds have."""

    def to_package(self, name: str, version: str, description: str) -> ModelPackage:
        """Pack the classifier."""
        meta, arrays = self.own_parts()
        shared = {
            "cutout_size": self.normalisation.size,
            "pedestal": self.normalisation.pedestal,
            "maximum": self.normalisation.maximum,
            "familiar_distance": self.familiar.limit,
            "threshold": self.threshold,
            "conditions": self.learned.to_meta(),
            "training": self.training,
        }
        familiar = {"mean": self.familiar.mean, "whitening": self.familiar.whitening}
        arrays = arrays | {f"familiar_{key}": value for key, value in familiar.items()}
        return ModelPackage(self.kind, name, version, description, meta | shared, arrays)

    @classmethod
    def from_package(cls, package: ModelPackage) -> CutoutClassifier:
        """Unpack a classifier.

        Raises
        ------
        BadInputError
            If the package is of another kind or incomplete.
        """
        check_kind(package, cls.kind)
        meta, arrays = package.meta, package.arrays
        try:
            normalisation = Normalisation(
                int(meta["cutout_size"]), float(meta["pedestal"]), float(meta["maximum"])
            )
            familiar = Familiar(
                arrays["familiar_mean"],
                arrays["familiar_whitening"],
                float(meta["familiar_distance"]),
            )
            common = (normalisation, familiar, float(meta["threshold"]), meta.get("training"))
            model = cls.from_parts(meta, arrays, common)
            model.learned = LearnedConditions.from_meta(meta["conditions"])
        except KeyError as error:
            raise incomplete(package, error) from error
        model.label = package.label
        return model
