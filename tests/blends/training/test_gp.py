"""Training of the default classifier."""

import numpy as np
import pytest

from band_toys import band_detections, without_others
from meas_blends.blends.detections import LabelledDetections
from meas_blends.blends.training.gp import train_gp
from meas_blends.errors import BadInputError
from toys import toy_detections

FAST = {
    "passes": 1,
    "batch": 10,
    "widths": (4, 6, 8),
    "depths": (1, 1, 1),
    "n_embedding": 4,
    "n_neighbours": 8,
    "examples_fraction": 0.5,
}


@pytest.fixture(scope="module")
def scenes():
    return [toy_detections(seed, shape=(160, 160)) for seed in (1, 2, 3, 4)]


def train(training, apart, seed=1, **more):
    return train_gp(training, apart, np.random.default_rng(seed), **{**FAST, **more})


def test_one_seed_one_model(scenes):
    one, same, other = (
        train(scenes[:2], scenes[2:], seed).to_package("a", "1", "toy") for seed in (3, 3, 4)
    )
    assert one.meta == same.meta
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, same.arrays[name])
    assert any((array != other.arrays[name]).any() for name, array in one.arrays.items())


def test_every_part_has_scenes_of_its_own(scenes):
    labelled = [int((scene.n_objects > 0).sum()) for scene in scenes]
    model = train(scenes[:3], scenes[3:], examples_fraction=0.3)
    assert model.training == {
        "network_scenes": 2,
        "passes": 1,
        "footprints": labelled[2],
        "kept": labelled[2],
        "calibrated_on": labelled[3],
    }
    number = scenes[3].n_objects
    assert model.threshold == np.mean(number[number > 0] > 1)
    assert model.network.settings["n_embedding"] == 4
    assert len(model.process.points) == labelled[2] and model.process.n_neighbours == 8


def test_no_more_examples_than_wanted(scenes):
    model = train(scenes[:2], scenes[2:], max_examples=12)
    assert model.training["kept"] == len(model.process.points) == 12
    assert model.training["footprints"] > 12


def test_scenes_are_prepared_once(scenes):
    class Prepared(list):
        looked_at = 0

        def __getitem__(self, index):
            if isinstance(index, slice):
                return Prepared(super().__getitem__(index))
            return super().__getitem__(index)

        def __iter__(self):
            for scene in super().__iter__():
                Prepared.looked_at += 1
                yield scene

    train(Prepared(scenes[:2]), Prepared(scenes[2:3]))
    assert Prepared.looked_at == 3


def test_a_single_scene(scenes):
    with pytest.raises(BadInputError, match="the network and the Gaussian process need scenes of"):
        train(scenes[:1], scenes[1:])


def test_no_scene_left_for_the_network(scenes):
    with pytest.raises(BadInputError, match="3, all of which go to the Gaussian process and none"):
        train(scenes[:3], scenes[3:], examples_fraction=0.9)


def test_too_few_examples(scenes):
    with pytest.raises(BadInputError, match=r"1 of 2, hold .*so that there are well above 50"):
        train(scenes[:2], scenes[2:], n_neighbours=50)
    with pytest.raises(BadInputError, match=r"max_examples is 8, where .* rests on 8 neighbours"):
        train(scenes[:2], scenes[2:], max_examples=8)


def test_nothing_to_calibrate_on(scenes):
    scene = scenes[2]
    nobody = LabelledDetections(scene.detections, np.zeros(0), np.zeros(0), np.zeros(0, int))
    with pytest.raises(BadInputError, match="to calibrate on hold no labelled footprint; give"):
        train(scenes[:2], [nobody])


def test_scenes_without_footprints(scenes):
    empty = toy_detections(1, shape=(40, 40))
    with pytest.raises(BadInputError, match="hold 0 labelled footprints"):
        train([empty, scenes[0]], scenes[2:])
    model = train([*scenes[:2], empty], [empty, scenes[3]], examples_fraction=0.6)
    assert model.training["network_scenes"] == 1


def test_other_bands():
    scenes = [band_detections(seed, shape=(140, 140)) for seed in (1, 2, 3)]
    model = train(scenes[:2], scenes[2:], n_neighbours=6)
    assert model.network.settings["others"] == ["r"]
    counts = model.predict(scenes[2].detections).counts
    np.testing.assert_allclose(counts.sum(axis=1), 1)
    alone = without_others(scenes[2])
    with pytest.raises(BadInputError, match="looks at bands r too, and r is missing"):
        model.predict(alone.detections)
    with pytest.raises(BadInputError, match="looks at bands r too, and r is missing"):
        train([*scenes[:2], alone], [alone], examples_fraction=0.3)
