"""Scores against hand-made answers and scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from meas_blends.evaluation.scores import (
    accuracies,
    balanced_accuracy,
    calibration_error,
    cross_entropy,
    reliability,
)


def test_accuracies():
    truth = np.array([True, True, True, True, False, False])
    called = np.array([True, True, True, False, False, True])
    assert accuracies(truth, called) == (0.5, 0.75)
    assert balanced_accuracy(truth, called) == pytest.approx(
        metrics.balanced_accuracy_score(truth, called)
    )


def test_a_class_that_does_not_occur_has_no_accuracy():
    unblended, blended = accuracies(np.ones(3, bool), np.ones(3, bool))
    assert np.isnan(unblended) and blended == 1.0


def test_cross_entropy():
    rng = np.random.default_rng(1)
    truth, probability = rng.random(50) < 0.4, rng.random(50)
    assert cross_entropy(truth, probability) == pytest.approx(metrics.log_loss(truth, probability))


def test_a_sure_mistake_costs_a_finite_amount():
    assert cross_entropy(np.array([True]), np.array([0.0])) == pytest.approx(-np.log(1e-7))


def test_reliability_of_honest_and_of_overconfident_probabilities():
    rng = np.random.default_rng(2)
    probability = rng.random(40000)
    truth = rng.random(40000) < probability
    honest = reliability(truth, probability)
    assert calibration_error(honest) < 0.01
    assert (np.abs(honest.stated - honest.observed) < 5 * honest.observed_error).all()
    sharp = np.where(probability > 0.5, 0.99, 0.01)
    assert calibration_error(reliability(truth, sharp)) == pytest.approx(0.24, abs=0.02)


def test_empty_bins():
    result = reliability(np.array([True, False]), np.array([0.0, 1.0]), n_bins=4)
    assert list(result.number) == [1, 0, 0, 1]
    assert np.isnan(result.stated[1]) and np.isnan(result.observed[2])
    assert calibration_error(result) == 1.0
