"""The convolutional network of Buchanan et al. (2022)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from ...data.packages import BLEND_CNN
from ..calibration import Calibration
from .cutout import CutoutClassifier
from .table import CountTable

__all__ = ["CnnClassifier", "make_network"]

#: Cutouts that go through the network together.
_BATCH = 512


def make_network(
    size: int = 23,
    channels: tuple[int, int] = (128, 64),
    widths: tuple[int, ...] = (800, 400, 200),
    dropout: float = 0.2,
) -> nn.Sequential:
    """Build the network of the slides ("Convolutional neural network: Keras implementation").

    Two convolutions of 3 x 3 without padding, each with a maximum over 2 x 2
    after it, then dense layers; dropout after all of these but the last. The
    weights start as Keras's do, uniform after Glorot and Bengio (2010).

    Parameters
    ----------
    size : `int`
        Side of the cutouts [pixel].
    channels : `tuple` [`int`, `int`]
        Of the convolutions.
    widths : `tuple` [`int`, ...]
        Of the dense layers before the output.
    dropout : `float`
        Share of values dropped in training.

    Returns
    -------
    network : `torch.nn.Sequential`
        (n, 1, size, size) -> (n, 2), logits of unblended and blended.
    """
    layers: list[nn.Module] = []
    before, side = 1, size
    for after in channels:
        layers += [nn.Conv2d(before, after, 3), nn.ReLU(), nn.MaxPool2d(2)]
        before, side = after, (side - 2) // 2
    layers.append(nn.Flatten())
    inputs = before * side**2
    for number, width in enumerate(widths):
        layers += [nn.Linear(inputs, width), nn.ReLU()]
        if number < len(widths) - 1:
            layers.append(nn.Dropout(dropout))
        inputs = width
    layers.append(nn.Linear(inputs, 2))
    network = nn.Sequential(*layers)
    for layer in network:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return network


class CnnClassifier(CutoutClassifier):
    """The slides' network.

    Parameters
    ----------
    network : `torch.nn.Sequential`
        From `make_network`.
    channels, widths : `tuple` [`int`, ...]
        Its layers.
    table : `~meas_blends.blends.classifiers.table.CountTable`
        Objects of a blend, given its local maxima.
    calibration : `~meas_blends.blends.calibration.Calibration`
        From the network's probability to the share of blends.
    normalisation, familiar, threshold, training
        See `~meas_blends.blends.classifiers.cutout.CutoutClassifier`.
    """

    kind = BLEND_CNN

    def __init__(
        self,
        network: nn.Sequential,
        channels: tuple[int, int],
        widths: tuple[int, ...],
        table: CountTable,
        calibration: Calibration,
        *common: Any,
    ) -> None:
        super().__init__(*common)
        self.network = network.eval()
        self.channels = tuple(channels)
        self.widths = tuple(widths)
        self.table = table
        self.calibration = calibration

    def stated(self, vectors: np.ndarray) -> np.ndarray:
        """Blend probability of normalised cutouts before calibration, (n,)."""
        size = self.cutout_size
        images = torch.from_numpy(np.ascontiguousarray(vectors)).reshape(-1, 1, size, size)
        stated = np.zeros(len(images))
        with torch.inference_mode():
            for start in range(0, len(images), _BATCH):
                logits = self.network(images[start : start + _BATCH])
                part = torch.softmax(logits, dim=1)[:, 1]
                stated[start : start + _BATCH] = part.double().numpy()
        return stated

    def counts(self, vectors: np.ndarray, n_maxima: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of 1, 2, 3, 4 and more objects, (n, 4)."""
        return self.table.counts(self.calibration(self.stated(vectors), n_maxima), n_maxima)

    def own_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Layers and weights of the network, and calibration."""
        state = self.network.state_dict()
        arrays = {f"network.{name}": value.numpy() for name, value in state.items()}
        arrays |= {
            "counts": self.table.given_blended,
            "stated": self.calibration.stated,
            "observed": self.calibration.observed,
        }
        return {"channels": list(self.channels), "widths": list(self.widths)}, arrays

    @classmethod
    def from_parts(
        cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], common: tuple[Any, ...]
    ) -> CnnClassifier:
        """Build it from what `own_parts` gave."""
        channels, widths = tuple(meta["channels"]), tuple(meta["widths"])
        network = make_network(common[0].size, channels, widths)
        state = {name: torch.tensor(arrays[f"network.{name}"]) for name in network.state_dict()}
        network.load_state_dict(state)
        return cls(
            network,
            channels,
            widths,
            CountTable(arrays["counts"]),
            Calibration(arrays["stated"], arrays["observed"]),
            *common,
        )
