"""Logistic regression on principal components, one a step of the hierarchy of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import expit

from ...data.packages import BLEND_LOGISTIC
from ..calibration import Calibration
from .components import Components
from .cutout import CutoutClassifier

__all__ = ["LogisticClassifier"]


class LogisticClassifier(CutoutClassifier):
    """Logistic regressions: 1 object or more, 2 or more of these, 3 or more of those.

    The first is the slides' (Buchanan et al. 2022); the others are its
    "hierarchical probabilistic detection": each was trained on footprints
    with at least as many objects, and states the probability of more given
    as many.

    Parameters
    ----------
    components : `~meas_blends.blends.classifiers.components.Components`
        From normalised cutouts to features.
    weights : `numpy.ndarray` of float32, (3, n_features + 1)
        Of the features and, last, of the constant, for each step.
    calibrations : sequence of `~meas_blends.blends.calibration.Calibration`
        Of each step.
    normalisation, familiar, threshold, training
        See `~meas_blends.blends.classifiers.cutout.CutoutClassifier`.
    """

    kind = BLEND_LOGISTIC

    def __init__(
        self,
        components: Components,
        weights: np.ndarray,
        calibrations: Sequence[Calibration],
        *common: Any,
    ) -> None:
        super().__init__(*common)
        self.components = components
        self.weights = weights
        self.calibrations = list(calibrations)

    def stated(self, vectors: np.ndarray) -> np.ndarray:
        """Probability of more objects given as many, before calibration.

        Parameters
        ----------
        vectors : `numpy.ndarray` of float32, (n, size^2)
            Normalised cutouts.

        Returns
        -------
        probability : `numpy.ndarray`, (n, 3)
            Of more than 1, of more than 2 given 2 or more, and so on.
        """
        weights = self.weights.astype(float)
        return expit(self.components(vectors) @ weights[:, :-1].T + weights[:, -1])

    def counts(self, vectors: np.ndarray, n_maxima: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of 1, 2, 3, 4 and more objects, (n, 4)."""
        steps = zip(self.calibrations, self.stated(vectors).T, strict=True)
        more = np.array([calibration(stated, n_maxima) for calibration, stated in steps])
        reached = np.cumprod(np.vstack([np.ones(len(vectors)), more]), axis=0)
        # Reaching a count and going no further; the last one cannot be left.
        stays = np.vstack([1 - more, np.ones(len(vectors))])
        return (reached * stays).T

    def own_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Weights, components and calibration curves."""
        arrays = {
            "pca_mean": self.components.mean,
            "pca_axes": self.components.axes,
            "weights": self.weights,
        }
        for step, calibration in enumerate(self.calibrations, 1):
            arrays[f"stated{step}"] = calibration.stated
            arrays[f"observed{step}"] = calibration.observed
        return {}, arrays

    @classmethod
    def from_parts(
        cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], common: tuple[Any, ...]
    ) -> LogisticClassifier:
        """Build it from what `own_parts` gave."""
        weights = arrays["weights"]
        calibrations = [
            Calibration(arrays[f"stated{step}"], arrays[f"observed{step}"])
            for step in range(1, len(weights) + 1)
        ]
        components = Components(arrays["pca_mean"], arrays["pca_axes"])
        return cls(components, weights, calibrations, *common)
