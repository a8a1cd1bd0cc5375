"""Samples of posteriors."""

import numpy as np
import pytest

from meas_blends.morphology.posterior import Posterior, to_physical, to_transformed
from meas_blends.morphology.samples import draw_samples

MEAN = np.array([[0.3, 1.0, 5.0], [-0.5, 0.0, 3.0]])
COVARIANCE = np.array([[[0.5, 0.1, 0.0], [0.1, 0.2, 0.05], [0.0, 0.05, 0.04]]] * 2)


def test_samples_have_the_posteriors_quantiles_and_correlations():
    posterior = Posterior.gaussian(MEAN, COVARIANCE)
    samples = draw_samples(posterior, np.random.default_rng(1), 20_000)
    assert samples.shape == (2, 20_000, 3)
    logs = to_transformed(samples)
    for k in range(2):
        np.testing.assert_allclose(logs[k].mean(axis=0), MEAN[k], atol=0.02)
        np.testing.assert_allclose(np.cov(logs[k].T), COVARIANCE[k], atol=0.02)


def test_samples_follow_moved_quantiles():
    posterior = Posterior.gaussian(MEAN, COVARIANCE)
    moved = Posterior(MEAN, COVARIANCE, posterior.quantiles * 1.3)
    samples = draw_samples(moved, np.random.default_rng(1), 20_000)
    found = np.quantile(samples[0, :, 2], [0.15865, 0.5, 0.84135])
    expected = to_physical(moved.quantiles[0].T)[[2, 3, 4], 2]
    np.testing.assert_allclose(found, expected, rtol=0.01)


def test_batches_make_no_difference():
    posterior = Posterior.gaussian(MEAN, COVARIANCE)
    whole = draw_samples(posterior, np.random.default_rng(4), 7)
    rng = np.random.default_rng(4)
    parts = [
        draw_samples(Posterior.gaussian(MEAN[k : k + 1], COVARIANCE[k : k + 1]), rng, 7)
        for k in range(2)
    ]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_a_posterior_without_width_and_one_that_failed():
    mean = to_transformed([[0.01, 1.0, 10.0], [0.5, np.nan, 1.0]])
    covariance = np.array([np.diag([0.0, 0.1, 0.1]), np.full((3, 3), np.nan)])
    sigma = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    quantiles = mean[:, :, None] + sigma[:, :, None] * np.arange(-3.0, 4.0)
    samples = draw_samples(Posterior(mean, covariance, quantiles), np.random.default_rng(1), 50)
    assert samples[0, :, 0] == pytest.approx(0.01)
    assert np.isfinite(samples[0]).all() and np.isnan(samples[1, :, 1]).all()
