"""Calibration of the blend probability."""

import numpy as np
import pytest

from meas_blends.blends.calibration import Calibration
from meas_blends.evaluation.scores import balanced_accuracy

#: Every footprint has one maximum.
ONE = np.ones(20000, int)


def test_calibration_turns_stated_into_observed():
    rng = np.random.default_rng(6)
    stated = rng.random(20000)
    observed = stated**2  # what such a statement is worth
    blended = rng.random(20000) < observed
    calibration = Calibration.fit(stated, ONE, blended)
    np.testing.assert_allclose(calibration(stated, ONE), observed, atol=0.08)
    assert np.abs(calibration(stated, ONE) - observed).mean() < 0.02
    assert (np.diff(calibration.observed, axis=1) >= 0).all()


def test_threshold_has_the_best_balanced_accuracy():
    rng = np.random.default_rng(6)
    stated = rng.random(20000)
    blended = rng.random(20000) < stated**2
    calibration = Calibration.fit(stated, ONE, blended)
    probability = calibration(stated, ONE)
    chosen = balanced_accuracy(blended, probability > calibration.threshold)
    others = [balanced_accuracy(blended, probability > p) for p in np.linspace(0.05, 0.95, 19)]
    assert chosen > max(others) - 0.005
    assert chosen > balanced_accuracy(blended, probability > 0.5) + 0.01


def test_maxima_have_a_curve_of_their_own():
    rng = np.random.default_rng(6)
    stated, n_maxima = rng.random(20000), rng.integers(1, 4, 20000)
    blended = rng.random(20000) < np.where(n_maxima > 1, 0.97, stated)
    calibration = Calibration.fit(stated, n_maxima, blended)
    half = np.full(3, 0.5)
    np.testing.assert_allclose(calibration(half, np.array([1, 2, 3])), [0.5, 0.97, 0.97], atol=0.05)


@pytest.mark.parametrize("calibration", [Calibration.none(), Calibration.fit(*np.zeros((3, 4)))])
def test_without_enough_to_learn_from_nothing_changes(calibration):
    stated = np.linspace(0, 1, 7)
    np.testing.assert_allclose(calibration(stated, np.array([1, 2, 3, 1, 2, 3, 1])), stated)
