"""The mixture of Gaussians against numbers drawn from it, and against root finding."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from scipy.stats import norm

from meas_blends.morphology.gaussian import covariance
from meas_blends.morphology.mixture import GaussianMixture, posterior_of_draws
from meas_blends.morphology.posterior import NORMAL_QUANTILES

MEAN, STD = np.array([-0.4, 0.2, 7.0]), np.array([1.5, 0.4, 1.2])


def outputs(passes, n, spread=0.5, seed=2):
    generator = torch.Generator().manual_seed(seed)
    base = 0.5 * torch.randn(1, n, 9, generator=generator)
    return base + spread * torch.randn(passes, n, 9, generator=generator)


def generators(n):
    return [np.random.default_rng([4, i]) for i in range(n)]


def test_one_pass_is_its_gaussian():
    rows = outputs(1, 4)
    posterior = GaussianMixture.of_outputs(rows, MEAN, STD).posterior()
    np.testing.assert_allclose(posterior.mean, rows[0, :, :3].double().numpy() * STD + MEAN)
    expected = covariance(rows[0].double()).numpy() * np.outer(STD, STD)
    np.testing.assert_allclose(posterior.covariance, expected, rtol=1e-10)
    sigma = np.sqrt(np.diagonal(expected, axis1=1, axis2=2))
    quantiles = posterior.mean[:, :, None] + sigma[:, :, None] * NORMAL_QUANTILES
    np.testing.assert_allclose(posterior.quantiles, quantiles, rtol=1e-10)


def test_the_mixture_is_the_limit_of_many_draws():
    mixture = GaussianMixture.of_outputs(outputs(7, 3, spread=1.0), MEAN, STD)
    exact = mixture.posterior()
    drawn = mixture.draw(40_000, generators(3))
    assert drawn.shape == (3, 280_000, 3)
    sampled = posterior_of_draws(drawn)
    width = exact.sigma
    np.testing.assert_allclose(sampled.mean / width, exact.mean / width, atol=0.01)
    np.testing.assert_allclose(
        sampled.covariance / (width[:, :, None] * width[:, None]),
        exact.covariance / (width[:, :, None] * width[:, None]),
        atol=0.02,
    )
    error = (sampled.quantiles - exact.quantiles) / width[:, :, None]
    assert np.abs(error[:, :, 1:-1]).max() < 0.02 and np.abs(error).max() < 0.1


def test_quantiles_of_two_distant_gaussians():
    rows = torch.zeros(2, 1, 2)
    rows[0, 0, 0], rows[1, 0, 0] = -5.0, 5.0
    quantiles = GaussianMixture.of_outputs(rows, np.zeros(1), np.ones(1)).posterior().quantiles
    # Half lies below each: 15.865% of the whole are 31.73% of the lower.
    assert quantiles[0, 0, 3] == pytest.approx(0.0, abs=1e-6)
    assert quantiles[0, 0, 2] == pytest.approx(-5 - 0.47527, abs=1e-4)


def test_quantiles_are_those_of_the_summed_distribution():
    mixture = GaussianMixture.of_outputs(outputs(3, 4, spread=1.0), MEAN, STD)
    found = mixture.posterior().quantiles
    means, sigmas = mixture.mean, np.sqrt(np.sum(mixture.factor**2, axis=-1))
    for i, t in np.ndindex(4, 3):
        parts = norm(means[:, i, t], sigmas[:, i, t])

        def excess(x, level, parts=parts):
            return parts.cdf(x).mean() - level

        levels = norm.cdf(NORMAL_QUANTILES)
        expected = [brentq(excess, -60, 60, (level,), xtol=1e-10) for level in levels]
        np.testing.assert_allclose(found[i, t], expected, atol=1e-6)


def test_each_galaxy_is_shifted_by_its_own():
    mixture, by = GaussianMixture.of_outputs(outputs(2, 2), MEAN, STD), np.arange(6).reshape(2, 3)
    whole, moved = mixture.posterior(), mixture.shift(by).posterior()
    np.testing.assert_allclose(moved.mean, whole.mean + by)
    np.testing.assert_allclose(moved.covariance, whole.covariance)
    np.testing.assert_allclose(moved.quantiles, whole.quantiles + by[:, :, None], atol=1e-9)


def test_targets_are_chosen_and_stretched():
    mixture = GaussianMixture.of_outputs(outputs(3, 2), MEAN, STD)
    whole, part = mixture.posterior(), mixture.select([2, 0]).stretch(0, 2.0).posterior()
    np.testing.assert_allclose(part.mean, whole.mean[:, [2, 0]] * [2, 1])
    np.testing.assert_allclose(part.covariance[:, 0, 0], 4 * whole.covariance[:, 2, 2])
    np.testing.assert_allclose(part.covariance[:, 1, 0], 2 * whole.covariance[:, 0, 2])
    np.testing.assert_allclose(part.quantiles[:, 1], whole.quantiles[:, 0], atol=1e-9)


def test_what_the_network_may_say_is_bounded():
    rows = torch.zeros(1, 1, 9)
    rows[..., 0], rows[..., 3], rows[..., 4], rows[..., 6] = 1e6, 90.0, -90.0, 1e6
    posterior = GaussianMixture.of_outputs(rows, MEAN, STD).posterior()
    assert posterior.mean[0, 0] == pytest.approx(MEAN[0] + 10 * STD[0])
    np.testing.assert_allclose(posterior.sigma[0, :2], 5.0)
    assert np.isfinite(posterior.physical_moments()).all()
