"""Training of the Gaussian process on principal components, in the slides' two stages."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence

import numpy as np
from MuyGPyS.neighbors import NN_Wrapper
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from ...evaluation.scores import balanced_accuracy, cross_entropy
from ..calibration import Calibration
from ..classifiers.components import Components
from ..classifiers.gp_pca import GpPcaClassifier
from ..classifiers.muygps import Hyperparameters, make_muygps, slices
from ..classifiers.table import CountTable
from ..detections import LabelledDetections
from ..normalise import Normalisation
from ..normalise_bands import BandNormalisation
from .labelled_cutouts import (
    LabelledCutouts,
    collect_cutouts,
    collect_training,
    common_arguments,
    fit_calibration,
    fit_components,
    mix_classes,
)

__all__ = ["fit_gp_pca", "train_gp_pca"]

_log = logging.getLogger(__name__)


def train_gp_pca(
    training: Sequence[LabelledDetections],
    apart: Sequence[LabelledDetections],
    rng: np.random.Generator,
    cutout_size: int = 23,
    pedestal: float = 30.0,
    n_features: int = 8,
    n_neighbours: int = 50,
    max_footprints: int = 40000,
    batch: int = 4000,
    smoothness: Sequence[float] = (1.5, 2.5, 10.0),
    length_scale: Sequence[float] = (5.0, 20.0, 80.0),
    noise: Sequence[float] = (3e-6, 3e-5, 3e-4, 3e-3),
    mixture: str = "even",
    calibration: str = "curve",
) -> GpPcaClassifier:
    """Train the Gaussian process of Buchanan et al. (2022).

    Footprints are embedded by PCA. Stage one picks smoothness, length scale
    and noise by the balanced accuracy of leave-one-out predictions; stage two
    picks sigma, which class labels do not depend on, by cross-entropy ("A
    Note on Training" of the slides). The probabilities are then calibrated on
    footprints that had no part in it.

    Parameters
    ----------
    training, apart : sequence of `~meas_blends.blends.detections.LabelledDetections`
        Scenes to learn from, and others to calibrate on.
    rng : `numpy.random.Generator`
        Chooses the footprints.
    cutout_size : `int`
        Side of the cutouts [pixel], odd.
    pedestal : `float`
        The sky in the cutouts, in units of the noise of a pixel.
    n_features : `int`
        Principal components.
    n_neighbours : `int`
        Neighbours of each prediction.
    max_footprints : `int`
        Most footprints to keep in the model.
    batch : `int`
        Leave-one-out predictions that hyperparameters are judged by.
    smoothness, length_scale, noise : sequence of `float`
        Values to choose from; the paper ended at 10, 20 and 3e-6.
    mixture, calibration : `str`
        See `~meas_blends.blends.training.labelled_cutouts.mix_classes` and
        `~meas_blends.blends.training.labelled_cutouts.fit_calibration`.

    Returns
    -------
    model : `~meas_blends.blends.classifiers.gp_pca.GpPcaClassifier`

    Raises
    ------
    BadInputError
        If either class has too few footprints for the neighbourhoods.
    """
    known, normalisation = collect_training(training, cutout_size, pedestal)
    held = collect_cutouts(apart, normalisation)
    return fit_gp_pca(
        known,
        held,
        normalisation,
        rng,
        n_features=n_features,
        n_neighbours=n_neighbours,
        max_footprints=max_footprints,
        batch=batch,
        smoothness=smoothness,
        length_scale=length_scale,
        noise=noise,
        mixture=mixture,
        calibration=calibration,
    )


def fit_gp_pca(
    known: LabelledCutouts,
    held: LabelledCutouts,
    normalisation: Normalisation | BandNormalisation,
    rng: np.random.Generator,
    *,
    n_features: int,
    n_neighbours: int,
    max_footprints: int,
    batch: int,
    smoothness: Sequence[float],
    length_scale: Sequence[float],
    noise: Sequence[float],
    mixture: str,
    calibration: str,
    find_components: Callable[[np.ndarray, int, int], Components] = fit_components,
    classifier: type[GpPcaClassifier] = GpPcaClassifier,
) -> GpPcaClassifier:
    """Fit the Gaussian process to normalised cutouts.

    Parameters
    ----------
    known, held : `~meas_blends.blends.training.labelled_cutouts.LabelledCutouts`
        To learn from, and to calibrate on.
    normalisation : `~meas_blends.blends.normalise.Normalisation`
        What was done to them.
    rng, n_features, n_neighbours, max_footprints, batch
        As of `train_gp_pca`.
    smoothness, length_scale, noise, mixture, calibration
        As of `train_gp_pca`.
    find_components : callable
        Makes the components of vectors, given their number and a seed.
    classifier : `type`
        Class of the result.

    Returns
    -------
    model : ``classifier``
    """
    rows = mix_classes(known.blended, mixture, max_footprints, rng, n_neighbours + 2)
    components = find_components(known.vectors[rows], n_features, int(rng.integers(2**31)))
    features = components(known.vectors[rows]).astype(np.float32)
    targets = np.where(known.blended[rows], 1, -1).astype(np.int8)
    chosen = rng.choice(len(rows), min(batch, len(rows)), replace=False)
    hyperparameters, accuracy, entropy = _choose_hyperparameters(
        features.astype(float),
        targets.astype(float),
        chosen,
        n_neighbours,
        list(itertools.product(smoothness, length_scale)),
        list(noise),
    )
    model = classifier(
        components,
        features,
        targets,
        hyperparameters,
        CountTable.learn(known.n_objects, known.n_maxima),
        Calibration.none(),
        *common_arguments(
            known,
            held,
            normalisation,
            mixture,
            calibration,
            kept=len(rows),
            leave_one_out_balanced_accuracy=accuracy,
            leave_one_out_cross_entropy=entropy,
        ),
    )
    model.calibration = fit_calibration(
        model.stated(held.vectors), held.n_maxima, held.blended, calibration
    )
    return model


def _choose_hyperparameters(
    features: np.ndarray,
    targets: np.ndarray,
    chosen: np.ndarray,
    n_neighbours: int,
    kernels: list[tuple[float, float]],
    noise: list[float],
) -> tuple[Hyperparameters, float, float]:
    """Both stages: the hyperparameters, and their leave-one-out accuracy and cross-entropy."""
    blended = targets[chosen] > 0
    mean, variance = _leave_one_out(features, targets, chosen, n_neighbours, kernels, noise)
    accuracy = np.array([[balanced_accuracy(blended, row > 0) for row in block] for block in mean])
    for (nu, length), row in zip(kernels, accuracy, strict=True):
        text = ", ".join(f"{score:.4f}" for score in row)
        _log.info(
            "nu %g, length scale %g, noises %s: balanced accuracy %s", nu, length, noise, text
        )
    kernel, level = np.unravel_index(accuracy.argmax(), accuracy.shape)
    best_mean, deviation = mean[kernel, level], np.sqrt(variance[kernel, level])

    def entropy(log_scale: float) -> float:
        return cross_entropy(blended, ndtr(best_mean / (deviation * np.exp(0.5 * log_scale))))

    found = minimize_scalar(entropy, bounds=(-15, 25), method="bounded")
    nu, length = kernels[kernel]
    hyperparameters = Hyperparameters(
        float(nu), float(length), float(noise[level]), float(np.exp(found.x)), int(n_neighbours)
    )
    return hyperparameters, float(accuracy.max()), float(found.fun)


def _leave_one_out(
    features: np.ndarray,
    targets: np.ndarray,
    chosen: np.ndarray,
    n_neighbours: int,
    kernels: list[tuple[float, float]],
    noise: list[float],
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean and variance of chosen footprints from their neighbours.

    Returns
    -------
    mean, variance : `numpy.ndarray`, (n_kernels, n_noise, n_chosen)
    """
    lookup = NN_Wrapper(features, n_neighbours, algorithm="kd_tree", n_jobs=1)
    neighbours, _ = lookup.get_batch_nns(chosen)
    mean = np.empty((len(kernels), len(noise), len(chosen)))
    variance = np.empty_like(mean)
    for part in slices(len(chosen)):
        crosswise, pairwise, _, labels = make_muygps(1.5, 1.0, 1.0).make_train_tensors(
            chosen[part], neighbours[part], features, targets
        )
        for kernel, (nu, length) in enumerate(kernels):
            shared = make_muygps(nu, length, noise[0])
            k_in, k_cross = shared.kernel(pairwise), shared.kernel(crosswise)
            for level, tau in enumerate(noise):
                muygps = make_muygps(nu, length, tau)
                posterior = muygps.posterior_mean(k_in, k_cross, labels)
                mean[kernel, level, part] = posterior.reshape(-1)
                spread = muygps.posterior_variance(k_in, k_cross)
                variance[kernel, level, part] = spread.reshape(-1)
    # Rounding can leave a variance a little below zero where kernels are very smooth.
    return mean, np.maximum(variance, np.finfo(float).tiny)
