"""The trainer of the default classifier as a subtask."""

import inspect

import numpy as np
import pytest

from meas_blends.blends.training.gp import train_gp
from meas_blends.tasks.trainers.gp import GpTrainerTask
from toys import toy_detections


def make(**fields):
    config = GpTrainerTask.ConfigClass()
    for name, value in fields.items():
        setattr(config, name, value)
    config.validate()
    return GpTrainerTask(config=config)


def test_the_configuration_is_that_of_the_training():
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(train_gp).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    fields = GpTrainerTask.ConfigClass().toDict()
    assert {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()} == defaults


def test_every_field_reaches_the_training(one_thread):
    scenes = [toy_detections(seed, shape=(160, 160)) for seed in (1, 2, 3)]
    task = make(
        passes=2,
        batch=9,
        widths=[4, 6],
        depths=[0, 1, 0],
        n_embedding=3,
        examples_fraction=0.5,
        max_examples=15,
        n_neighbours=7,
    )
    model = task.run(scenes[:2], scenes[2:], np.random.default_rng(1))
    assert model.network.settings == {
        "others": [], "widths": [4, 6], "depths": [0, 1, 0], "n_embedding": 3,
    }  # fmt: skip
    assert (model.training["passes"], model.training["kept"]) == (2, 15)
    assert model.process.n_neighbours == 7


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("passes", 0),
        ("batch", 0),
        ("widths", [48]),
        ("widths", [48, 0]),
        ("depths", [1, 1]),
        ("depths", [1, 1, -1]),
        ("n_embedding", 2),
        ("examples_fraction", 1.0),
        ("examples_fraction", -0.1),
        ("max_examples", 0),
        ("n_neighbours", 1),
    ],
)
def test_wrong_values_are_refused(field, value):
    with pytest.raises(ValueError, match=field):
        make(**{field: value})
