"""The default classifier."""

import copy
import dataclasses

import numpy as np
import pytest

from meas_blends.blends.classifiers.gp import Coordinates, GpClassifier
from meas_blends.blends.classifiers.neighbours import NeighbourProcess
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.evaluation.scores import balanced_accuracy
from network_toys import label_image, see_again
from toys import toy_conditions, toy_detections


@pytest.fixture(scope="module")
def fresh():
    return toy_detections(6)


@pytest.fixture(scope="module")
def prediction(toy_gp, fresh):
    return toy_gp.predict(fresh.detections)


def test_tells_blends_of_a_new_scene(toy_gp, fresh, prediction):
    called = prediction.blend_probability > toy_gp.threshold
    assert balanced_accuracy(fresh.n_objects > 1, called) > 0.9
    assert prediction.counts.shape == (len(fresh.detections), 4)
    assert (prediction.counts >= 0).all()
    np.testing.assert_allclose(prediction.counts.sum(axis=1), 1)


def test_counts_follow_the_objects(fresh, prediction):
    mean = prediction.counts @ [1, 2, 3, 4]
    assert np.corrcoef(mean, np.clip(fresh.n_objects, 1, 4))[0, 1] > 0.7


def test_every_footprint_has_a_place(fresh, prediction):
    places = prediction.places
    np.testing.assert_array_equal(np.unique(places.owner), np.arange(len(fresh.detections)))
    assert (np.diff(places.owner) >= 0).all()
    # A place lies within a cell of a pixel of its footprint.
    labels = np.pad(label_image(fresh.detections), 3)
    near = np.stack([np.roll(labels, (dy, dx), (0, 1)) for dy in (-2, 0, 2) for dx in (-2, 0, 2)])
    y, x = np.round(places.y).astype(int) + 3, np.round(places.x).astype(int) + 3
    theirs = fresh.detections.pixels.identifiers[places.owner]
    assert (near[:, y, x] == theirs).any(axis=0).all()


def test_the_others_in_the_image_have_no_say(toy_gp, fresh, prediction):
    rows = np.arange(3, len(fresh.detections), 9)
    labels = label_image(fresh.detections)
    kept = np.isin(labels, fresh.detections.pixels.identifiers[rows])
    fewer = toy_gp.predict(see_again(fresh.detections, np.where(kept, labels, 0)))
    np.testing.assert_allclose(fewer.counts, prediction.counts[rows], atol=1e-3)
    np.testing.assert_array_equal(fewer.unusual, prediction.unusual[rows])
    mine = np.isin(prediction.places.owner, rows)
    np.testing.assert_allclose(fewer.places.x, prediction.places.x[mine], atol=1e-3)


def test_neighbours_speak_on_top_of_the_prior_mean(toy_gp):
    rng = np.random.default_rng(1)
    embedding = rng.normal(size=(6, 8)).astype(np.float32)
    features = rng.normal(size=(6, 4)).astype(np.float32)
    where = toy_gp.coordinates(embedding, features)
    prior = rng.dirichlet(np.ones(4), 6).astype(np.float32)
    # Examples at these very places, where there was half an object of four more.
    values = np.tile(np.array([0, 0, 0, 0.5], np.float32), (6, 1))
    process = NeighbourProcess(where * toy_gp.scales, values, 1e-3, 1)
    model = dataclasses.replace(toy_gp, process=process)
    expected = np.maximum(prior + values, 1e-3)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.stated(embedding, features, prior), expected, atol=2e-3)


def test_what_is_unlike_the_training_is_unusual(toy_gp, fresh, prediction):
    assert prediction.unusual.mean() < 0.1
    filtered = fresh.detections.filtered
    labels = np.zeros(filtered.bad.shape, int)
    labels[10:250, 10:250] = 1
    assert toy_gp.predict(see_again(fresh.detections, labels)).unusual.all()


