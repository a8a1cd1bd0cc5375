"""The hierarchy of logistic regressions."""

import numpy as np
from scipy.special import expit

from meas_blends.blends.calibration import Calibration
from meas_blends.blends.classifiers.components import Components
from meas_blends.blends.classifiers.logistic import LogisticClassifier
from meas_blends.blends.normalise import Normalisation
from meas_blends.blends.unusual import Familiar


def make(weights, calibrations=None):
    components = Components(np.zeros(9, np.float32), np.eye(2, 9, dtype=np.float32))
    familiar = Familiar(np.zeros(4), np.eye(4), 1.0)
    calibrations = calibrations or [Calibration.none()] * 3
    common = Normalisation(3, 0.0, 1.0), familiar, 0.5
    return LogisticClassifier(components, np.array(weights, np.float32), calibrations, *common)


def test_each_step_is_conditional_on_the_one_before():
    model = make([[1, 0, 0.5], [0, 2, -1], [0, 0, 0]])
    vectors = np.zeros((2, 9), np.float32)
    vectors[1, :2] = [1, -1]
    more = expit(np.array([[0.5, -1, 0], [1.5, -3, 0]]))
    np.testing.assert_allclose(model.stated(vectors), more, rtol=1e-6)
    first, second, third = more.T
    expected = [
        1 - first,
        first * (1 - second),
        first * second * (1 - third),
        first * second * third,
    ]
    counts = model.counts(vectors, np.array([1, 1]))
    np.testing.assert_allclose(counts, np.transpose(expected), rtol=1e-6)


def test_each_step_has_its_calibration():
    flat = Calibration(np.array([[0.0, 1.0]]), np.array([[0.25, 0.25]]))
    model = make(np.zeros((3, 3)), [flat, Calibration.none(), flat])
    counts = model.counts(np.zeros((1, 9), np.float32), np.array([1]))
    np.testing.assert_allclose(counts, [[0.75, 0.125, 0.09375, 0.03125]])
