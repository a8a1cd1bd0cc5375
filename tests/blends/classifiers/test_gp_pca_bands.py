"""The classifier of several bands, on scenes that one band cannot tell."""

import numpy as np
import pytest

from band_toys import band_detections, without_others
from meas_blends.blends.classifiers.gp_pca_bands import GpPcaBandsClassifier
from meas_blends.blends.training.gp_pca_bands import train_gp_pca_bands
from meas_blends.errors import BadInputError
from meas_blends.evaluation.scores import balanced_accuracy

FAST = {"n_features": 6, "n_neighbours": 20, "batch": 100, "noise": (1e-2,)}


@pytest.fixture(scope="module")
def scenes():
    return [band_detections(seed) for seed in range(1, 6)]


@pytest.fixture(scope="module")
def model(scenes):
    return train_gp_pca_bands(scenes[:3], scenes[3:], np.random.default_rng(2), **FAST)


def accuracy(model, labelled):
    called = model.predict(labelled.detections).blend_probability > model.threshold
    return balanced_accuracy(labelled.n_objects > 1, called)


def test_the_second_band_tells_what_the_first_cannot(model, scenes):
    alone = [without_others(scene) for scene in scenes]
    single = train_gp_pca_bands(alone[:3], alone[3:], np.random.default_rng(2), **FAST)
    fresh = band_detections(9)
    assert accuracy(single, without_others(fresh)) < 0.7
    assert accuracy(model, fresh) > 0.9


def test_package_round_trip_is_exact(model, scenes):
    package = model.to_package("a", "1", "toy")
    assert package.meta["bands"] == ["r"]
    again = GpPcaBandsClassifier.from_package(package)
    assert again.normalisation == model.normalisation
    one, other = (each.predict(scenes[0].detections) for each in (model, again))
    np.testing.assert_array_equal(one.counts, other.counts)
    del package.meta["maxima"]
    with pytest.raises(BadInputError, match="lacks 'maxima'; copy or train it anew"):
        GpPcaBandsClassifier.from_package(package)


def test_an_image_without_the_band_is_refused(model, scenes):
    with pytest.raises(BadInputError, match="needs the bands r"):
        model.predict(without_others(scenes[0]).detections)