def test_no_footprints(toy_gp):
    empty = toy_gp.predict(toy_detections(1, shape=(40, 40)).detections)
    assert empty.counts.shape == (0, 4) and len(empty.unusual) == len(empty.places.owner) == 0


def test_package_round_trip_is_exact(toy_gp, toy_gp_package, fresh, prediction):
    package = ModelPackage.read(toy_gp_package, GpClassifier.kind)
    again = GpClassifier.from_package(package)
    assert again.label == "toy_gp 1"
    assert again.learned.to_meta() == toy_conditions().to_meta()
    assert again.threshold == toy_gp.threshold
    assert again.training == toy_gp.training
    other = again.predict(fresh.detections)
    np.testing.assert_array_equal(prediction.counts, other.counts)
    np.testing.assert_array_equal(prediction.unusual, other.unusual)
    for name, values in vars(prediction.places).items():
        np.testing.assert_array_equal(values, getattr(other.places, name))
    packed = again.to_package("toy_gp", "1", "toy scenes")
    assert packed.meta == package.meta
    assert packed.arrays.keys() == package.arrays.keys()
    for name, array in packed.arrays.items():
        np.testing.assert_array_equal(array, package.arrays[name])


@pytest.fixture
def package(toy_gp_package):
    return ModelPackage.read(toy_gp_package)


def refused(package):
    with pytest.raises(BadInputError) as caught:
        GpClassifier.from_package(package)
    message = str(caught.value)
    assert "\n" not in message and message.startswith("toy_gp: ") and message.endswith(".")
    return message


def test_a_package_of_another_kind(package):
    package.kind = "blend_cnn"
    assert "kind blend_cnn, where blend_gp is needed" in refused(package)


def test_a_package_without_one_of_its_arrays(package):
    for name in package.arrays:
        arrays = {key: value for key, value in package.arrays.items() if key != name}
        damaged = copy.copy(package)
        damaged.arrays = arrays
        assert "copy or train it anew" in refused(damaged)


@pytest.mark.parametrize(
    "name",
    ["network", "noise", "n_neighbours", "familiar_distance", "threshold", "conditions"],
)
def test_a_package_without_one_of_its_settings(package, name):
    del package.meta[name]
    assert f"'{name}'" in refused(package)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network", {"widths": [8]}),
        ("network", {"widths": [8, 8, 8], "depths": [1, 1, 1]}),
        ("network", {"colour": 3}),
        ("network", "none"),
        ("noise", "much"),
        ("n_neighbours", [3]),
        ("threshold", None),
        ("conditions", 1.8),
        ("conditions", {"psf_sigma": [1.8, 1.9]}),
    ],
)
def test_a_package_with_a_wrong_setting(package, name, value):
    package.meta[name] = value
    refused(package)


@pytest.mark.parametrize("name", ["network.stem.weight", "points"])
def test_a_package_with_an_array_of_another_shape(package, name):
    package.arrays = {**package.arrays, name: np.ascontiguousarray(package.arrays[name].ravel())}
    refused(package)


@pytest.mark.parametrize("number", [-1, 0, "all"])
def test_a_package_with_too_few_examples_for_its_neighbours(package, number):
    examples = len(package.arrays["points"])
    package.meta["n_neighbours"] = examples if number == "all" else number
    asked = package.meta["n_neighbours"]
    assert f"(n_neighbours {asked} of {examples} examples); copy or train" in refused(package)


def test_coordinates():
    axes = np.diag([2.0, 1, 1]).astype(np.float32)
    coordinates = Coordinates(np.array([1, 0, 0], np.float32), axes)
    embedding = np.array([[2, 5, 6], [0, 1, 1]], np.float32)
    features = np.array([[0.5, 0.7, 1.1, 1], [0.1, 0.2, 0, 0]], np.float32)
    where = coordinates(embedding, features)
    np.testing.assert_allclose(where, [[2, 5, 6, 0.5, 0.7], [-2, 1, 1, 0.1, 0.2]])
