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


def probabilities(fitted, embedding, features):
    """Prior mean, and what the process makes of it."""
    coordinates, scales, process = fitted
    where = coordinates(embedding, features)
    prior = coordinates.prior_mean(where, features)
    return prior, prior + process.predict(where * scales)[0]


@pytest.fixture(scope="module")
def fitted():
    return fit_process(*checkerboard(1), 20, np.random.default_rng(1))


def test_the_process_learns_what_the_prior_mean_cannot(fitted):
    embedding, others, number = checkerboard(2)
    prior, posterior = probabilities(fitted, embedding, others)
    assert np.mean(prior.argmax(axis=1) + 1 == number) < 0.65
    assert np.mean(posterior.argmax(axis=1) + 1 == number) > 0.85
    np.testing.assert_allclose(posterior.sum(axis=1), 1, atol=1e-4)


def test_what_matters_has_short_length_scales(fitted):
    _, scales, process = fitted
    spread = process.points.std(axis=0)  # in length scales
    assert len(scales) == 5 + 2
    assert spread[:2].min() > spread[2:].max()
    assert 0 < process.noise < 1


def test_labels_that_say_nothing_are_noise():
    """No footprint may see its own label when the noise is found."""
    embedding, others, number = checkerboard(1)
    coins = np.random.default_rng(8).permutation(number)
    _, _, process = fit_process(embedding, others, coins, 20, np.random.default_rng(1))
    assert process.noise > 2


def test_the_prior_mean_learns_a_line():
    fitted = fit_process(*line(3), 20, np.random.default_rng(1))
    embedding, others, number = line(4)
    prior, posterior = probabilities(fitted, embedding, others)
    for stated in (prior, posterior):
        assert np.mean(stated.argmax(axis=1) + 1 == number) > 0.93
    # Nobody has seen four.
    assert prior[:, 3].max() < 0.05


def test_coordinates_are_centred_and_independent():
    embedding, others, number = line(3)
    turned = embedding @ np.linalg.qr(np.random.default_rng(5).normal(size=(5, 5)))[0] + 3
    coordinates, _, _ = fit_process(
        turned.astype(np.float32), others, number, 20, np.random.default_rng(1)
    )
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
    one, other = (
        fit_process(embedding, others, of, 20, np.random.default_rng(1)) for of in (many, four)
    )
    np.testing.assert_array_equal(one[2].values, other[2].values)
    assert one[2].values.shape == (len(number), 4)


def test_an_embedding_without_variance_does_no_harm():
    embedding, others, number = line(3)
    embedding[:, 3:] = 1
    fitted = fit_process(embedding, others, number, 20, np.random.default_rng(1))
    _, posterior = probabilities(fitted, embedding, others)
    assert np.isfinite(posterior).all()
    assert np.mean(posterior.argmax(axis=1) + 1 == number) > 0.93
