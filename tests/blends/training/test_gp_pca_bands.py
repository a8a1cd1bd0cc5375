import numpy as np
import pytest

from band_toys import band_detections
from meas_blends.blends.training.gp_pca_bands import train_gp_pca_bands
from meas_blends.errors import BadInputError

FAST = {"n_features": 4, "n_neighbours": 10, "batch": 40, "noise": (1e-2,), "length_scale": (1.0,)}


@pytest.fixture(scope="module")
def scenes():
    return [band_detections(seed, shape=(200, 200)) for seed in range(1, 5)]


def train(scenes, seed=1, **more):
    rng = np.random.default_rng(seed)
    return train_gp_pca_bands(scenes[:2], scenes[2:], rng, **{**FAST, **more})


def test_one_seed_one_model(scenes):
    one, same = (train(scenes).to_package("a", "1", "toy") for _ in range(2))
    assert one.meta == same.meta
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, same.arrays[name])


def test_each_band_has_components_of_its_own_and_an_equal_say(scenes):
    model = train(scenes)
    axes = model.components.axes
    assert axes.shape == (8, 2 * 23 * 23)
    assert not axes[:4, 529:].any() and not axes[4:, :529].any()
    spread = np.mean(np.sum(model.features.reshape(-1, 2, 4) ** 2, axis=2), axis=0)
    np.testing.assert_allclose(spread, 1, rtol=0.05)


def test_nothing_to_train_on():
    empty = [band_detections(1, shape=(30, 30)) for _ in range(4)]
    with pytest.raises(BadInputError, match="no footprints to train on"):
        train(empty)
