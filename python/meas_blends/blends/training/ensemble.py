"""Training of the ensemble: the weights of its members."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from ...data.packages import ModelPackage
from ...errors import BadInputError
from ..calibration import CountCalibration
from ..classifier import Classifier
from ..classifiers.ensemble import EnsembleClassifier
from ..classifiers.loading import unpack_classifier
from ..detections import LabelledDetections

__all__ = ["train_ensemble"]

_log = logging.getLogger(__name__)

#: Probabilities are held this far from 0 before their logarithm is taken.
_LEAST = 1e-4


def train_ensemble(
    training: Sequence[LabelledDetections],
    apart: Sequence[LabelledDetections],
    rng: np.random.Generator,
    members: Mapping[str, ModelPackage],
) -> EnsembleClassifier:
    """Weigh trained classifiers against each other.

    Parameters
    ----------
    training, apart : sequence of `~meas_blends.blends.detections.LabelledDetections`
        Scenes that no member was trained on: to find the weights by, and to
        calibrate on.
    rng : `numpy.random.Generator`
        As of every training; the weights have one best value, and draw nothing.
    members : `dict` [`str`, `~meas_blends.data.packages.ModelPackage`]
        The members' packages by name, or folder.

    Returns
    -------
    model : `~meas_blends.blends.classifiers.ensemble.EnsembleClassifier`
        With the weights, none negative, of the least cross-entropy.

    Raises
    ------
    BadInputError
        If there are no members, or the scenes hold no labelled footprint.
    """
    if not members:
        raise BadInputError("an ensemble without members; name the model packages to combine.")
    classifiers = [unpack_classifier(package) for package in members.values()]
    counts, n_objects, _ = _ask(classifiers, training)
    if len(n_objects) == 0:
        raise BadInputError("the training scenes hold no labelled footprint; give larger ones.")
    weights, shift = _fit_weights(counts, n_objects)
    _log.info(
        "ensemble: %s",
        ", ".join(f"{n} {w:.2f}" for n, w in zip(members, weights, strict=True)),
    )
    model = EnsembleClassifier(classifiers, list(members), weights, shift)
    held, held_objects, held_maxima = _ask(classifiers, apart)
    if len(held_objects) == 0:
        raise BadInputError(
            "the scenes to calibrate on hold no labelled footprint; give more or larger ones."
        )
    model.calibration = CountCalibration.fit(model.pool(held), held_maxima, held_objects)
    model.threshold = float(np.mean(held_objects > 1))
    model.training = {"footprints": len(n_objects), "calibrated_on": len(held_objects)}
    return model


def _ask(
    classifiers: Sequence[Classifier], scenes: Sequence[LabelledDetections]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts of each member, (n_members, n, 4), true objects and maxima, (n,)."""
    columns = []
    for scene in scenes:
        rows = scene.n_objects > 0
        counts = [classifier.predict(scene.detections).counts[rows] for classifier in classifiers]
        columns.append((np.stack(counts), scene.n_objects[rows], scene.detections.n_maxima[rows]))
    counts, n_objects, n_maxima = zip(*columns, strict=True)
    return np.concatenate(counts, axis=1), np.concatenate(n_objects), np.concatenate(n_maxima)


def _fit_weights(counts: np.ndarray, n_objects: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weight of each member and shift of each count, of the least cross-entropy."""
    logarithms = np.log(np.maximum(counts, _LEAST))
    n_members = len(counts)
    truth = np.eye(4)[np.clip(n_objects, 1, 4) - 1]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights, shift = parameters[:n_members], parameters[n_members:]
        logits = np.tensordot(weights, logarithms, 1) + shift
        likelihood = log_softmax(logits, axis=1)
        difference = (np.exp(likelihood) - truth) / len(truth)
        gradient = [np.tensordot(logarithms, difference, 2), difference.sum(axis=0)]
        return -(truth * likelihood).sum() / len(truth), np.concatenate(gradient)

    start = np.concatenate([np.full(n_members, 1.0 / n_members), np.zeros(4)])
    bounds = [(0.0, None)] * n_members + [(None, None)] * 4
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return found[:n_members], found[n_members:]
