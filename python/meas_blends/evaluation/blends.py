"""Scores of a peak finder over labelled scenes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from astropy.table import Table

from ..data.catalogs import EVALUATION, RELIABILITY
from ..errors import BadInputError
from .scores import (
    accuracies,
    balanced_accuracy,
    calibration_error,
    cross_entropy,
    reliability,
)

__all__ = ["evaluate_classifications"]


def evaluate_classifications(
    classifications: Sequence[Table], labels: Sequence[Table], n_bins: int = 10
) -> tuple[Table, Table]:
    """Score classifications against labels, over all scenes together.

    Parameters
    ----------
    classifications, labels : sequences of `astropy.table.Table`
        `~meas_blends.data.catalogs.CLASSIFICATION` and
        `~meas_blends.data.catalogs.FOOTPRINT_LABELS` of each scene.
        Footprints without an object are left out.
    n_bins : `int`
        Bins of blend probability.

    Returns
    -------
    evaluation : `astropy.table.Table`
        `~meas_blends.data.catalogs.EVALUATION`, one row. Standard errors come
        from the scatter of the score between scenes, so they hold what
        footprints of one scene share; NaN for a single scene.
    reliability : `astropy.table.Table`
        `~meas_blends.data.catalogs.RELIABILITY`.

    Raises
    ------
    BadInputError
        If tables of a scene do not belong together, or nothing is labelled.
    """
    scenes = [_align(*tables) for tables in zip(classifications, labels, strict=True)]
    truth, called, probability = (np.concatenate(part) for part in zip(*scenes, strict=True))
    if len(truth) == 0:
        raise BadInputError(
            "the scenes hold no labelled footprint; simulate larger or more scenes."
        )
    finder = next(str(table["peakFinder"][0]) for table in classifications if len(table))
    unblended, blended = accuracies(truth, called)
    # Without probabilities every score of them is NaN.
    stated = np.isfinite(probability)
    bins = reliability(truth[stated], probability[stated], n_bins)
    has_probability = bool(stated.any())
    evaluation = EVALUATION.make(
        {
            "peakFinder": finder,
            "nScenes": len(scenes),
            "nFootprints": len(truth),
            "nBlended": int(truth.sum()),
            "unblendedAccuracy": unblended,
            "blendedAccuracy": blended,
            "balancedAccuracy": 0.5 * (unblended + blended),
            "balancedAccuracyErr": _scatter(scenes, lambda t, c, p: balanced_accuracy(t, c)),
            "crossEntropy": cross_entropy(truth[stated], probability[stated])
            if has_probability
            else np.nan,
            "crossEntropyErr": _scatter(scenes, lambda t, c, p: cross_entropy(t, p))
            if has_probability
            else np.nan,
            "calibrationError": calibration_error(bins) if has_probability else np.nan,
        }
    )
    return evaluation, RELIABILITY.make(
        {
            "peakFinder": finder,
            "probabilityLow": bins.edges[:-1],
            "probabilityHigh": bins.edges[1:],
            "nFootprints": bins.number,
            "meanProbability": bins.stated,
            "blendedFraction": bins.observed,
            "blendedFractionErr": bins.observed_error,
        }
    )


def _align(classification: Table, labels: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, call and probability of the labelled footprints of one scene."""
    if not np.array_equal(classification["footprintId"], labels["footprintId"]):
        raise BadInputError(
            "a classification and its labels name different footprints; classify and label the"
            " footprints of one detection."
        )
    labelled = np.asarray(labels["nObjects"]) > 0
    return (
        np.asarray(labels["blended"])[labelled],
        np.asarray(classification["blended"])[labelled],
        np.asarray(classification["blendProbability"], float)[labelled],
    )


def _scatter(scenes: Sequence[tuple], score: Callable[..., float]) -> float:
    """Standard error of a mean score, from its scatter between scenes."""
    values = [score(*scene) for scene in scenes if len(scene[0])]
    if len(values) < 2:
        return float("nan")
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))
