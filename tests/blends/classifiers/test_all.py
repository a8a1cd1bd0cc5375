"""What all trained classifiers of cutouts keep to."""

import numpy as np
import pytest

from meas_blends.blends.classifiers.cnn import CnnClassifier
from meas_blends.blends.classifiers.gp_pca import GpPcaClassifier
from meas_blends.blends.classifiers.logistic import LogisticClassifier
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.evaluation.scores import balanced_accuracy
from toys import toy_conditions, toy_detections

CLASSES = {"logistic": LogisticClassifier, "cnn": CnnClassifier, "gp_pca": GpPcaClassifier}


@pytest.fixture(scope="module")
def fresh():
    return toy_detections(6)


@pytest.fixture(params=list(CLASSES))
def name(request):
    return request.param


def test_tells_blends_of_a_new_scene(toy_models, fresh, name):
    model = toy_models[name]
    prediction = model.predict(fresh.detections)
    called = prediction.blend_probability > model.threshold
    assert balanced_accuracy(fresh.n_objects > 1, called) > 0.93
    assert prediction.counts.shape == (len(fresh.detections), 4)
    assert (prediction.counts >= 0).all()
    np.testing.assert_allclose(prediction.counts.sum(axis=1), 1)
    assert prediction.places is None


def test_counts_follow_the_objects(toy_models, fresh, name):
    counts = toy_models[name].predict(fresh.detections).counts
    mean = counts @ [1, 2, 3, 4]
    truth = np.clip(fresh.n_objects, 1, 4)
    assert np.corrcoef(mean, truth)[0, 1] > 0.7


def test_package_round_trip_is_exact(toy_models, toy_packages, fresh, name):
    package = ModelPackage.read(toy_packages[name], CLASSES[name].kind)
    again = CLASSES[name].from_package(package)
    assert again.label == f"toy_{name} 1"
    assert again.learned.to_meta() == toy_conditions().to_meta()
    assert again.threshold == toy_models[name].threshold
    one, other = (model.predict(fresh.detections) for model in (again, toy_models[name]))
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.unusual, other.unusual)
    packed = again.to_package(f"toy_{name}", "1", "toy scenes")
    assert packed.meta == package.meta
    assert packed.arrays.keys() == package.arrays.keys()
    for key, array in packed.arrays.items():
        np.testing.assert_array_equal(array, package.arrays[key])


def test_a_package_of_another_kind(toy_packages, name):
    other = next(key for key in CLASSES if key != name)
    package = ModelPackage.read(toy_packages[other])
    with pytest.raises(BadInputError, match=rf"kind blend_{other}, where blend_{name} is needed"):
        CLASSES[name].from_package(package)


def test_an_incomplete_package(toy_packages, name):
    package = ModelPackage.read(toy_packages[name])
    package.arrays = {k: v for k, v in package.arrays.items() if k != "familiar_mean"}
    with pytest.raises(BadInputError, match="lacks 'familiar_mean'; copy or train it anew"):
        CLASSES[name].from_package(package)


def test_no_footprint(toy_models, name):
    empty = toy_detections(1, shape=(40, 40)).detections
    assert len(empty) == 0
    assert toy_models[name].predict(empty).counts.shape == (0, 4)
