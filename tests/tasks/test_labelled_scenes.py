"""Labelled scenes, one at a time."""

import numpy as np
import pytest

from meas_blends.errors import BadInputError
from meas_blends.simulation.labels import label_footprints
from meas_blends.tasks.filtering import FilteringConfig
from meas_blends.tasks.labelled_scenes import LabelledScenes
from toys import handles, toy_scene


class Counting:
    """A handle that counts how often it is read."""

    def __init__(self, handle):
        self.handle, self.dataId, self.reads = handle, handle.dataId, 0

    def get(self):
        self.reads += 1
        return self.handle.get()


def plain_filtering():
    config = FilteringConfig()
    config.subtract_background = False
    return config


@pytest.fixture
def datasets():
    scenes = [toy_scene(seed, xy0=(1000 * seed, -50)) for seed in (1, 2, 3)]
    return [[Counting(h) for h in handles(column)] for column in zip(*scenes, strict=True)]


def make(datasets, **settings):
    return LabelledScenes.pair_up(*datasets, filtering=plain_filtering(), **settings)


def test_a_scene_is_read_at_every_look_and_not_before(datasets):
    scenes = make(datasets)
    assert len(scenes) == 3 and len(scenes[1:]) == 2
    assert [h.reads for h in datasets[0]] == [0, 0, 0]
    one, again = scenes[1:][0], scenes[1]
    assert one is not again
    np.testing.assert_array_equal(one.owner, again.owner)
    assert [h.reads for h in datasets[0]] == [0, 2, 0]
    assert sum(1 for _ in scenes) == 3
    assert [h.reads for h in datasets[2]] == [1, 3, 1]


def test_labels_are_those_of_the_label_task(datasets):
    for scene, spans, truth in zip(make(datasets), *datasets[1:], strict=True):
        labels = label_footprints(spans.get(), truth.get(), 5.0)
        np.testing.assert_array_equal(labels["nObjects"], scene.n_objects)
        identifiers = scene.detections.pixels.identifiers
        np.testing.assert_array_equal(labels["footprintId"], identifiers)


def test_galaxies_are_in_array_pixels_of_their_footprint(datasets):
    scene = make(datasets)[2]
    pixels, nx = scene.detections.pixels, 300
    flat = np.floor(scene.y + 0.5).astype(int) * nx + np.floor(scene.x + 0.5).astype(int)
    for galaxy, owner in zip(flat, scene.owner, strict=True):
        assert galaxy in pixels.flat[pixels.owner == owner]


def test_the_least_significance_of_a_galaxy(datasets):
    faint = np.median(datasets[2][0].get()["significance"])
    few, many = (make(datasets, min_significance=limit)[0] for limit in (faint, 5.0))
    assert 0 < len(few.x) < len(many.x)


def test_the_threshold_of_maxima(datasets):
    low = make(datasets)[0].detections
    brightest = float(low.filtered.significance.max())
    high = make(datasets, peak_threshold=brightest)[0].detections
    assert high.n_maxima.sum() < low.n_maxima.sum()


def test_a_footprint_outside_the_image_is_left_out(datasets):
    spans = datasets[1][0].get()
    spans.add_row({"footprintId": 9999, "y": 4000, "x0": 4000, "x1": 4010})
    truth = datasets[2][0].get()
    truth.add_row({"x": 4005.0, "y": 4000.0, "significance": 50.0})
    scene = make([[handles([d])[0]] for d in (datasets[0][0].get(), spans, truth)])[0]
    assert 9999 not in scene.detections.pixels.identifiers
    assert scene.owner.max() < len(scene.detections)


def test_facts_of_each_scene(datasets):
    scenes = make(datasets)
    scenes[1]
    facts = scenes.facts
    assert len(facts) == 3
    assert {fact.band for fact in facts} == {"i"}
    assert {fact.pixel_scale for fact in facts} == {0.2}
    for fact in facts:
        np.testing.assert_allclose(fact.conditions[:, 0], 1.8, rtol=0.01)
    assert [h.reads for h in datasets[0]] == [1, 1, 1]


@pytest.mark.parametrize("spoil", [lambda column: column[1:], lambda column: column[::-1]])
def test_datasets_of_other_scenes(datasets, spoil):
    datasets[1] = spoil(datasets[1])
    with pytest.raises(BadInputError, match="not of the same scenes; every scene needs all three"):
        make(datasets)
