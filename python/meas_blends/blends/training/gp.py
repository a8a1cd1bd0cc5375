"""Training of the default classifier: network, then Gaussian process, then calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import BadInputError
from ..calibration import CountCalibration
from ..classifiers.gp import GpClassifier
from ..detections import LabelledDetections
from ..network.examples import Examples
from ..network.look import look
from ..network.model import BlendNetwork
from ..network.places import find_places
from ..unusual import Familiar, footprint_measures
from .network import train_network
from .place_errors import place_pulls
from .process import fit_process

__all__ = ["train_gp"]


@dataclass(frozen=True)
class _Seen:
    """Labelled footprints as the network sees them."""

    embedding: np.ndarray
    features: np.ndarray
    prior: np.ndarray
    measures: np.ndarray
    n_maxima: np.ndarray
    n_objects: np.ndarray
    place_pulls: np.ndarray


def train_gp(
    training: Sequence[LabelledDetections],
    apart: Sequence[LabelledDetections],
    rng: np.random.Generator,
    passes: int = 12,
    examples_fraction: float = 0.15,
    max_examples: int = 12000,
    n_neighbours: int = 24,
    widths: Sequence[int] = (32, 48, 96),
    depths: Sequence[int] = (0, 2, 2),
    n_embedding: int = 8,
    batch: int = 512,
    rate: float = 3e-3,
    start: GpClassifier | None = None,
    folder: str = "",
    checkpoint_every: int = 100,
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
    rate : `float`
        Largest learning rate of the network.
    start : `~meas_blends.blends.classifiers.gp.GpClassifier`, optional
        Whose network to go on from, in place of a new one of that shape. It
        may be of the reference band alone.
    folder : `str`
        Where the network's checkpoints go, see
        `~meas_blends.blends.training.network.train_network`; empty for none.
    checkpoint_every : `int`
        Steps between them.

    Returns
    -------
    model : `~meas_blends.blends.classifiers.gp.GpClassifier`

    Raises
    ------
    BadInputError
        If there are too few scenes, footprints or examples, or the network
        to start from looks at other bands.
    """
    n_process = max(round(examples_fraction * len(training)), 1)
    n_network = len(training) - n_process
    if len(training) < 2:
        raise BadInputError(
            f"scenes to train on: {len(training)}, where the network and the Gaussian process need"
            " scenes of their own; give more."
        )
    if n_network < 1:
        raise BadInputError(
            f"scenes to train on: {len(training)}, all of which go to the Gaussian process and"
            f" none to the network with an examples_fraction of {examples_fraction:g}; make it"
            " smaller, or give more."
        )
    if max_examples <= n_neighbours:
        raise BadInputError(
            f"max_examples is {max_examples}, where each prediction of the Gaussian process rests"
            f" on {n_neighbours} neighbours; make it well above that."
        )
    examples = Examples(training[:n_network])
    network = train_network(
        examples,
        rng,
        passes,
        batch,
        rate,
        start.network.with_bands(examples.others) if start else None,
        Path(folder) if folder else None,
        checkpoint_every,
        others=examples.others,
        widths=tuple(widths),
        depths=tuple(depths),
        n_embedding=n_embedding,
    )
    known = _see(network, training[n_network:])
    rows = rng.permutation(len(known.n_objects))[:max_examples]
    if len(rows) <= n_neighbours:
        raise BadInputError(
            f"the scenes of the Gaussian process, {n_process} of {len(training)}, hold"
            f" {len(rows)} labelled footprints; give more or larger scenes, or a larger"
            f" examples_fraction, so that there are well above {n_neighbours}."
        )
    examples_of = (known.embedding, known.features, known.prior, known.n_objects)
    coordinates, scales, process = fit_process(
        *(column[rows] for column in examples_of), n_neighbours, rng
    )
    model = GpClassifier(network, coordinates, scales, process, Familiar.fit(known.measures))
    held = _see(network, apart)
    if len(held.n_objects) == 0:
        raise BadInputError(
            "the scenes to calibrate on hold no labelled footprint; give more or larger ones."
        )
    stated = model.stated(held.embedding, held.features, held.prior)
    model.calibration = CountCalibration.fit(stated, held.n_maxima, held.n_objects)
    if len(held.place_pulls):
        # Robust, as the nearest place is now and then another object's.
        model.place_error_scale = float(1.4826 * np.median(np.abs(held.place_pulls)))
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
    if start:
        model.training["start"] = start.label
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
            sight.counts,
            footprint_measures(detections),
            detections.n_maxima,
            scene.n_objects,
        )
        pulls = place_pulls(find_places(sight), scene.x, scene.y, scene.owner)
        columns.append([*(column[labelled] for column in of_scene), pulls])
    return _Seen(*(np.concatenate(column) for column in zip(*columns, strict=True)))
