"""The nearest-neighbour Gaussian process."""

import numpy as np
import pytest
import torch

from meas_blends.blends.classifiers import neighbours
from meas_blends.blends.classifiers.neighbours import NeighbourProcess, matern, solve

NOISE = 0.3


@pytest.fixture(scope="module")
def process():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(300, 4)).astype(np.float32)
    values = rng.normal(size=(300, 3)).astype(np.float32)
    return NeighbourProcess(points, values, NOISE, 12)


@pytest.fixture(scope="module")
def query():
    return np.random.default_rng(2).normal(size=(40, 4)).astype(np.float32)


def kernel(one, other):
    """Matern of smoothness 3/2 between all pairs."""
    scaled = np.sqrt(3) * np.linalg.norm(one[:, None] - other[None], axis=-1)
    return (1 + scaled) * np.exp(-scaled)


def dense(process, query):
    """The textbook's posterior of one query from its own neighbours."""
    points, values = process.points.astype(float), process.values.astype(float)
    query = query.astype(float)
    near = np.argsort(np.linalg.norm(points - query, axis=1))[: process.n_neighbours]
    among = kernel(points[near], points[near]) + process.noise * np.eye(len(near))
    across = kernel(points[near], query[None])[:, 0]
    weights = np.linalg.solve(among, across)
    return weights @ values[near], 1 - weights @ across


def test_the_posterior_is_the_textbooks(process, query):
    mean, variance = process.predict(query)
    for row, one in enumerate(query):
        expected_mean, expected_variance = dense(process, one)
        np.testing.assert_allclose(mean[row], expected_mean, atol=1e-5)
        assert variance[row] == pytest.approx(expected_variance, abs=1e-5)


def test_far_away_nothing_is_known(process):
    mean, variance = process.predict(np.full((1, 4), 60, np.float32))
    np.testing.assert_allclose(mean, 0, atol=1e-6)
    np.testing.assert_allclose(variance, 1, atol=1e-6)


def test_an_example_without_noise_is_known(process):
    sure = NeighbourProcess(process.points, process.values, 1e-4, 12)
    mean, variance = sure.predict(process.points[:20])
    np.testing.assert_allclose(mean, process.values[:20], atol=5e-3)
    assert variance.max() < 1e-3


def test_noise_pulls_towards_the_prior(process):
    alone = NeighbourProcess(process.points[:1], process.values[:1], 1.0, 1)
    mean, variance = alone.predict(process.points[:1])
    np.testing.assert_allclose(mean, 0.5 * process.values[:1], rtol=1e-4)
    np.testing.assert_allclose(variance, 0.5, rtol=1e-4)


def test_neighbours_are_the_nearest(process):
    query = process.points[:30]
    distance = np.linalg.norm(process.points[None] - query[:, None], axis=2)
    expected = np.argsort(distance, axis=1)
    np.testing.assert_array_equal(process.neighbours(query), expected[:, :12])
    np.testing.assert_array_equal(process.neighbours(query, beyond=1), expected[:, 1:13])


def test_batches_make_no_difference(process, query, monkeypatch):
    whole = process.predict(query)
    monkeypatch.setattr(neighbours, "_BATCH", 7)
    for one, other in zip(whole, process.predict(query), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_no_queries(process):
    mean, variance = process.predict(np.empty((0, 4), np.float32))
    assert mean.shape == (0, 3) and variance.shape == (0,)


def test_equal_examples_do_no_harm():
    points = np.zeros((30, 2), np.float32)
    process = NeighbourProcess(points, np.ones((30, 1), np.float32), 0.1, 20)
    mean, variance = process.predict(points[:1])
    np.testing.assert_allclose(mean, 20 / 20.1, rtol=1e-3)
    assert 0 <= variance[0] < 0.01


def test_the_kernel():
    distance = torch.tensor([0.0, 1.0, 2.0], dtype=torch.double)
    scaled = np.sqrt(3) * np.array([0, 1, 2])
    np.testing.assert_allclose(matern(distance), (1 + scaled) * np.exp(-scaled))


def test_length_scales_can_be_learnt(process, query):
    """Training follows the gradient through neighbourhoods, coincident points included."""
    near = torch.from_numpy(process.points[process.neighbours(query)])
    near[:, 1] = near[:, 0]
    values = torch.from_numpy(process.values[process.neighbours(query)])
    scales = torch.ones(4, requires_grad=True)
    mean, variance = solve(torch.from_numpy(query) * scales, near * scales, values, NOISE)
    (mean.square().sum() + variance.sum()).backward()
    assert torch.isfinite(scales.grad).all() and scales.grad.abs().min() > 0
