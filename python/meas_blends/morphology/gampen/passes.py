"""Monte Carlo dropout: several passes of a network, without doing anything twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .network import GampenNetwork

__all__ = ["dropped_elements", "evaluate", "monte_carlo"]


def evaluate(network: GampenNetwork, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Pass images through the network once, without dropout.

    Parameters
    ----------
    network : `~meas_blends.morphology.gampen.network.GampenNetwork`
    images : `torch.Tensor`, (n, bands, size, size)
        One band stands for all channels of the network.

    Returns
    -------
    outputs : `torch.Tensor`, (n, t + t + t (t - 1) / 2)
        What the network gives in evaluation mode, up to rounding.
    scale : `torch.Tensor`, (n,)
        Share of each side that the network looks at.
    """
    with torch.inference_mode():
        features, scale, layers = _until_dropout(network, images)
        for layer in layers:
            if not isinstance(layer, nn.Dropout):
                features = layer(features)
        return features, scale


def monte_carlo(
    network: GampenNetwork,
    images: torch.Tensor,
    passes: int,
    generators: Sequence[np.random.Generator],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Pass images through the network several times, with dropout (Ghosh et al. 2022, Sec. 4.4).

    Neither the spatial transformer nor the first convolution sees a dropout,
    so they are worked out once for all passes; the result is the same.

    Parameters
    ----------
    network : `~meas_blends.morphology.gampen.network.GampenNetwork`
    images : `torch.Tensor`, (n, bands, size, size)
        One band stands for all channels of the network.
    passes : `int`
        At least one.
    generators : sequence of `numpy.random.Generator`
        One a galaxy, from which its dropouts are drawn: what becomes of it
        does not depend on the batch that it is in.

    Returns
    -------
    outputs : `torch.Tensor`, (passes, n, t + t + t (t - 1) / 2)
    scale : `torch.Tensor`, (n,)
        Share of each side that the network looks at.
    """
    rate = network.dropout_rate
    with torch.inference_mode():
        common, scale, layers = _until_dropout(network, images)
        results = []
        for _ in range(passes):
            dropped = [dropped_elements(rng, _droppable(network), rate) for rng in generators]
            dropout = iter(zip(*dropped, strict=True))
            features = common
            for layer in layers:
                if isinstance(layer, nn.Dropout):
                    features = _drop(features, next(dropout), rate)
                else:
                    features = layer(features)
            results.append(features)
    return torch.stack(results), scale


def dropped_elements(
    rng: np.random.Generator, sizes: Iterable[int], rate: float
) -> list[np.ndarray]:
    """Draw the elements that the dropouts of one pass set to zero.

    Each element is dropped by itself with the same chance. At rates of 1e-4
    it is far cheaper to draw the gaps between them, which are geometric.

    Parameters
    ----------
    rng : `numpy.random.Generator`
    sizes : iterable of `int`
        Elements that each dropout sees of one galaxy.
    rate : `float`
        Chance of each element, from 0 to below 1.

    Returns
    -------
    dropped : `list` [`numpy.ndarray`]
        Positions in the flattened features, for each dropout.
    """
    edges = np.cumsum([0, *sizes])
    if rate == 0:
        return [np.zeros(0, np.int64) for _ in edges[1:]]
    expected = edges[-1] * rate
    parts, last = [], -1
    while last < edges[-1]:
        gaps = rng.standard_exponential(int(expected + 4 * np.sqrt(expected) + 16))
        # The floor of an exponential is geometric.
        steps = 1 + np.floor(gaps / -np.log1p(-rate)).astype(np.int64)
        parts.append(last + np.cumsum(steps))
        last = parts[-1][-1]
    positions = np.concatenate(parts)
    borders = np.searchsorted(positions, edges)
    return [
        positions[low:high] - edge
        for low, high, edge in zip(borders[:-1], borders[1:], edges[:-1], strict=True)
    ]


def _droppable(network: GampenNetwork) -> list[int]:
    """Elements of one galaxy that each dropout of the network sees."""
    architecture = network.architecture
    sizes, side = [], architecture.cutout_size
    for block in architecture.blocks:
        sizes += [width * side**2 for width in block[:-1]]
        side //= 2
        sizes.append(block[-1] * side**2)
    # The last convolution is followed by no dropout, the hidden layers are.
    return [*sizes[:-1], *architecture.hidden]


def _drop(features: torch.Tensor, positions: Sequence[np.ndarray], rate: float) -> torch.Tensor:
    """Set elements of each galaxy to zero and scale the others up, as dropout does."""
    kept = (features / (1.0 - rate)).contiguous()
    size = kept[0].numel()
    index = np.concatenate([row * size + where for row, where in enumerate(positions)])
    kept.view(-1).index_fill_(0, torch.from_numpy(index).to(kept.device), 0.0)
    return kept


def _until_dropout(
    network: GampenNetwork, images: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, list[nn.Module]]:
    """Features in front of the first dropout, the zoom's scale, and the layers from there on."""
    stem, first = network.localization[0], network.vgg.features[0]
    located = network.localization[1:](functional.conv2d(images, *_folded(stem, images)))
    scale = network.fc_loc(located)[:, 0]
    zoomed = network.zoom(images, scale)
    features = functional.conv2d(zoomed, *_folded(first, images), padding=first.padding)
    layers = [
        *network.vgg.features[1:],
        network.vgg.avgpool,
        nn.Flatten(),
        *network.vgg.classifier,
    ]
    start = next(i for i, layer in enumerate(layers) if isinstance(layer, nn.Dropout))
    for layer in layers[:start]:
        features = layer(features)
    return features, scale, layers[start:]


def _folded(layer: nn.Conv2d, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias for these images: channels that hold the same band act as one."""
    weight = layer.weight
    if images.shape[1] == 1:
        weight = weight.sum(dim=1, keepdim=True)
    return weight, layer.bias
