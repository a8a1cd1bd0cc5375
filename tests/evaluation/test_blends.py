"""Scores of a peak finder over scenes."""

import numpy as np
import pytest

from meas_blends.data.catalogs import CLASSIFICATION, FOOTPRINT_LABELS
from meas_blends.errors import BadInputError
from meas_blends.evaluation.blends import evaluate_classifications


def scene(n_objects, probability, first=1):
    """Classification and labels; blended where the probability exceeds a half."""
    n_objects, probability = np.asarray(n_objects), np.asarray(probability, float)
    identifiers = np.arange(first, first + len(n_objects))
    classification = CLASSIFICATION.make(
        {
            "footprintId": identifiers,
            "blendProbability": probability,
            "blended": probability > 0.5,
            "nPeaks": 1 + (probability > 0.5),
            **{f"probability{k}": np.nan for k in (1, 2, 3, 4)},
            "peakFinder": "oracle",
            "model": "",
            "flags": 0,
        }
    )
    labels = FOOTPRINT_LABELS.make(
        {"footprintId": identifiers, "nObjects": n_objects, "blended": n_objects > 1, "flags": 0}
    )
    return classification, labels


def test_known_scores_over_two_scenes():
    scenes = [scene([1, 1, 2, 3], [0.1, 0.9, 0.8, 0.7]), scene([1, 2, 0], [0.2, 0.3, 0.99])]
    evaluation, reliability = evaluate_classifications(*zip(*scenes, strict=True), n_bins=5)
    row = evaluation[0]
    assert (row["nScenes"], row["nFootprints"], row["nBlended"]) == (2, 6, 3)
    assert row["unblendedAccuracy"] == pytest.approx(2 / 3)
    assert row["blendedAccuracy"] == pytest.approx(2 / 3)
    # 0.75 in the first scene, 0.5 in the second.
    assert row["balancedAccuracyErr"] == pytest.approx(0.125)
    right = [0.9, 0.1, 0.8, 0.7, 0.8, 0.3]
    assert row["crossEntropy"] == pytest.approx(-np.mean(np.log(right)))
    assert reliability["nFootprints"].sum() == 6
    assert list(reliability["nFootprints"]) == [1, 2, 0, 1, 2]


def test_without_probabilities_calls_are_still_scored():
    classification, labels = scene([1, 2], [0.2, 0.8])
    classification["blendProbability"] = np.nan
    evaluation, reliability = evaluate_classifications([classification], [labels])
    assert evaluation["balancedAccuracy"][0] == 1.0
    assert np.isnan(evaluation["crossEntropy"][0])
    assert np.isnan(evaluation["balancedAccuracyErr"][0])  # one scene has no scatter
    assert reliability["nFootprints"].sum() == 0


def test_tables_of_different_detections():
    classification, _ = scene([1, 2], [0.2, 0.8])
    _, labels = scene([1, 2], [0.2, 0.8], first=2)
    with pytest.raises(BadInputError, match="different footprints"):
        evaluate_classifications([classification], [labels])


def test_nothing_labelled():
    classification, labels = scene([0, 0], [0.2, 0.8])
    with pytest.raises(BadInputError, match="no labelled footprint"):
        evaluate_classifications([classification], [labels])
