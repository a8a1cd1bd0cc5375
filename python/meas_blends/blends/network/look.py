"""Applying the network to the footprints of an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..detections import Detections
from .features import footprint_features
from .model import N_PLACE, BlendNetwork
from .patches import CELL, PatchLayout, cut_patches

__all__ = ["Sight", "look"]

#: Most pixels that go through the network together: what fits into a cache.
_PIXELS = 1 << 17


@dataclass(frozen=True)
class Sight:
    """What the network saw in n footprints.

    Parameters
    ----------
    layout : `~meas_blends.blends.network.patches.PatchLayout`
        Of the patches; cells lie in the order of their pixels.
    mask : `numpy.ndarray` of bool, (n_cells,)
        Cells that hold pixels of the footprint.
    place : `numpy.ndarray` of float32, (n_cells, N_PLACE)
        What the network says of each cell.
    features : `numpy.ndarray` of float32, (n, n_features)
        `~meas_blends.blends.network.features.footprint_features`.
    embedding : `numpy.ndarray` of float32, (n, n_embedding)
    counts : `numpy.ndarray` of float32, (n, 4)
        The network's own probabilities of 1, 2, 3 and 4 or more objects.
    """

    layout: PatchLayout
    mask: np.ndarray
    place: np.ndarray
    features: np.ndarray
    embedding: np.ndarray
    counts: np.ndarray


@torch.inference_mode()
def look(network: BlendNetwork, detections: Detections) -> Sight:
    """Look at all footprints of an image.

    Parameters
    ----------
    network : `~meas_blends.blends.network.model.BlendNetwork`
        In evaluation mode.
    detections : `~meas_blends.blends.detections.Detections`

    Returns
    -------
    sight : `Sight`
    """
    patches = cut_patches(detections, network.settings["others"])
    layout = patches.layout
    n_cells = layout.n_pixels // CELL**2
    features = footprint_features(detections)
    place = np.empty((n_cells, N_PLACE), np.float32)
    mask = np.empty(n_cells, bool)
    embedding = np.empty((len(detections), network.settings["n_embedding"]), np.float32)
    for group in layout.groups():
        area = int(layout.height[group[0]] * layout.width[group[0]])
        most = max(_PIXELS // area, 1)
        for first in range(0, len(group), most):
            rows = group[first : first + most]
            planes = torch.from_numpy(patches.stack(rows))
            conditions = torch.from_numpy(patches.conditions[rows])
            seen, vectors = network(planes, conditions, torch.from_numpy(features[rows]))
            start = layout.start[rows[0]] // CELL**2
            part = slice(start, start + len(rows) * area // CELL**2)
            place[part] = seen.reshape(-1, N_PLACE).numpy()
            cells = torch.nn.functional.max_pool2d(planes[:, -1:], CELL)
            mask[part] = cells.reshape(-1).numpy() > 0
            embedding[rows] = vectors.numpy()
    counts = torch.softmax(network.count(torch.from_numpy(embedding)), 1).numpy()
    return Sight(layout, mask, place, features, embedding, counts)
