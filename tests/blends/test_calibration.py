"""Calibration of probabilities."""

import numpy as np
import pytest

from meas_blends.blends.calibration import Calibration, CountCalibration
from meas_blends.evaluation.scores import calibration_error, cross_entropy, reliability

N = 20000

#: Every footprint has one maximum.
ONE = np.ones(N, int)


def test_stated_becomes_observed():
    rng = np.random.default_rng(6)
    stated = rng.random(N)
    observed = stated**2  # what such a statement is worth
    blended = rng.random(N) < observed
    calibration = Calibration.fit(stated, ONE, blended)
    np.testing.assert_allclose(calibration(stated, ONE), observed, atol=0.08)
    assert np.abs(calibration(stated, ONE) - observed).mean() < 0.02
    assert (np.diff(calibration.observed, axis=1) >= 0).all()


def test_no_finite_sample_shows_a_certainty():
    stated = np.linspace(0, 1, N)
    calibration = Calibration.fit(stated, ONE, stated > 0.5)
    calibrated = calibration(stated, ONE)
    assert 0 < calibrated.min() < 0.02 and 0.98 < calibrated.max() < 1


def test_sure_probabilities_stay_nearly_as_sure():
    rng = np.random.default_rng(6)
    stated = rng.beta(0.1, 0.1, N)
    blended = rng.random(N) < stated
    calibration = Calibration.fit(stated, ONE, blended)
    lost = cross_entropy(blended, calibration(stated, ONE)) - cross_entropy(blended, stated)
    assert lost < 0.01


def test_rare_blends_stay_rare():
    # As in scenes of a shallow image: eight blends in 400 footprints.
    rng = np.random.default_rng(6)
    stated, blended = rng.random(400), np.arange(400) < 8
    calibrated = Calibration.fit(stated, ONE[:400], blended)(stated, ONE[:400])
    assert calibrated.min() < blended.mean()
    assert calibrated.mean() == pytest.approx(blended.mean(), rel=0.15)


def test_maxima_can_have_a_curve_of_their_own():
    rng = np.random.default_rng(6)
    stated, n_maxima = rng.random(N), rng.integers(1, 4, N)
    blended = rng.random(N) < np.where(n_maxima > 1, 0.97, stated)
    half = np.full(3, 0.5)
    two = Calibration.fit(stated, n_maxima, blended)
    np.testing.assert_allclose(two(half, np.array([1, 2, 3])), [0.5, 0.97, 0.97], atol=0.05)
    one = Calibration.fit(stated, n_maxima, blended, by_maxima=False)
    np.testing.assert_allclose(one(half, np.array([1, 2, 3])), 2 / 3 * 0.97 + 1 / 6, atol=0.05)


@pytest.mark.parametrize("calibration", [Calibration.none(), Calibration.fit(*np.zeros((3, 4)))])
def test_without_enough_to_learn_from_nothing_changes(calibration):
    stated = np.linspace(0, 1, 7)
    np.testing.assert_allclose(calibration(stated, np.array([1, 2, 3, 1, 2, 3, 1])), stated)


def draw_counts(rng, sharpness):
    """True numbers of objects, and probabilities that are too sure or not sure enough."""
    logits = rng.normal([1.0, 0.5, 0.0, -0.5], 1.5, (N, 4))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    n_objects = 1 + (rng.random(N)[:, None] > true.cumsum(axis=1)).sum(axis=1)
    stated = true**sharpness * [1.0, 2.0, 1.0, 0.5]
    return true, stated / stated.sum(axis=1, keepdims=True), n_objects


@pytest.mark.parametrize("sharpness", [0.5, 2.0])
def test_counts_are_scaled_back(sharpness):
    true, stated, n_objects = draw_counts(np.random.default_rng(7), sharpness)
    calibration = CountCalibration.fit(stated, ONE, n_objects)
    calibrated = calibration(stated, ONE)
    np.testing.assert_allclose(calibrated.sum(axis=1), 1)
    assert np.abs(calibrated - true).mean() < 0.02 < np.abs(stated - true).mean()
    np.testing.assert_allclose(calibration.weight, 1 / sharpness, rtol=0.1)
    error = calibration_error(reliability(n_objects > 1, 1 - calibrated[:, 0]))
    assert error < 0.01


def test_counts_without_calibration_stay():
    _, stated, _ = draw_counts(np.random.default_rng(7), 1.0)
    np.testing.assert_allclose(CountCalibration.none()(stated, ONE), stated, atol=1e-5)


def test_an_impossible_count_gives_finite_numbers():
    rng = np.random.default_rng(8)
    blended = rng.random(N) < 0.3
    stated = np.column_stack([1 - 0.4 * blended - 0.1, 0.4 * blended + 0.1, *np.zeros((2, N))])
    calibration = CountCalibration.fit(stated, ONE, 1 + blended)
    calibrated = calibration(stated, ONE)
    assert np.isfinite(calibrated).all() and calibrated[:, 2:].max() < 0.01
    sure = calibration(np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0]]), np.ones(2, int))
    np.testing.assert_allclose(sure.sum(axis=1), 1)
