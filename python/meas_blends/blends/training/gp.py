"""Training of the default classifier: network, then Gaussian process, then calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import BadInputError
from ..calibration import CountCalibration
from ..classifiers.gp import GpClassifier
from ..detections import LabelledDetections
from ..network.examples import Examples
from ..network.look import look
from ..network.model import BlendNetwork
from ..unusual import Familiar, footprint_measures
from .network import train_network
from .process import fit_process

__all__ = ["train_gp"]


@dataclass(frozen=True)
class _Seen:
    """Labelled footprints as the network sees them."""

    embedding: np.ndarray
    features: np.ndarray
    measures: np.ndarray
    n_maxima: np.ndarray
    n_objects: np.ndarray


def train_gp(
    training: Sequence[LabelledDetections],
    apart: Sequence[LabelledDetections],
    rng: np.random.Generator,
    passes: int = 12,
    examples_fraction: float = 0.15,
    max_examples: int = 20000,
    n_neighbours: int = 32,
    widths: Sequence[int] = (48, 96),
    depths: Sequence[int] = (2, 2, 1),
    n_embedding: int = 8,
    batch: int = 512,
) -> GpClassifier:
    """Train the default classifier.

    The network learns from the first scenes. The Gaussian process has its
    examples from others, whose embeddings the network has not bent to their
    labels. The scenes apart calibrate the probabilities.

    Parameters
    ----------
    training, apart : sequence of `~meas_blends.blends.detections.LabelledDetections`
        Scenes to learn from, and others to calibrate on.
    rng : `numpy.random.Generator`
        One seed, one model.
    passes : `int`
        How often the network sees every footprint.
    examples_fraction : `float`
        Share of the training scenes, the last ones, for the Gaussian process.
    max_examples : `int`
        Most footprints to keep as its examples.
    n_neighbours : `int`
        Examples that each prediction rests on.
    widths, depths, n_embedding
        Shape of `~meas_blends.blends.network.model.BlendNetwork`.
    batch : `int`
        Footprints in a step of the network's training.

    Returns
    -------
    model : `~meas_blends.blends.classifiers.gp.GpClassifier`

    Raises
    ------
    BadInputError
        If there are too few scenes or footprints.
    """
    n_network = len(training) - max(round(examples_fraction * len(training)), 1)
    if n_network < 1:
        raise BadInputError(
            f"{len(training)} training scene, where the network and the Gaussian process need"
            " scenes of their own; give more."
        )
    examples = Examples(training[:n_network])
    network = train_network(
        examples,
        rng,
        passes,
        batch,
        others=examples.others,
        widths=tuple(widths),
        depths=tuple(depths),
        n_embedding=n_embedding,
    )
    known = _see(network, training[n_network:])
    rows = rng.permutation(len(known.n_objects))[:max_examples]
    if len(rows) <= n_neighbours:
        raise BadInputError(
            f"the scenes of the Gaussian process hold {len(rows)} labelled footprints; give more"
            f" or larger scenes, so that there are well above {n_neighbours}."
        )
    coordinates, scales, process = fit_process(
        known.embedding[rows], known.features[rows], known.n_objects[rows], n_neighbours, rng
    )
    model = GpClassifier(network, coordinates, scales, process, Familiar.fit(known.measures))
    held = _see(network, apart)
    if len(held.n_objects) == 0:
        raise BadInputError(
            "the scenes to calibrate on hold no labelled footprint; give more or larger ones."
        )
    stated = model.stated(held.embedding, held.features)
    model.calibration = CountCalibration.fit(stated, held.n_maxima, held.n_objects)
    # Where calibrated probabilities cross the share of blends, a mistake costs
    # as much in either class.
    model.threshold = float(np.mean(held.n_objects > 1))
    model.training = {
        "network_scenes": n_network,
        "passes": passes,
        "footprints": len(known.n_objects),
        "kept": len(rows),
        "calibrated_on": len(held.n_objects),
    }
    return model


def _see(network: BlendNetwork, scenes: Sequence[LabelledDetections]) -> _Seen:
    """Look at the footprints of scenes that hold at least one object."""
    columns = []
    for scene in scenes:
        detections, labelled = scene.detections, scene.n_objects > 0
        sight = look(network, detections)
        of_scene = (
            sight.embedding,
            sight.features,
            footprint_measures(detections),
            detections.n_maxima,
            scene.n_objects,
        )
        columns.append([column[labelled] for column in of_scene])
    return _Seen(*(np.concatenate(column) for column in zip(*columns, strict=True)))
