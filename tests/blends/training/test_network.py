"""Training of the network."""

import re

import numpy as np
import pytest
import torch

from meas_blends.blends.network.examples import Examples
from meas_blends.blends.network.look import look
from meas_blends.blends.network.patches import CELL
from meas_blends.blends.training.network import train_network
from meas_blends.errors import BadInputError
from toys import toy_detections

SHAPE = {"widths": (4, 6, 8), "depths": (0, 1, 1)}


@pytest.fixture(scope="module")
def scene():
    return toy_detections(1, shape=(160, 160))


@pytest.fixture(scope="module")
def examples(scene):
    return Examples([scene])


def train(examples, seed=1, passes=1, batch=6, **more):
    return train_network(examples, np.random.default_rng(seed), passes, batch, **{**SHAPE, **more})


def weights(network):
    return {name: value.numpy() for name, value in network.state_dict().items()}


def test_one_seed_one_network(examples):
    one, same, other = (weights(train(examples, seed)) for seed in (1, 1, 2))
    for name, value in one.items():
        np.testing.assert_array_equal(value, same[name])
    assert any((value != other[name]).any() for name, value in one.items())


def test_the_callers_torch_is_left_alone(examples):
    torch.manual_seed(5)
    expected, threads = torch.rand(3), torch.get_num_threads()
    torch.manual_seed(5)
    train(examples)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


def test_it_learns_where_objects_are(examples, scene):
    """Probability gathers in the cells of the objects of its own scene."""
    network = train(examples, passes=40, batch=len(examples), rate=1e-2)
    assert not network.training
    sight = look(network, scene.detections)
    probability = 1 / (1 + np.exp(-sight.place[:, 0]))
    layout, owner = sight.layout, scene.owner
    column = np.floor(scene.x + 0.5).astype(int) - layout.x0[owner]
    row = np.floor(scene.y + 0.5).astype(int) - layout.y0[owner]
    cells = layout.start[owner] // CELL**2
    cells += row // CELL * (layout.width[owner] // CELL) + column // CELL
    elsewhere = sight.mask.copy()
    elsewhere[cells] = False
    assert sight.mask[cells].all()
    assert probability[cells].mean() > 5 * probability[elsewhere].mean()


@pytest.mark.parametrize("passes", [1, 8, 9, 10])
def test_any_number_of_steps(examples, passes):
    shape = {"widths": (2, 2, 2), "depths": (0, 0, 0)}
    network = train(examples, passes=passes, batch=len(examples), **shape)
    assert all(np.isfinite(value).all() for value in weights(network).values())


class Killed(Exception):
    """Stands for the end of the process."""


def test_a_training_that_was_killed_goes_on_to_the_same_network(examples, tmp_path, monkeypatch):
    options = {"passes": 6, "batch": len(examples) // 2, "checkpoint_every": 2}
    whole = weights(train(examples, **options))
    draw, drawn = examples.draw, []

    def until_killed(rows, rng):
        drawn.append(rows)
        if len(drawn) == 6:
            raise Killed
        return draw(rows, rng)

    monkeypatch.setattr(examples, "draw", until_killed)
    with pytest.raises(Killed):
        train(examples, folder=tmp_path, **options)
    again = weights(train(examples, folder=tmp_path, **options))
    # Four steps were kept, and the fifth is done anew.
    assert len(drawn) == 6 + 12 - 4
    for name, value in whole.items():
        np.testing.assert_array_equal(value, again[name])
    with pytest.raises(BadInputError, match="another folder"):
        train(examples, seed=2, folder=tmp_path, **options)


def test_the_log_says_how_long_it_takes(examples, caplog):
    with caplog.at_level("INFO"):
        train(examples)
    assert re.search(r"step \d+ of \d+, 0 min left", caplog.text)


def test_too_few_footprints(examples):
    number = len(examples)
    with pytest.raises(BadInputError, match=f"hold {number} labelled footprints, where a step of"):
        train(examples, batch=number + 1)


def test_none_at_all():
    empty = toy_detections(1, shape=(40, 40))
    with pytest.raises(BadInputError, match="hold 0 labelled footprints"):
        train(Examples([empty]))
