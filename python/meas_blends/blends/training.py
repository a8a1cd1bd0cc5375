"""Training of the Gaussian-process blend classifier, in the slides' two stages."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from MuyGPyS.gp import MuyGPS
from MuyGPyS.gp.hyperparameter import Parameter
from MuyGPyS.neighbors import NN_Wrapper
from MuyGPyS.optimize import Bayes_optimize
from MuyGPyS.optimize.loss import LossFn, make_raw_predict_and_loss_fn
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from ..errors import BadInputError
from ..evaluation.scores import balanced_accuracy, cross_entropy
from .calibration import Calibration
from .gaussian_process import BlendGaussianProcess, Embedding, make_muygps

__all__ = ["TrainingSet", "train_gaussian_process"]

_log = logging.getLogger(__name__)

#: Trials of the length scale for each smoothness and noise: random ones, then guided ones.
_BAYES_TRIALS = {"init_points": 4, "n_iter": 8}


@dataclass(frozen=True)
class TrainingSet:
    """Labelled footprints.

    Parameters
    ----------
    images : `numpy.ndarray`, (n, size, size)
        Cutouts, pixel S/N.
    n_objects : `numpy.ndarray` of int, (n,)
        True objects of each, at least 1.
    n_maxima : `numpy.ndarray` of int, (n,)
        Local maxima of each, at least 1.
    """

    images: np.ndarray
    n_objects: np.ndarray
    n_maxima: np.ndarray

    def select(self, rows: np.ndarray) -> TrainingSet:
        """Return some of the rows."""
        return TrainingSet(self.images[rows], self.n_objects[rows], self.n_maxima[rows])


def train_gaussian_process(
    training: TrainingSet,
    kept_apart: TrainingSet,
    rng: np.random.Generator,
    n_features: int = 8,
    n_neighbours: int = 50,
    max_footprints: int = 20000,
    batch: int = 2000,
    smoothness: Sequence[float] = (0.5, 1.5, 2.5),
    noise: Sequence[float] = (1e-3, 1e-2, 1e-1, 1.0),
) -> BlendGaussianProcess:
    """Train the classifier of Buchanan et al. (2022).

    An even mix of blended and unblended footprints is embedded by PCA. Stage
    one picks smoothness, noise and length scale by the balanced accuracy of
    leave-one-out predictions; stage two picks the scale of the variance,
    which class labels do not depend on, by cross-entropy ("A Note on
    Training" of the slides). The probabilities are then calibrated on
    footprints that had no part in it, at their natural mixture.

    Parameters
    ----------
    training : `TrainingSet`
        Labelled footprints at their natural mixture.
    kept_apart : `TrainingSet`
        Labelled footprints of other scenes, to calibrate by.
    rng : `numpy.random.Generator`
        Chooses the even mix and the batch of predictions, and steers the search.
    n_features : `int`
        Principal components.
    n_neighbours : `int`
        Neighbours of each prediction.
    max_footprints : `int`
        Most footprints to keep in the model.
    batch : `int`
        Leave-one-out predictions that each trial is judged by.
    smoothness, noise : sequence of `float`
        Values of the Matern kernel's nu and of the noise to choose from.

    Returns
    -------
    model : `~meas_blends.blends.gaussian_process.BlendGaussianProcess`

    Raises
    ------
    BadInputError
        If either class has too few footprints for the neighbourhoods.
    """
    rows = _even_mix(training.n_objects > 1, max_footprints, rng)
    if len(rows) <= n_neighbours + 1:
        raise BadInputError(
            f"the training scenes hold an even mix of only {len(rows)} labelled footprints;"
            f" give more scenes, so that there are well above {n_neighbours}."
        )
    mixed = training.select(rows)
    targets = np.where(mixed.n_objects > 1, 1.0, -1.0)
    embedding = Embedding.fit(mixed.images, n_features, int(rng.integers(2**31)))
    features = embedding(mixed.images)
    chosen = rng.choice(len(rows), min(batch, len(rows)), replace=False)
    trials = _LeaveOneOut(features, targets, chosen, n_neighbours)
    muygps, accuracy = trials.best(smoothness, noise, int(rng.integers(2**31)))
    scale, entropy = trials.best_scale(muygps)
    _log.info("balanced accuracy %.3f, cross-entropy %.3f, leaving one out", accuracy, entropy)
    model = BlendGaussianProcess(
        embedding,
        features,
        targets,
        _count_table(training),
        nu=float(muygps.kernel.smoothness()),
        length_scale=float(muygps.kernel.deformation.length_scale()),
        noise=float(muygps.noise()),
        scale=scale,
        n_neighbours=n_neighbours,
        meta={
            "training": {
                "footprints": len(training.n_objects),
                "kept": len(rows),
                "calibrated_on": len(kept_apart.n_objects),
                "blended_fraction": float(np.mean(training.n_objects > 1)),
                "leave_one_out_balanced_accuracy": float(accuracy),
                "leave_one_out_cross_entropy": float(entropy),
            }
        },
    )
    stated = model.probability(kept_apart.images, kept_apart.n_maxima)
    model.calibration = Calibration.fit(stated, kept_apart.n_maxima, kept_apart.n_objects > 1)
    return model


class _LeaveOneOut:
    """Leave-one-out predictions of a batch, for any hyperparameters."""

    def __init__(
        self, features: np.ndarray, targets: np.ndarray, chosen: np.ndarray, n_neighbours: int
    ) -> None:
        lookup = NN_Wrapper(features, n_neighbours, algorithm="kd_tree", n_jobs=1)
        neighbours, distances = lookup.get_batch_nns(chosen)
        # MuyGPyS hands back squared distances.
        self._distance = float(np.sqrt(np.median(distances)))
        tensors = make_muygps(1.5, 1.0, 1.0).make_train_tensors(
            chosen, neighbours, features, targets
        )
        self._crosswise, self._pairwise, self._targets, self._neighbour_targets = tensors

    def best(
        self, smoothness: Sequence[float], noise: Sequence[float], seed: int
    ) -> tuple[MuyGPS, float]:
        """Model with the largest balanced accuracy, and that accuracy."""
        best, best_accuracy = None, -1.0
        for nu in smoothness:
            for tau in noise:
                length_scale = Parameter(
                    3 * self._distance, (0.3 * self._distance, 30 * self._distance)
                )
                muygps = Bayes_optimize(
                    make_muygps(nu, length_scale, tau),
                    self._targets,
                    self._neighbour_targets,
                    self._crosswise,
                    self._pairwise,
                    loss_fn=_balanced_error,
                    random_state=seed,
                    **_BAYES_TRIALS,
                )
                accuracy = balanced_accuracy(self._targets > 0, self._mean(muygps) > 0)
                if accuracy > best_accuracy:
                    best, best_accuracy = muygps, accuracy
        return best, best_accuracy

    def best_scale(self, muygps: MuyGPS) -> tuple[float, float]:
        """Scale of the variance with the least cross-entropy, and that entropy."""
        mean = self._mean(muygps)
        k_in, k_cross = muygps.kernel(self._pairwise), muygps.kernel(self._crosswise)
        deviation = np.sqrt(muygps.posterior_variance(k_in, k_cross).reshape(-1))

        def entropy(log_scale: float) -> float:
            return cross_entropy(
                self._targets > 0, ndtr(mean / (deviation * np.exp(0.5 * log_scale)))
            )

        found = minimize_scalar(entropy, bounds=(-15, 15), method="bounded")
        return float(np.exp(found.x)), float(found.fun)

    def _mean(self, muygps: MuyGPS) -> np.ndarray:
        k_in, k_cross = muygps.kernel(self._pairwise), muygps.kernel(self._crosswise)
        return muygps.posterior_mean(k_in, k_cross, self._neighbour_targets).reshape(-1)


def _error(predictions: np.ndarray, targets: np.ndarray) -> float:
    return 1.0 - balanced_accuracy(targets.reshape(-1) > 0, predictions.reshape(-1) > 0)


#: Stage one's loss in MuyGPyS's own form.
_balanced_error = LossFn(_error, make_raw_predict_and_loss_fn)


def _even_mix(blended: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of as many blended as unblended footprints, in random order."""
    each = min(blended.sum(), (~blended).sum(), most // 2)
    classes = [rng.permutation(np.flatnonzero(blended == flag))[:each] for flag in (True, False)]
    return rng.permutation(np.concatenate(classes))


def _count_table(training: TrainingSet) -> np.ndarray:
    """P(2, 3, 4+ objects | blended, number of maxima), from counts plus one each."""
    blended = training.n_objects > 1
    table = np.ones((4, 3))
    maxima = np.clip(training.n_maxima[blended], 1, 4) - 1
    np.add.at(table, (maxima, np.clip(training.n_objects[blended], 2, 4) - 2), 1)
    return table / table.sum(axis=1, keepdims=True)
