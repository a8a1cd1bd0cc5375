"""Training of the Gaussian process, on toy blends."""

import numpy as np
import pytest

from meas_blends.blends.training import train_gaussian_process
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
