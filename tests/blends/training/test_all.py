"""What the training of all classifiers of cutouts keeps to."""

import numpy as np
import pytest

from meas_blends.blends.detections import LabelledDetections
from meas_blends.blends.training.cnn import train_cnn
from meas_blends.blends.training.gp_pca import train_gp_pca
from meas_blends.blends.training.logistic import train_logistic
from meas_blends.errors import BadInputError

FAST = {
    train_logistic: {},
    train_cnn: {"channels": (2, 2), "widths": (8,), "epochs": 2, "batch": 50},
    train_gp_pca: {
        "n_neighbours": 20,
        "batch": 60,
        "smoothness": (1.5,),
        "length_scale": (5.0,),
        "noise": (1e-2,),
    },
}


@pytest.fixture(params=list(FAST))
def train(request):
    return lambda *scenes, seed=3, **more: request.param(
        *scenes, np.random.default_rng(seed), **{**FAST[request.param], **more}
    )


def test_one_seed_one_model(train, toy_scenes):
    one, same = (train(*toy_scenes).to_package("a", "1", "toy") for _ in range(2))
    assert one.meta == same.meta
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, same.arrays[name])


def test_another_seed_another_model(train, toy_scenes):
    one, other = (train(*toy_scenes, seed=seed).to_package("a", "1", "toy") for seed in (3, 4))
    assert any((array != other.arrays[name]).any() for name, array in one.arrays.items())


def test_scenes_without_blends_cannot_train(train, toy_scenes):
    single = [
        LabelledDetections(s.detections, s.x[:n], s.y[:n], np.arange(n))
        for s, n in ((scene, len(scene.detections)) for scene in toy_scenes[0])
    ]
    with pytest.raises(BadInputError, match="0 of them blended; give more scenes"):
        train(single, toy_scenes[1])


def test_it_says_what_it_was_trained_on(train, toy_scenes):
    model = train(*toy_scenes, mixture="natural", calibration="none")
    footprints = [sum((s.n_objects > 0).sum() for s in scenes) for scenes in toy_scenes]
    assert model.training["footprints"] == footprints[0]
    assert model.training["calibrated_on"] == footprints[1]
    assert model.training["mixture"] == "natural"
    assert model.training["calibration"] == "none"


def test_calibration_can_be_switched_off(train, toy_scenes):
    model = train(*toy_scenes, calibration="none")
    vectors = model.normalisation(toy_scenes[1][0].detections)
    stated = np.reshape(model.stated(vectors).T, (-1, len(vectors)))[0]
    counts = model.counts(vectors, np.ones(len(vectors), int))
    np.testing.assert_allclose(1 - counts[:, 0], stated, atol=1e-12)
    assert model.threshold == 0.5
