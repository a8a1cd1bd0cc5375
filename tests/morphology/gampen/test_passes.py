"""Passes that save work against passes that do not."""

import numpy as np
import pytest
import torch
from torch import nn

from gampen_toys import SIZE, TINY, galaxies, tiny_network
from meas_blends.morphology.gampen.network import GampenArchitecture
from meas_blends.morphology.gampen.passes import dropped_elements, evaluate, monte_carlo


def generators(n, seed=8):
    return [np.random.default_rng([seed, i]) for i in range(n)]


def dropping(layers, rate):
    """Hook that makes the next dropout take these elements of each galaxy."""

    def drop(_module, _given, features):
        keep = torch.ones_like(features).flatten(1)
        for row, dropped in enumerate(next(layers)):
            keep[row, dropped] = 0
        return features * keep.view_as(features) / (1 - rate)

    return drop


def hooked(network, images, hook):
    """Pass images through the whole network, with a hook on each dropout."""
    modules = [module for module in network.modules() if isinstance(module, nn.Dropout)]
    hooks = [module.register_forward_hook(hook) for module in modules]
    outputs = network(images).detach()
    for handle in hooks:
        handle.remove()
    return outputs


def plain_passes(network, images, passes, rngs):
    """Whole passes through the network, whose dropouts take the same elements."""
    sizes, rate = [], network.dropout_rate
    hooked(network, images, lambda _m, _g, features: sizes.append(features[0].numel()))
    results = []
    for _ in range(passes):
        drawn = [dropped_elements(rng, sizes, rate) for rng in rngs]
        results.append(hooked(network, images, dropping(iter(zip(*drawn, strict=True)), rate)))
    return torch.stack(results)


@pytest.mark.parametrize("dropout_rate", [7e-4, 0.02, 0.3])
@pytest.mark.parametrize(("kind", "rounding"), [(torch.float64, 1e-12), (torch.float32, 2e-5)])
def test_passes_are_those_of_the_whole_network(dropout_rate, kind, rounding):
    network, images = tiny_network(dropout_rate=dropout_rate).to(kind), galaxies(5).to(kind)
    expected = plain_passes(network, images.expand(-1, 3, -1, -1), 4, generators(5))
    got, _ = monte_carlo(network, images, 4, generators(5))
    assert dropout_rate < 0.01 or expected.std(dim=0).amin() > 1e-3
    torch.testing.assert_close(got, expected, atol=rounding, rtol=0)


def test_several_bands_are_not_folded():
    architecture = GampenArchitecture(SIZE, 4, 2, TINY.localisation, TINY.blocks, TINY.hidden)
    network, images = tiny_network(architecture), galaxies(3, bands=4)
    expected = plain_passes(network, images, 2, generators(3))
    got, _ = monte_carlo(network, images, 2, generators(3))
    torch.testing.assert_close(got, expected, atol=2e-6, rtol=2e-5)


def test_without_dropout_it_is_the_network_in_evaluation_mode():
    network, images = tiny_network(), galaxies(5)
    expected = network(images.expand(-1, 3, -1, -1)).detach()
    got, scale = evaluate(network, images)
    torch.testing.assert_close(got, expected, atol=2e-6, rtol=2e-5)
    torch.testing.assert_close(scale, network.scale(images.expand(-1, 3, -1, -1)).detach())
    assert scale.std() > 0.01
    undropped = tiny_network(dropout_rate=0.0)
    got = monte_carlo(undropped, images, 1, generators(5))[0][0]
    torch.testing.assert_close(got, expected, atol=2e-6, rtol=2e-5)


def test_what_is_cached_stays_as_it_was():
    network, images = tiny_network(), galaxies(2)
    first, _ = monte_carlo(network, images, 3, generators(2))
    again, _ = monte_carlo(network, images, 3, generators(2))
    torch.testing.assert_close(again, first)


@pytest.mark.parametrize("rate", [1e-4, 0.01, 0.4])
def test_each_element_is_dropped_with_the_same_chance(rate):
    rng = np.random.default_rng(1)
    sizes, repeats = [3000, 1, 7000], 400
    counts = np.zeros(sum(sizes))
    numbers = []
    for _ in range(repeats):
        dropped = dropped_elements(rng, sizes, rate)
        assert [len(np.unique(d)) for d in dropped] == [len(d) for d in dropped]
        where = np.concatenate([d + edge for d, edge in zip(dropped, (0, 3000, 3001), strict=True)])
        counts[where] += 1
        numbers.append(len(where))
    expected = repeats * rate
    # Binomial in each element, and in the number of each pass.
    assert counts.mean() == pytest.approx(expected, abs=5 * np.sqrt(expected / len(counts)))
    assert counts.var() == pytest.approx(expected * (1 - rate), rel=0.1)
    assert np.var(numbers) == pytest.approx(len(counts) * rate * (1 - rate), rel=0.35)
    halves = counts[:5000].mean() - counts[5000:].mean()
    assert abs(halves) < 5 * np.sqrt(expected / 2500)


def test_nothing_is_dropped_at_rate_zero():
    dropped = dropped_elements(np.random.default_rng(1), [5, 6], 0.0)
    assert [len(d) for d in dropped] == [0, 0]
