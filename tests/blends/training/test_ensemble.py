"""The weights of an ensemble."""

import numpy as np
import pytest

from meas_blends.blends.detections import LabelledDetections
from meas_blends.blends.training.ensemble import train_ensemble
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.evaluation.scores import balanced_accuracy
from toys import toy_detections


@pytest.fixture(scope="module")
def members(toy_packages, tmp_path_factory):
    """A good classifier, and one that does not know what it looks at."""
    good = ModelPackage.read(toy_packages["logistic"])
    rng = np.random.default_rng(1)
    weights = good.arrays["weights"]
    arrays = {**good.arrays, "weights": rng.normal(0, 0.5, weights.shape).astype(weights.dtype)}
    bad = ModelPackage(good.kind, "bad", "1", "", good.meta, arrays)
    folder = tmp_path_factory.mktemp("members")
    good.write(folder / "good")
    bad.write(folder / "bad")
    return {name: ModelPackage.read(folder / name) for name in ("good", "bad")}


@pytest.fixture(scope="module")
def scenes():
    """Scenes that no member was trained on."""
    return [toy_detections(seed) for seed in (21, 22)], [toy_detections(23)]


@pytest.mark.parametrize("order", [("good", "bad"), ("bad", "good")])
def test_the_better_member_weighs_more(members, scenes, order):
    ordered = {name: members[name] for name in order}
    model = train_ensemble(*scenes, np.random.default_rng(0), ordered)
    weights = dict(zip(order, model.weights, strict=True))
    assert weights["good"] > 0.5
    assert 0 <= weights["bad"] < 0.3 * weights["good"]
    fresh = toy_detections(24, shape=(200, 200))
    called = model.predict(fresh.detections).blend_probability > model.threshold
    assert balanced_accuracy(fresh.n_objects > 1, called) > 0.9


def test_what_it_says_of_itself(members, scenes):
    training, apart = scenes
    model = train_ensemble(training, apart, np.random.default_rng(0), members)
    labelled = [sum(int((s.n_objects > 0).sum()) for s in part) for part in scenes]
    assert model.training == {"footprints": labelled[0], "calibrated_on": labelled[1]}
    number = apart[0].n_objects
    assert model.threshold == np.mean(number[number > 0] > 1)
    meta = model.to_package("both", "1", "toy").meta
    assert meta["members"] == [
        {"package": "good", "label": "toy_logistic 1"},
        {"package": "bad", "label": "bad 1"},
    ]


def test_the_same_again(members, scenes):
    one, same = (train_ensemble(*scenes, np.random.default_rng(0), members) for _ in range(2))
    np.testing.assert_array_equal(one.weights, same.weights)
    np.testing.assert_array_equal(one.shift, same.shift)


def test_no_members(scenes):
    with pytest.raises(BadInputError, match="an ensemble without members"):
        train_ensemble(*scenes, np.random.default_rng(0), {})


def test_no_labelled_footprints(members, scenes):
    detections = scenes[1][0].detections
    nobody = LabelledDetections(detections, np.zeros(0), np.zeros(0), np.zeros(0, int))
    with pytest.raises(BadInputError, match="the training scenes hold no labelled footprint"):
        train_ensemble([nobody], scenes[1], np.random.default_rng(0), members)
    with pytest.raises(BadInputError, match="to calibrate on hold no labelled footprint"):
        train_ensemble(scenes[0], [nobody], np.random.default_rng(0), members)
