"""Prediction and packing of the Gaussian process, on toy blends."""

import numpy as np
import pytest

from meas_blends.blends.gaussian_process import BlendGaussianProcess, Embedding
from meas_blends.blends.training import train_gaussian_process
from meas_blends.data.packages import BLEND_GP, ModelPackage
from toys import toy_blends


@pytest.fixture(scope="module")
def trained():
    return train_gaussian_process(
        toy_blends(600, np.random.default_rng(1)),
        toy_blends(400, np.random.default_rng(4)),
        np.random.default_rng(2),
        smoothness=(1.5,),
        noise=(0.1,),
        batch=150,
        n_neighbours=20,
    )


def test_posterior_is_the_textbook_one(trained):
    """The mean and variance of the slides, solved densely for one footprint."""
    image = toy_blends(1, np.random.default_rng(5)).images
    feature = trained.embedding(image)[0]
    distance = np.linalg.norm(trained.features - feature, axis=1)
    near = np.argsort(distance)[: trained.n_neighbours]

    def kernel(d):
        scaled = np.sqrt(3) * d / trained.length_scale
        return (1 + scaled) * np.exp(-scaled)  # Matern of nu = 3/2

    x = trained.features[near]
    k_in = kernel(np.linalg.norm(x[:, None] - x[None], axis=-1))
    k_cross = kernel(distance[near])
    solved = np.linalg.solve(
        k_in + trained.noise * np.eye(len(near)), np.column_stack([trained.targets[near], k_cross])
    )
    mean, variance = trained.posterior(image)
    assert mean[0] == pytest.approx(k_cross @ solved[:, 0], rel=1e-6)
    expected = trained.scale * (1 - k_cross @ solved[:, 1])
    assert variance[0] == pytest.approx(expected, rel=1e-6)


def test_package_round_trip(trained, tmp_path):
    trained.to_package("toy", "2", "toy blends").write(tmp_path / "toy")
    again = BlendGaussianProcess.from_package(ModelPackage.read(tmp_path / "toy", BLEND_GP))
    test = toy_blends(50, np.random.default_rng(9))
    probabilities = [m.probability(test.images, test.n_maxima) for m in (again, trained)]
    np.testing.assert_allclose(*probabilities, atol=1e-4)
    assert again.label == "toy 2"


def test_count_probabilities(trained):
    counts = trained.count_probability(np.array([0.0, 0.3, 1.0]), np.array([1, 2, 9]))
    np.testing.assert_allclose(counts.sum(axis=1), 1)
    np.testing.assert_allclose(counts[:, 0], [1, 0.7, 0])
    # Toy blends have 2 to 5 objects in equal parts, so half of them 4 or more.
    np.testing.assert_allclose(counts[1, 1:] / 0.3, [0.25, 0.25, 0.5], atol=0.08)


def test_no_footprint(trained):
    assert trained.probability(np.zeros((0, 23, 23), np.float32), np.zeros(0, int)).shape == (0,)


def test_features_have_the_variance_of_halfway_whitened_components():
    images = toy_blends(300, np.random.default_rng(8)).images
    embedding = Embedding.fit(images, 4, seed=1)
    features = embedding(images)
    assert (embedding.size, features.shape) == (23, (300, 4))
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-3)
    # Projections have the components' variances, divided by their standard deviations.
    norms = np.linalg.norm(embedding.components, axis=1)
    np.testing.assert_allclose(features.std(axis=0, ddof=1), 1 / norms**2 * norms, rtol=0.02)


def test_outside_the_training(trained):
    trained.psf_sigma = (1.5, 2.0)
    for sigma, outside in ((1.3, True), (1.4, False), (1.7, False), (2.15, False), (2.25, True)):
        assert trained.is_outside_training(sigma, 0.1) == outside


def test_batches_make_no_difference(trained, monkeypatch):
    images = toy_blends(30, np.random.default_rng(12)).images
    whole = trained.posterior(images)
    monkeypatch.setattr("meas_blends.blends.gaussian_process._BATCH", 7)
    for one, other in zip(whole, trained.posterior(images), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-7)
