"""The Gaussian process of Buchanan et al. (2022) on principal components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from MuyGPyS.neighbors import NN_Wrapper
from scipy.special import ndtr

from ...data.packages import BLEND_GP_PCA
from ..calibration import Calibration
from .components import Components
from .cutout import CutoutClassifier
from .muygps import Hyperparameters, make_muygps, slices
from .table import CountTable

__all__ = ["GpPcaClassifier"]


class GpPcaClassifier(CutoutClassifier):
    """A Gaussian process on labels +1 (blended) and -1 (unblended).

    The posterior of a footprint's blendedness f given its nearest training
    footprints is Gaussian, with the mean and variance of the slides' "More
    math" restricted to the neighbours (MuyGPs; Muyskens et al. 2021). Its
    blend probability is P(f > 0), calibrated.

    Parameters
    ----------
    components : `~meas_blends.blends.classifiers.components.Components`
        From normalised cutouts to features.
    features : `numpy.ndarray` of float32, (n_train, n_features)
        Of the training footprints.
    targets : `numpy.ndarray` of int8, (n_train,)
        +1 blended, -1 unblended.
    hyperparameters : `~meas_blends.blends.classifiers.muygps.Hyperparameters`
    table : `~meas_blends.blends.classifiers.table.CountTable`
        Objects of a blend, given its local maxima.
    calibration : `~meas_blends.blends.calibration.Calibration`
        From P(f > 0) to the share of blends.
    normalisation, familiar, threshold, training
        See `~meas_blends.blends.classifiers.cutout.CutoutClassifier`.
    """

    kind = BLEND_GP_PCA

    def __init__(
        self,
        components: Components,
        features: np.ndarray,
        targets: np.ndarray,
        hyperparameters: Hyperparameters,
        table: CountTable,
        calibration: Calibration,
        *common: Any,
    ) -> None:
        super().__init__(*common)
        self.components = components
        self.features = features
        self.targets = targets
        self.hyperparameters = hyperparameters
        self.table = table
        self.calibration = calibration
        self._known = features.astype(float)
        self._labels = targets.astype(float)
        h = hyperparameters
        self._muygps = make_muygps(h.nu, h.length_scale, h.noise)
        # One thread: a batch of queries is small, and the caller may be one of many.
        self._neighbours = NN_Wrapper(self._known, h.n_neighbours, algorithm="kd_tree", n_jobs=1)

    def posterior(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Posterior of the blendedness.

        Parameters
        ----------
        vectors : `numpy.ndarray` of float32, (n, size^2)
            Normalised cutouts.

        Returns
        -------
        mean, variance : `numpy.ndarray`, (n,)
        """
        mean, variance = np.empty(len(vectors)), np.empty(len(vectors))
        for part in slices(len(vectors)):
            features = self.components(vectors[part])
            neighbours, _ = self._neighbours.get_nns(features)
            crosswise, pairwise, labels = self._muygps.make_predict_tensors(
                np.arange(len(features)), neighbours, features, self._known, self._labels
            )
            k_in, k_cross = self._muygps.kernel(pairwise), self._muygps.kernel(crosswise)
            mean[part] = self._muygps.posterior_mean(k_in, k_cross, labels).reshape(-1)
            variance[part] = self._muygps.posterior_variance(k_in, k_cross).reshape(-1)
        return mean, variance * self.hyperparameters.scale

    def stated(self, vectors: np.ndarray) -> np.ndarray:
        """P(f > 0) of normalised cutouts, before calibration, (n,)."""
        mean, variance = self.posterior(vectors)
        return ndtr(mean / np.sqrt(np.maximum(variance, np.finfo(float).tiny)))

    def counts(self, vectors: np.ndarray, n_maxima: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of 1, 2, 3, 4 and more objects, (n, 4)."""
        return self.table.counts(self.calibration(self.stated(vectors), n_maxima), n_maxima)

    def own_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Hyperparameters, training footprints, components and calibration."""
        arrays = {
            "pca_mean": self.components.mean,
            "pca_axes": self.components.axes,
            "features": self.features,
            "targets": self.targets,
            "counts": self.table.given_blended,
            "stated": self.calibration.stated,
            "observed": self.calibration.observed,
        }
        return {"hyperparameters": self.hyperparameters.as_meta()}, arrays

    @classmethod
    def from_parts(
        cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], common: tuple[Any, ...]
    ) -> GpPcaClassifier:
        """Build it from what `own_parts` gave."""
        return cls(
            Components(arrays["pca_mean"], arrays["pca_axes"]),
            arrays["features"],
            arrays["targets"],
            Hyperparameters(**meta["hyperparameters"]),
            CountTable(arrays["counts"]),
            Calibration(arrays["stated"], arrays["observed"]),
            *common,
        )
