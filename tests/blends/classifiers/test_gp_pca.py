"""The posterior of the Gaussian process."""

import numpy as np
import pytest
from scipy.special import ndtr


@pytest.fixture
def model(toy_models):
    return toy_models["gp_pca"]


@pytest.fixture
def vectors(model, toy_scenes):
    return model.normalisation(toy_scenes[1][0].detections)


def test_posterior_is_the_textbook_one(model, vectors):
    """The mean and variance of the slides, solved densely for one footprint."""
    h = model.hyperparameters
    features, targets = model.features.astype(float), model.targets.astype(float)
    feature = model.components(vectors[:1])[0]
    distance = np.linalg.norm(features - feature, axis=1)
    near = np.argsort(distance)[: h.n_neighbours]

    def kernel(d):
        scaled = np.sqrt(3) * d / h.length_scale
        return (1 + scaled) * np.exp(-scaled)  # Matern of nu = 3/2

    x = features[near]
    k_in = kernel(np.linalg.norm(x[:, None] - x[None], axis=-1))
    k_cross = kernel(distance[near])
    solved = np.linalg.solve(
        k_in + h.noise * np.eye(len(near)), np.column_stack([targets[near], k_cross])
    )
    mean, variance = model.posterior(vectors[:1])
    assert mean[0] == pytest.approx(k_cross @ solved[:, 0], rel=1e-6)
    assert variance[0] == pytest.approx(h.scale * (1 - k_cross @ solved[:, 1]), rel=1e-5)


def test_states_the_chance_that_f_is_positive(model, vectors):
    mean, variance = model.posterior(vectors)
    np.testing.assert_allclose(model.stated(vectors), ndtr(mean / np.sqrt(variance)))


def test_batches_make_no_difference(model, vectors, monkeypatch):
    whole = model.posterior(vectors)
    monkeypatch.setattr("meas_blends.blends.classifiers.muygps._BATCH", 7)
    for one, other in zip(whole, model.posterior(vectors), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)
