"""The training set of cutouts."""

import numpy as np
import pytest

from meas_blends.blends.calibration import Calibration
from meas_blends.blends.normalise import Normalisation
from meas_blends.blends.training.labelled_cutouts import (
    best_threshold,
    collect_cutouts,
    collect_training,
    fit_calibration,
    fit_components,
    mix_classes,
)
from meas_blends.errors import BadInputError


def test_footprints_without_an_object_are_left_out(toy_scenes):
    scenes = toy_scenes[0]
    cutouts = collect_cutouts(scenes, Normalisation(23, 0.0, 1.0))
    number = np.concatenate([scene.n_objects for scene in scenes])
    np.testing.assert_array_equal(cutouts.n_objects, number[number > 0])
    assert cutouts.vectors.shape == (len(cutouts.n_objects), 23**2)
    np.testing.assert_array_equal(cutouts.blended, cutouts.n_objects > 1)


def test_training_cutouts_have_unit_maximum(toy_scenes):
    cutouts, normalisation = collect_training(toy_scenes[0], 11, 30.0)
    assert cutouts.vectors.max() == 1
    again = collect_cutouts(toy_scenes[0], normalisation)
    np.testing.assert_array_equal(again.vectors, cutouts.vectors)
    # Every pixel of a footprint stands on the sky's pedestal.
    lit = cutouts.vectors[cutouts.vectors != 0] * normalisation.maximum
    assert lit.min() > 25


def test_an_even_mixture(toy_scenes):
    blended = np.repeat([True, False], [30, 70])
    rows = mix_classes(blended, "even", 1000, np.random.default_rng(1))
    assert len(set(rows)) == len(rows) == 60
    assert blended[rows].sum() == 30
    assert 0 < blended[rows][:30].sum() < 30
    assert len(mix_classes(blended, "even", 20, np.random.default_rng(1))) == 20


def test_the_natural_mixture():
    blended = np.repeat([True, False], [30, 70])
    rows = mix_classes(blended, "natural", 1000, np.random.default_rng(1))
    assert sorted(rows) == list(range(100))
    assert len(mix_classes(blended, "natural", 20, np.random.default_rng(1))) == 20


@pytest.mark.parametrize("mixture", ["even", "natural"])
def test_one_class_alone_cannot_train(mixture):
    with pytest.raises(BadInputError, match="0 of them blended; give more scenes"):
        mix_classes(np.zeros(50, bool), mixture, 1000, np.random.default_rng(1))
    with pytest.raises(BadInputError, match="well above 200"):
        mix_classes(np.arange(50) < 25, mixture, 1000, np.random.default_rng(1), fewest=200)


def test_components_are_orthogonal_and_centred():
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(500, 20)).astype(np.float32) * np.arange(1, 21, dtype=np.float32)
    components = fit_components(vectors, 3, seed=1)
    features = components(vectors)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-3)
    correlation = np.corrcoef(features, rowvar=False)
    np.testing.assert_allclose(correlation, np.eye(3), atol=1e-3)


def test_kinds_of_calibration():
    rng = np.random.default_rng(4)
    stated, n_maxima = rng.random(3000), rng.integers(1, 3, 3000)
    blended = rng.random(3000) < stated
    shapes = {"none": 1, "curve": 1, "curves_by_maxima": 2}
    for kind, n_curves in shapes.items():
        calibration = fit_calibration(stated, n_maxima, blended, kind)
        assert len(calibration.stated) == n_curves
    none = fit_calibration(stated, n_maxima, blended, "none")
    np.testing.assert_array_equal(none.observed, Calibration.none().observed)


def test_the_threshold_is_the_share_of_blends_that_probabilities_are_right_for(toy_scenes):
    apart = collect_cutouts(toy_scenes[1], Normalisation(23, 0.0, 1.0))
    share = apart.blended.mean()
    assert best_threshold(apart, "even", "none") == 0.5
    assert best_threshold(apart, "natural", "none") == share
    assert best_threshold(apart, "even", "curve") == share
