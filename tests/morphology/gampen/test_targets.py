"""The scaling of the targets."""

import numpy as np

from meas_blends.morphology.gampen.targets import target_scaling


def test_scaled_targets_have_no_mean_and_unit_scatter():
    transformed = np.random.default_rng(3).normal([1.0, -2.0, 7.0], [0.1, 1.0, 3.0], (50, 3))
    mean, std = target_scaling(transformed)
    scaled = (transformed - mean) / std
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1)
