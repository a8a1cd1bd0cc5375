"""Training of the logistic regressions."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from ..calibration import Calibration
from ..classifiers.components import Components
from ..classifiers.logistic import LogisticClassifier
from ..detections import LabelledDetections
from .labelled_cutouts import (
    LabelledCutouts,
    collect_cutouts,
    collect_training,
    common_arguments,
    fit_calibration,
    fit_components,
    mix_classes,
)

__all__ = ["train_logistic"]

_log = logging.getLogger(__name__)

#: Steps of the hierarchy of counts: 1 or more, 2 or more, 3 or more.
_STEPS = (1, 2, 3)


def train_logistic(
    training: Sequence[LabelledDetections],
    apart: Sequence[LabelledDetections],
    rng: np.random.Generator,
    cutout_size: int = 23,
    pedestal: float = 30.0,
    n_features: int = 8,
    inverse_penalty: float = 1.0,
    mixture: str = "even",
    calibration: str = "curve",
) -> LogisticClassifier:
    """Train the logistic regression of Buchanan et al. (2022), and the rest of the hierarchy.

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
    inverse_penalty : `float`
        Inverse strength of the l2 penalty on the weights of the features,
        which are scaled to unit variance.
    mixture, calibration : `str`
        See `~meas_blends.blends.training.labelled_cutouts.mix_classes` and
        `~meas_blends.blends.training.labelled_cutouts.fit_calibration`.

    Returns
    -------
    model : `~meas_blends.blends.classifiers.logistic.LogisticClassifier`

    Raises
    ------
    BadInputError
        If a class has no footprints.
    """
    known, normalisation = collect_training(training, cutout_size, pedestal)
    held = collect_cutouts(apart, normalisation)
    rows = mix_classes(known.blended, mixture, len(known.blended), rng)
    components = fit_components(known.vectors[rows], n_features, int(rng.integers(2**31)))
    weights = [_fit_step(components, known.select(rows), 1, inverse_penalty)]
    # The slides' even mixture is one of blended and unblended footprints; of
    # the blended all are used.
    weights += [_fit_step(components, known, step, inverse_penalty) for step in _STEPS[1:]]
    model = LogisticClassifier(
        components,
        np.array(weights, np.float32),
        [Calibration.none()] * len(_STEPS),
        *common_arguments(known, held, normalisation, mixture, calibration),
    )
    stated = model.stated(held.vectors)
    for step in _STEPS:
        at_least = held.n_objects >= step
        model.calibrations[step - 1] = fit_calibration(
            stated[at_least, step - 1],
            held.n_maxima[at_least],
            held.n_objects[at_least] > step,
            calibration,
        )
    return model


def _fit_step(
    components: Components, known: LabelledCutouts, step: int, inverse_penalty: float
) -> np.ndarray:
    """Weights of the features and of the constant: more than ``step`` objects, or as many?"""
    known = known.select(known.n_objects >= step)
    more = known.n_objects > step
    if more.all() or not more.any():
        # Nothing to learn from: all or none have more.
        share = (more.sum() + 0.5) / (len(more) + 1)
        return np.append(np.zeros(len(components.axes)), np.log(share / (1 - share)))
    features = components(known.vectors)
    scale = np.maximum(features.std(axis=0), np.finfo(float).tiny)
    fit = LogisticRegression(C=inverse_penalty, max_iter=1000).fit(features / scale, more)
    _log.info("more than %d objects: trained on %d footprints", step, len(more))
    return np.append(fit.coef_[0] / scale, fit.intercept_[0])
