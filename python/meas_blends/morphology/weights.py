"""Weights of a network as the arrays of a model package."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

__all__ = ["load_state", "state_arrays"]


def state_arrays(network: torch.nn.Module, prefix: str = "network") -> dict[str, np.ndarray]:
    """Weights of a network by name, with the prefix and a dot before each.

    Counters of batches are left out: only training with a cumulative average
    needs them.
    """
    return {
        f"{prefix}.{name}": tensor.cpu().numpy()
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def load_state(
    network: torch.nn.Module, arrays: Mapping[str, np.ndarray], prefix: str = "network"
) -> None:
    """Undo `state_arrays`.

    Raises
    ------
    KeyError, RuntimeError
        If a weight is missing, or of another shape.
    """
    network.load_state_dict(
        {
            name: tensor
            if name.endswith("num_batches_tracked")
            else torch.from_numpy(arrays[f"{prefix}.{name}"].copy())
            for name, tensor in network.state_dict().items()
        }
    )
