"""Posteriors mixed of several hypotheses."""

import numpy as np
from scipy.stats import norm

from meas_blends.morphology.posterior import NORMAL_QUANTILES
from meas_blends.morphology.refinement.mixture import mix

KNOTS = np.arange(-5.0, 6.0)
CORRELATION = np.array([[1, 0.5, 0], [0.5, 1, -0.3], [0, -0.3, 1]])


def lines(mean, sigma):
    return np.array(mean)[:, None] + np.array(sigma)[:, None] * KNOTS


def test_one_hypothesis_is_its_own_gaussian():
    line = lines([1.0, 2.0, 8.0], [0.5, 0.1, 0.02])
    posterior, _ = mix(line[None, None], CORRELATION[None, None], np.ones((1, 1)))
    np.testing.assert_allclose(posterior.mean[0], [1, 2, 8], atol=1e-9)
    np.testing.assert_allclose(posterior.sigma[0], [0.5, 0.1, 0.02], rtol=1e-3)
    np.testing.assert_allclose(posterior.covariance[0, 0, 1], 0.5 * 0.5 * 0.1, rtol=2e-3)
    expected = np.array([1, 2, 8])[:, None] + np.array([[0.5], [0.1], [0.02]]) * NORMAL_QUANTILES
    np.testing.assert_allclose(posterior.quantiles[0], expected, atol=0.02)


def test_two_hypotheses_are_mixed():
    two = np.stack([lines([0, 0, 0], [1, 1, 1]), lines([6, 0, 0], [1, 1, 1])])[:, None]
    weights = np.array([[0.25], [0.75]])
    posterior, fine = mix(two, np.stack([np.eye(3)] * 2)[:, None], weights)
    np.testing.assert_allclose(posterior.mean[0], [4.5, 0, 0], atol=1e-9)
    np.testing.assert_allclose(posterior.covariance[0, 0, 0], 1 + 0.25 * 0.75 * 36, rtol=1e-3)
    below = 0.25 * norm.cdf(posterior.quantiles[0, 0]) + 0.75 * norm.cdf(
        posterior.quantiles[0, 0] - 6
    )
    np.testing.assert_allclose(below[1:6], norm.cdf([-2, -1, 0, 1, 2]), atol=0.01)
    below = 0.25 * norm.cdf(fine[0, 0]) + 0.75 * norm.cdf(fine[0, 0] - 6)
    levels = np.linspace(-3, 3, 61)
    np.testing.assert_allclose(below[10:51], norm.cdf(levels[10:51]), atol=0.01)


def test_a_known_share_leaves_a_covariance():
    line = lines([-4.6, 1.0, 5.0], [0.0, 0.1, 0.1])
    correlation = np.diag([0.0, 1.0, 1.0])
    posterior, _ = mix(line[None, None], correlation[None, None], np.ones((1, 1)))
    assert (np.linalg.eigvalsh(posterior.covariance) > 0).all()
    np.testing.assert_allclose(posterior.quantiles[0, 0], -4.6)
