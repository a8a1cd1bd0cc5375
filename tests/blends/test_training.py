"""Training, prediction and packing of the Gaussian process, on toy blends."""

import numpy as np
import pytest

from meas_blends.blends.gaussian_process import BlendGaussianProcess
from meas_blends.blends.training import train_gaussian_process
from meas_blends.data.packages import BLEND_GP, ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.evaluation.scores import balanced_accuracy
from toys import toy_blends

FAST = {"smoothness": (1.5,), "noise": (0.1,), "batch": 150, "n_neighbours": 20}


@pytest.fixture(scope="module")
def trained():
    return train_gaussian_process(
        toy_blends(600, np.random.default_rng(1)),
        toy_blends(400, np.random.default_rng(4)),
        np.random.default_rng(2),
        **FAST,
    )


def test_tells_toy_blends_apart(trained):
    test = toy_blends(300, np.random.default_rng(3))
    probability = trained.probability(test.images, test.n_maxima)
    assert ((probability >= 0) & (probability <= 1)).all()
    assert balanced_accuracy(test.n_objects > 1, probability > 0.5) > 0.95


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


def test_one_seed_one_model():
    models = [
        train_gaussian_process(
            toy_blends(200, np.random.default_rng(1)),
            toy_blends(200, np.random.default_rng(4)),
            np.random.default_rng(7),
            **FAST,
        )
        for _ in range(2)
    ]
    packages = [model.to_package("a", "1", "toy") for model in models]
    assert packages[0].meta == packages[1].meta
    for name, array in packages[0].arrays.items():
        np.testing.assert_array_equal(array, packages[1].arrays[name])


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


def test_embedding_is_an_even_mix_at_unit_maximum(trained):
    assert (trained.targets > 0).sum() == (trained.targets < 0).sum()
    assert trained.features.shape == (len(trained.targets), 8)


def test_too_few_footprints():
    with pytest.raises(BadInputError, match="give more scenes"):
        train_gaussian_process(
            toy_blends(30, np.random.default_rng(1)),
            toy_blends(30, np.random.default_rng(4)),
            np.random.default_rng(2),
            n_neighbours=50,
        )
