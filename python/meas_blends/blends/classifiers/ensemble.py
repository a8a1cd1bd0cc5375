"""Several classifiers together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import softmax

from ...data.packages import BLEND_ENSEMBLE, ModelPackage
from ...errors import BadInputError
from ..calibration import CountCalibration
from ..classifier import Classifier, Prediction
from ..conditions import LearnedConditions
from ..detections import Detections
from .loading import unpack_classifier
from .packing import check_kind, incomplete, pack_calibration, unpack_calibration

__all__ = ["EnsembleClassifier", "member_names"]

#: Probabilities are held this far from 0 before their logarithm is taken.
_LEAST = 1e-4


@dataclass
class EnsembleClassifier(Classifier):
    """A weighted geometric mean of classifiers, calibrated.

    The slides' "model combination": classifiers that make mistakes of
    different kinds cancel some of them. The logarithms of the members'
    probabilities are summed with a weight each (Genest & Zidek 1986,
    Statist. Sci. 1, 114), and the result is calibrated as a whole.

    Parameters
    ----------
    members : sequence of `~meas_blends.blends.classifier.Classifier`
        The first that knows places gives them.
    names : sequence of `str`
        Name, or folder, of each member's model package.
    weights : `numpy.ndarray`, (n_members,)
        Of the logarithms of each member's probabilities.
    shift : `numpy.ndarray`, (4,)
        Added to them, for each count.
    calibration : `~meas_blends.blends.calibration.CountCalibration`
        Of the sum.
    threshold : `float`
        Blend probability above which to call a footprint blended.
    learned : `~meas_blends.blends.conditions.LearnedConditions`
        What its training's footprints were seen under.
    training : `dict`
        What it was trained on: YAML types only.
    """

    kind = BLEND_ENSEMBLE

    members: Sequence[Classifier]
    names: Sequence[str]
    weights: np.ndarray
    shift: np.ndarray
    calibration: CountCalibration = field(default_factory=CountCalibration.none)
    threshold: float = 0.5
    learned: LearnedConditions = field(default_factory=LearnedConditions.any)
    training: dict[str, Any] = field(default_factory=dict)
    label: str = ""

    @property
    def others(self) -> tuple[str, ...]:
        """Bands that any member looks at besides the reference."""
        return tuple(dict.fromkeys(band for member in self.members for band in member.others))

    def predict(self, detections: Detections) -> Prediction:
        """Say how many objects the footprints of an image hold, and where."""
        predictions = [member.predict(detections) for member in self.members]
        stated = self.pool(np.stack([prediction.counts for prediction in predictions]))
        places = (p.places for p in predictions if p.places is not None)
        return Prediction(
            self.calibration(stated, detections.n_maxima),
            np.any([prediction.unusual for prediction in predictions], axis=0),
            next(places, None),
        )

    def pool(self, counts: np.ndarray) -> np.ndarray:
        """Pool the members' probabilities, (n_members, n, 4) -> (n, 4)."""
        logarithms = np.log(np.maximum(counts, _LEAST))
        return softmax(np.tensordot(self.weights, logarithms, 1) + self.shift, axis=1)

    def to_package(self, name: str, version: str, description: str) -> ModelPackage:
        """Pack the weights; the members stay in their own packages."""
        arrays = {
            "weights": self.weights,
            "shift": self.shift,
            **pack_calibration(self.calibration),
        }
        members = zip(self.names, self.members, strict=True)
        meta = {
            "members": [{"package": str(n), "label": member.label} for n, member in members],
            "threshold": self.threshold,
            "conditions": self.learned.to_meta(),
            "training": self.training,
        }
        return ModelPackage(self.kind, name, version, description, meta, arrays)

    @classmethod
    def from_package(
        cls, package: ModelPackage, members: Mapping[str, ModelPackage]
    ) -> EnsembleClassifier:
        """Unpack an ensemble, and its members from their own packages.

        Parameters
        ----------
        package : `~meas_blends.data.packages.ModelPackage`
            Of the ensemble.
        members : `dict` [`str`, `~meas_blends.data.packages.ModelPackage`]
            Package of each of its `member_names`.

        Raises
        ------
        BadInputError
            If a package is of another kind or incomplete, or a member is no
            longer the one that the weights were found for.
        """
        names = member_names(package)
        meta, arrays = package.meta, package.arrays
        try:
            labels = [member["label"] for member in meta["members"]]
            calibration = unpack_calibration(arrays)
            parts = (arrays["weights"], arrays["shift"], calibration, float(meta["threshold"]))
            learned = LearnedConditions.from_meta(meta["conditions"])
        except (KeyError, TypeError) as error:
            raise incomplete(package, error) from error
        classifiers = [unpack_classifier(members[name]) for name in names]
        for member, label in zip(classifiers, labels, strict=True):
            if member.label != label:
                raise BadInputError(
                    f"{package.name}: made for its member {label}, but {member.label} is there;"
                    " train the ensemble anew."
                )
        return cls(classifiers, names, *parts, learned, meta.get("training", {}), package.label)


def member_names(package: ModelPackage) -> list[str]:
    """Names, or folders, of the packages of an ensemble's members.

    Raises
    ------
    BadInputError
        If the package is of another kind, or does not name them.
    """
    check_kind(package, EnsembleClassifier.kind)
    try:
        return [member["package"] for member in package.meta["members"]]
    except (KeyError, TypeError) as error:
        raise incomplete(package, error) from error
