"""Projection on principal components."""

import numpy as np

from meas_blends.blends.classifiers.components import Components


def test_projects_differences_from_the_mean():
    axes = np.array([[0.6, 0.8, 0], [0, 0, 1]], np.float32)
    components = Components(np.array([1, 1, 0], np.float32), axes)
    features = components(np.array([[1, 1, 0], [2, 2, 5]], np.float32))
    np.testing.assert_allclose(features, [[0, 0], [1.4, 5]], rtol=1e-6)
    assert components(np.zeros((0, 3), np.float32)).shape == (0, 2)
