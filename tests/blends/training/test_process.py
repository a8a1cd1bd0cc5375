"""Fitting of the Gaussian process, on points made by hand."""

import numpy as np
import pytest

from meas_blends.blends.classifiers.gp import Coordinates
from meas_blends.blends.training.process import fit_process

N_FEATURES = 4


def checkerboard(seed, n=500):
    """One object where the signs of two coordinates agree, else two; noise beside them."""
    rng = np.random.default_rng(seed)
    embedding = rng.normal(size=(n, 5)) * [2, 1.4, 0.3, 0.2, 0.1]
    number = np.where(embedding[:, 0] * embedding[:, 1] > 0, 1, 2)
    return embedding.astype(np.float32), features(rng, n), number


def line(seed, n=400):
    """One, two or three objects along one coordinate."""
    rng = np.random.default_rng(seed)
    embedding = rng.normal(size=(n, 5)) * [2, 1, 0.5, 0.5, 0.5]
    number = 1 + np.digitize(embedding[:, 0], [-0.8, 0.8])
    return embedding.astype(np.float32), features(rng, n), number


def features(rng, n):
    return rng.normal(0, 0.5, (n, N_FEATURES)).astype(np.float32)


def even(number):
    """A prior mean that knows nothing."""
    return np.full((len(number), 4), 0.25, np.float32)


def fit(embedding, features, number):
    return fit_process(embedding, features, even(number), number, 20, np.random.default_rng(1))


def probabilities(fitted, embedding, features):
    """What the process makes of the even prior mean."""
    coordinates, scales, process = fitted
    return 0.25 + process.predict(coordinates(embedding, features) * scales)[0]


@pytest.fixture(scope="module")
def fitted():
    return fit(*checkerboard(1))


def test_the_process_learns_what_the_prior_mean_cannot(fitted):
    embedding, others, number = checkerboard(2)
    posterior = probabilities(fitted, embedding, others)
    assert np.mean(posterior.argmax(axis=1) + 1 == number) > 0.85
    np.testing.assert_allclose(posterior.sum(axis=1), 1, atol=1e-4)


def test_what_matters_has_short_length_scales(fitted):
    _, scales, process = fitted
    spread = process.points.std(axis=0)  # in length scales
    assert len(scales) == 5 + 2
    assert spread[:2].min() > spread[2:].max()
    assert 0 < process.noise < 1


def test_labels_that_say_nothing_change_nothing(fitted):
    """No footprint may see its own label when length scales and noise are found."""
    embedding, others, number = checkerboard(1)
    coins = np.random.default_rng(8).permutation(number)
    prior = np.tile(np.array([0.5, 0.5, 0, 0], np.float32), (len(coins), 1))
    rng = np.random.default_rng(1)
    of_coins = fit_process(embedding, others, prior, coins, 20, rng)
    fresh, others, _ = checkerboard(2)
    said = np.abs(probabilities(of_coins, fresh, others) - 0.25).mean()
    assert said < 0.1 * np.abs(probabilities(fitted, fresh, others) - 0.25).mean()


def test_a_perfect_prior_mean_is_left_alone():
    embedding, others, number = line(3)
    sure = np.eye(4, dtype=np.float32)[number - 1]
    fitted = fit_process(embedding, others, sure, number, 20, np.random.default_rng(1))
    np.testing.assert_allclose(probabilities(fitted, embedding, others), 0.25, atol=1e-6)


def test_coordinates_are_centred_and_independent():
    embedding, others, number = line(3)
    turned = embedding @ np.linalg.qr(np.random.default_rng(5).normal(size=(5, 5)))[0] + 3
    coordinates, _, _ = fit(turned.astype(np.float32), others, number)
    assert isinstance(coordinates, Coordinates)
    where = coordinates(turned, others)
    np.testing.assert_allclose(where[:, :5].mean(axis=0), 0, atol=1e-4)
    covariance = np.cov(where[:, :5], rowvar=False)
    # The large axes stay larger, by the root of what they were.
    deviations = np.sqrt(np.sort(np.linalg.eigvalsh(np.cov(embedding, rowvar=False)))[::-1])
    np.testing.assert_allclose(covariance, np.diag(deviations), atol=1e-3)
    np.testing.assert_array_equal(where[:, 5:], others[:, :2])


def test_more_than_four_are_four():
    embedding, others, number = line(3)
    many = np.where(number == 3, 9, number)
    four = np.where(number == 3, 4, number)
    one, other = (fit(embedding, others, of) for of in (many, four))
    np.testing.assert_array_equal(one[2].values, other[2].values)
    assert one[2].values.shape == (len(number), 4)


def test_an_embedding_without_variance_does_no_harm():
    embedding, others, number = line(3)
    embedding[:, 3:] = 1
    posterior = probabilities(fit(embedding, others, number), embedding, others)
    assert np.isfinite(posterior).all()
    assert np.mean(posterior.argmax(axis=1) + 1 == number) > 0.93
