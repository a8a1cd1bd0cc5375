"""Several classifiers together."""

from dataclasses import dataclass

import numpy as np
import pytest

from meas_blends.blends.classifier import Places, Prediction
from meas_blends.blends.classifiers.ensemble import EnsembleClassifier, member_names
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from toys import toy_conditions, toy_detections

COUNTS = np.array([[[0.7, 0.1, 0.1, 0.1], [0.4, 0.4, 0.1, 0.1]], [[0.1, 0.7, 0.1, 0.1]] * 2])
NO_SHIFT = np.zeros(4)


@dataclass
class Member:
    """Says what it was told."""

    prediction: Prediction

    def predict(self, detections):
        return self.prediction


class Two:
    """Stands for the detections of two footprints."""

    n_maxima = np.ones(2, int)


def ensemble(weights, shift=NO_SHIFT, **places):
    unusual = ([True, False], [False, False])
    members = [
        Member(Prediction(counts, np.array(flags), places.get(name)))
        for name, counts, flags in zip("ab", COUNTS, unusual, strict=True)
    ]
    return EnsembleClassifier(members, ["a", "b"], np.array(weights), np.array(shift))


def test_one_member_alone():
    for weights, expected in (([1.0, 0.0], COUNTS[0]), ([0.0, 1.0], COUNTS[1])):
        np.testing.assert_allclose(ensemble(weights).predict(Two).counts, expected, rtol=1e-6)


def test_equal_weights_are_the_geometric_mean():
    mean = np.sqrt(COUNTS[0] * COUNTS[1])
    expected = mean / mean.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ensemble([0.5, 0.5]).predict(Two).counts, expected, rtol=1e-6)


def test_a_shift_favours_a_count():
    shifted = COUNTS[0] * [1, 2, 1, 1]
    expected = shifted / shifted.sum(axis=1, keepdims=True)
    counts = ensemble([1.0, 0.0], [0, np.log(2), 0, 0]).predict(Two).counts
    np.testing.assert_allclose(counts, expected, rtol=1e-6)


def test_a_member_that_rules_a_count_out():
    model = ensemble([0.5, 0.5])
    sure = np.array([[[1.0, 0, 0, 0]], [[0, 1.0, 0, 0]]])
    np.testing.assert_allclose(model.pool(sure)[0, :2], 0.5, atol=0.01)


def test_the_first_that_knows_places_gives_them():
    places = [Places(np.arange(2), *np.full((5, 2), float(k))) for k in (1, 2)]
    assert ensemble([1, 1]).predict(Two).places is None
    assert ensemble([1, 1], b=places[1]).predict(Two).places is places[1]
    assert ensemble([1, 1], a=places[0], b=places[1]).predict(Two).places is places[0]


def test_unusual_to_one_is_unusual():
    assert list(ensemble([1, 1]).predict(Two).unusual) == [True, False]


@pytest.fixture
def folders(toy_packages, toy_gp_package, tmp_path):
    """Copies of two members' packages."""
    found = {}
    for name, folder in (("logistic", toy_packages["logistic"]), ("gp", toy_gp_package)):
        found[name] = tmp_path / name
        ModelPackage.read(folder).write(found[name])
    return found


@pytest.fixture
def package(folders, toy_models, toy_gp):
    members = [toy_models["logistic"], toy_gp]
    labels = [member.label for member in members]
    toy_models["logistic"].label, toy_gp.label = "toy_logistic 1", "toy_gp 1"
    model = EnsembleClassifier(
        members, [str(folder) for folder in folders.values()], np.array([0.3, 0.8]), NO_SHIFT
    )
    model.threshold, model.learned, model.training = 0.4, toy_conditions(), {"footprints": 7}
    yield model.to_package("both", "2", "toys")
    for member, label in zip(members, labels, strict=True):
        member.label = label


def unpack(package):
    members = {name: ModelPackage.read(name) for name in member_names(package)}
    return EnsembleClassifier.from_package(package, members)


def test_package_round_trip(package, tmp_path, toy_models, toy_gp):
    package.write(tmp_path / "both")
    model = unpack(ModelPackage.read(tmp_path / "both"))
    assert (model.label, model.threshold) == ("both 2", 0.4)
    assert model.learned.to_meta() == toy_conditions().to_meta()
    assert model.training == {"footprints": 7}
    detections = toy_detections(7, shape=(150, 150)).detections
    prediction = model.predict(detections)
    members = [toy_models["logistic"].predict(detections), toy_gp.predict(detections)]
    pooled = np.prod([m.counts**w for m, w in zip(members, (0.3, 0.8), strict=True)], axis=0)
    expected = pooled / pooled.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(prediction.counts, expected, atol=2e-3)
    np.testing.assert_array_equal(prediction.places.x, members[1].places.x)


def test_no_footprints(package):
    model = unpack(package)
    prediction = model.predict(toy_detections(1, shape=(40, 40)).detections)
    assert prediction.counts.shape == (0, 4) and len(prediction.unusual) == 0


def test_a_member_that_has_changed(package, folders):
    changed = ModelPackage.read(folders["logistic"])
    changed.version = "2"
    changed.write(folders["logistic"])
    with pytest.raises(BadInputError, match="its member toy_logistic 1, but toy_logistic 2 is th"):
        unpack(package)


def test_it_names_its_members(package, folders):
    assert member_names(package) == [str(folder) for folder in folders.values()]


def test_damaged_packages(package):
    for part in ("weights", "shift", "calibration_weight", "calibration_observed"):
        arrays = {name: array for name, array in package.arrays.items() if name != part}
        damaged = ModelPackage(package.kind, "both", "2", "", package.meta, arrays)
        with pytest.raises(BadInputError, match=f"^both: .*lacks '{part}'; copy or train it anew"):
            unpack(damaged)
    for part in ("members", "threshold", "conditions"):
        meta = {name: value for name, value in package.meta.items() if name != part}
        damaged = ModelPackage(package.kind, "both", "2", "", meta, package.arrays)
        with pytest.raises(BadInputError, match=f"^both: .*lacks '{part}'; copy or train it anew"):
            unpack(damaged)


def test_a_package_of_another_kind(package):
    package.kind = "blend_gp"
    with pytest.raises(BadInputError, match="kind blend_gp, where blend_ensemble is needed"):
        unpack(package)
