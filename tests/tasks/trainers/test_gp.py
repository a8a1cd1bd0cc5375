"""The trainer of the default classifier as a subtask."""

import inspect

import numpy as np
import pytest

from meas_blends.blends.training.gp import train_gp
from meas_blends.errors import BadInputError
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
    settings = make().settings()
    assert {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()} == defaults


def test_every_field_reaches_the_training():
    scenes = [toy_detections(seed, shape=(160, 160)) for seed in (1, 2, 3)]
    task = make(
        passes=2,
        batch=9,
        widths=[4, 6, 8],
        depths=[0, 1, 0],
        n_embedding=3,
        examples_fraction=0.5,
        max_examples=15,
        n_neighbours=7,
    )
    model = task.run(scenes[:2], scenes[2:], np.random.default_rng(1))
    assert model.network.settings == {
        "others": [], "widths": [4, 6, 8], "depths": [0, 1, 0], "n_embedding": 3,
    }  # fmt: skip
    assert (model.training["passes"], model.training["kept"]) == (2, 15)
    assert model.process.n_neighbours == 7


def test_training_goes_on_from_a_package(toy_gp, tmp_path):
    """At a rate so small that nothing is forgotten, the network stays what it was."""
    scenes = [toy_detections(seed, shape=(160, 160)) for seed in (1, 2, 3)]
    toy_gp.to_package("toy", "1", "toy").write(tmp_path / "toy")
    task = make(start=str(tmp_path / "toy"), rate=1e-12, passes=1, batch=9, examples_fraction=0.5)
    task.config.n_neighbours = 7
    model = task.run(scenes[:2], scenes[2:], np.random.default_rng(1))
    assert model.training["start"] == "toy 1"
    for after, before in zip(model.network.parameters(), toy_gp.network.parameters(), strict=True):
        np.testing.assert_allclose(after.detach(), before.detach(), atol=1e-9)


def test_a_start_that_is_no_such_package(toy_packages):
    with pytest.raises(BadInputError, match="blend_gp"):
        make(start=str(toy_packages["logistic"])).settings()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("passes", 0),
        ("batch", 0),
        ("widths", [32, 48]),
        ("widths", [32, 48, 0]),
        ("depths", [1, 1]),
        ("depths", [1, 1, -1]),
        ("n_embedding", 2),
        ("examples_fraction", 1.0),
        ("examples_fraction", -0.1),
        ("max_examples", 0),
        ("n_neighbours", 1),
        ("rate", 0.0),
    ],
)
def test_wrong_values_are_refused(field, value):
    with pytest.raises(ValueError, match=field):
        make(**{field: value})
