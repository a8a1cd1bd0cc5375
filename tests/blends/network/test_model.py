"""The network."""

import numpy as np
import pytest
import torch

from meas_blends.blends.network.model import N_PLACE, BlendNetwork
from meas_blends.blends.network.patches import N_CONDITIONS, count_planes
from meas_blends.errors import BadInputError
from network_toys import random_network


@pytest.fixture(scope="module")
def network():
    return random_network()


def patches(number, height, width, seed=1):
    """Random planes with a mask in the middle, conditions and features."""
    draw = torch.Generator().manual_seed(seed)
    mask = torch.zeros(number, 1, height, width)
    mask[:, :, 6:-6, 5:-7] = 1
    planes = torch.randn(number, count_planes() - 1, height, width, generator=draw) * mask
    features = torch.randn(number, 4, generator=draw)
    return torch.cat([planes, mask], 1), torch.zeros(number, N_CONDITIONS), features


@torch.inference_mode()
def answer(network, *inputs):
    return [part.numpy() for part in network(*inputs)]


@pytest.mark.parametrize(("height", "width"), [(16, 16), (24, 48), (192, 16)])
def test_shapes(network, height, width):
    place, embedding = answer(network, *patches(3, height, width))
    assert place.shape == (3, height // 2, width // 2, N_PLACE)
    assert embedding.shape == (3, 8)
    assert np.isfinite(place).all() and np.isfinite(embedding).all()


def test_each_patch_for_itself(network):
    inputs = patches(4, 24, 32)
    together = answer(network, *inputs)
    for row in range(4):
        alone = answer(network, *(part[row : row + 1] for part in inputs))
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_allclose(one[row], other[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("step", [(8, 0), (0, 8)])
def test_cells_move_with_the_pixels(network, step):
    """By the eight pixels that the network strides over, where no border is near."""
    planes, conditions, features = patches(1, 144, 144)
    moved = torch.roll(planes, step, (2, 3))
    one, _ = answer(network, planes, conditions, features)
    other, _ = answer(network, moved, conditions, features)
    back = np.roll(other, (-step[0] // 2, -step[1] // 2), (1, 2))
    middle = slice(26, -26)
    # Features of empty sky hardly differ, which their normalisation blows up with its rounding.
    np.testing.assert_allclose(back[:, middle, middle], one[:, middle, middle], atol=1e-3)
    assert np.abs(other - one)[:, middle, middle].max() > 0.1


def test_the_embedding_hears_of_every_input(network):
    planes, conditions, features = patches(1, 16, 16)
    _, before = answer(network, planes, conditions, features)
    brighter = planes.clone()
    brighter[:, 0, 8, 7] += 3
    for changed in (
        (brighter, conditions, features),
        (planes, conditions + 0.3, features),
        (planes, conditions, features + 0.3),
    ):
        _, after = answer(network, *changed)
        assert np.abs(after - before).max() > 1e-4


def test_at_first_few_cells_hold_an_object():
    torch.manual_seed(3)
    network = BlendNetwork(widths=(6, 8, 16)).eval()
    place, _ = answer(network, *patches(2, 32, 32))
    assert (1 / (1 + np.exp(-place[..., 0]))).mean() < 0.1


@pytest.mark.parametrize("before", [(), ("g", "r")])
def test_further_bands_change_nothing_at_first(before):
    network = random_network(others=before)
    wider = network.with_bands(("g", "r")).eval()
    assert wider.settings["others"] == ["g", "r"]
    known, conditions, features = patches(3, 24, 32)
    planes, mask = known[:, :-1], known[:, -1:]
    bands = torch.randn(3, count_planes("gr") - count_planes(), 24, 32) * mask
    everything = torch.cat([planes, bands, mask], 1)
    given = everything if before else known
    one = answer(network, given, conditions, features)
    other = answer(wider, everything, conditions, features)
    for of_one, of_other in zip(one, other, strict=True):
        np.testing.assert_allclose(of_other, of_one, atol=1e-5)


@pytest.mark.parametrize("others", [(), ("r",), ("r", "g")])
def test_bands_that_it_would_forget(others):
    with pytest.raises(BadInputError, match="bands g, r besides the reference"):
        random_network(others=("g", "r")).with_bands(others)


def test_settings_rebuild_it():
    network = random_network(others=("g", "r"))
    again = BlendNetwork(**network.settings)
    again.load_state_dict(network.state_dict())
    assert again.stem.weight.shape[1] == 4 * count_planes("gr") + N_CONDITIONS
    assert network.settings == {
        "others": ["g", "r"], "widths": [6, 8, 16], "depths": [1, 1, 1], "n_embedding": 8,
    }  # fmt: skip
