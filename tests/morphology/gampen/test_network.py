"""The network against what is known of the published ones."""

import pytest
import torch
from torch import nn

from gampen_toys import SIZE, TINY, galaxies, tiny_network
from meas_blends.morphology.gampen.network import GampenArchitecture, GampenNetwork
from meas_blends.morphology.gaussian import gaussian_nll

#: Shapes of the weights of the published models (cutouts of 239 pixels).
PUBLISHED = {
    "localization.0": (64, 3, 11, 11),
    "localization.3": (96, 64, 9, 9),
    "fc_loc.0": (32, 259584),
    "fc_loc.2": (1, 32),
    "vgg.features.0": (64, 3, 3, 3),
    "vgg.features.3": (64, 64, 3, 3),
    "vgg.features.7": (128, 64, 3, 3),
    "vgg.features.10": (128, 128, 3, 3),
    "vgg.features.14": (256, 128, 3, 3),
    "vgg.features.17": (256, 256, 3, 3),
    "vgg.features.20": (256, 256, 3, 3),
    "vgg.features.24": (512, 256, 3, 3),
    "vgg.features.27": (512, 512, 3, 3),
    "vgg.features.30": (512, 512, 3, 3),
    "vgg.features.34": (512, 512, 3, 3),
    "vgg.features.37": (512, 512, 3, 3),
    "vgg.features.40": (512, 512, 3, 3),
    "vgg.classifier.0": (4096, 25088),
    "vgg.classifier.3": (4096, 4096),
    "vgg.classifier.6": (9, 4096),
}


def without_memory(architecture):
    with torch.device("meta"):
        return GampenNetwork(architecture)


def test_weights_are_those_of_the_published_models():
    network = without_memory(GampenArchitecture())
    state = network.state_dict()
    assert {name: tuple(state[f"{name}.weight"].shape) for name in PUBLISHED} == PUBLISHED
    assert len(state) == 2 * len(PUBLISHED)
    assert all(len(state[f"{name}.bias"]) == shape[0] for name, shape in PUBLISHED.items())
    assert sum(weights.numel() for weights in network.parameters()) == 143_125_226


@pytest.mark.parametrize(
    ("size", "inputs"), [(239, 259584), (237, 259584), (240, 259584), (143, 75264), (96, 24576)]
)
def test_only_the_localisation_depends_on_the_cutout(size, inputs):
    state = without_memory(GampenArchitecture(cutout_size=size)).state_dict()
    assert state["fc_loc.0.weight"].shape == (32, inputs)
    assert {n: state[f"{n}.weight"].shape for n in PUBLISHED if n != "fc_loc.0"} == {
        n: shape for n, shape in PUBLISHED.items() if n != "fc_loc.0"
    }


def test_dropouts_are_before_all_convolutions_but_the_first_and_in_the_classifier():
    network = without_memory(GampenArchitecture())
    layers = [*network.vgg.features, *network.vgg.classifier]
    dropouts = [i for i, layer in enumerate(layers) if isinstance(layer, nn.Dropout)]
    assert len(dropouts) == 14
    before = [type(layers[i + 1]) for i in dropouts]
    assert before == [nn.Conv2d] * 12 + [nn.Linear] * 2
    # In the spatial transformer there is none.
    assert sum(isinstance(module, nn.Dropout) for module in network.modules()) == 14


@pytest.mark.parametrize(("channels", "targets", "outputs"), [(1, 1, 2), (5, 4, 14)])
def test_any_number_of_bands_and_targets(channels, targets, outputs):
    architecture = GampenArchitecture(SIZE, channels, targets, TINY.localisation)
    state = without_memory(architecture).state_dict()
    assert state["localization.0.weight"].shape[1] == channels
    assert state["vgg.features.0.weight"].shape[1] == channels
    assert state["vgg.classifier.6.weight"].shape[0] == outputs


@pytest.mark.parametrize("size", [33, SIZE, 41])
def test_it_looks_at_the_whole_image_at_first(size):
    network = GampenNetwork(TINY.resized(size))
    images = galaxies(3, size).expand(-1, 3, -1, -1)
    assert network(images).shape == (3, 9)
    scale = network.scale(images)
    torch.testing.assert_close(scale, torch.ones(3))
    torch.testing.assert_close(network.zoom(images, scale), images, atol=1e-4, rtol=0)


def test_the_zoom_is_about_the_centre_with_zeros_beyond():
    ramp = torch.arange(41.0).expand(1, 1, 41, 41) - 20
    half = GampenNetwork.zoom(ramp, torch.tensor([0.5]))
    torch.testing.assert_close(half, 0.5 * ramp, atol=1e-4, rtol=0)
    twice = GampenNetwork.zoom(ramp + 100, torch.tensor([2.0]))
    assert (twice[0, 0, 11:30, 11:30] > 50).all()
    assert (twice[0, 0, :9] == 0).all() and (twice[0, 0, :, 32:] == 0).all()


def test_too_small_a_cutout():
    with pytest.raises(ValueError, match="cutouts of 32 pixels, where at least 33"):
        GampenArchitecture(cutout_size=32)


def test_every_weight_learns():
    network = tiny_network().train()
    images = galaxies(6).expand(-1, 3, -1, -1)
    gaussian_nll(network(images), torch.randn(6, 3)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())
