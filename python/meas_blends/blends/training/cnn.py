"""Training of the slides' convolutional network."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ..calibration import Calibration
from ..classifiers.cnn import CnnClassifier, make_network
from ..classifiers.table import CountTable
from ..detections import LabelledDetections
from .labelled_cutouts import (
    collect_cutouts,
    collect_training,
    common_arguments,
    fit_calibration,
    mix_classes,
)

__all__ = ["train_cnn"]

_log = logging.getLogger(__name__)

#: The small number in Adam's denominator, as Keras has it.
_ADAM_EPSILON = 1e-7


def train_cnn(
    training: Sequence[LabelledDetections],
    apart: Sequence[LabelledDetections],
    rng: np.random.Generator,
    cutout_size: int = 23,
    pedestal: float = 30.0,
    channels: Sequence[int] = (128, 64),
    widths: Sequence[int] = (800, 400, 200),
    dropout: float = 0.2,
    epochs: int = 15,
    batch: int = 200,
    learning_rate: float = 1e-3,
    mixture: str = "even",
    calibration: str = "curve",
) -> CnnClassifier:
    """Train the network of Buchanan et al. (2022), by Adam and cross-entropy.

    Parameters
    ----------
    training, apart : sequence of `~meas_blends.blends.detections.LabelledDetections`
        Scenes to learn from, and others to calibrate on.
    rng : `numpy.random.Generator`
        Chooses the footprints, the first weights and the order.
    cutout_size : `int`
        Side of the cutouts [pixel], odd.
    pedestal : `float`
        The sky in the cutouts, in units of the noise of a pixel.
    channels, widths, dropout
        See `~meas_blends.blends.classifiers.cnn.make_network`.
    epochs : `int`
        Passes over the footprints.
    batch : `int`
        Footprints a step.
    learning_rate : `float`
        Of Adam.
    mixture, calibration : `str`
        See `~meas_blends.blends.training.labelled_cutouts.mix_classes` and
        `~meas_blends.blends.training.labelled_cutouts.fit_calibration`.

    Returns
    -------
    model : `~meas_blends.blends.classifiers.cnn.CnnClassifier`

    Raises
    ------
    BadInputError
        If a class has no footprints.
    """
    known, normalisation = collect_training(training, cutout_size, pedestal)
    held = collect_cutouts(apart, normalisation)
    rows = mix_classes(known.blended, mixture, len(known.blended), rng)
    # The caller's own random numbers in torch are left alone.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63 - 1)))
        network = make_network(cutout_size, tuple(channels), tuple(widths), dropout)
        loss = _fit(
            network,
            torch.from_numpy(known.vectors[rows]).reshape(-1, 1, cutout_size, cutout_size),
            torch.from_numpy(known.blended[rows].astype(np.int64)),
            epochs,
            batch,
            learning_rate,
        )
    model = CnnClassifier(
        network,
        tuple(channels),
        tuple(widths),
        CountTable.learn(known.n_objects, known.n_maxima),
        Calibration.none(),
        *common_arguments(
            known,
            held,
            normalisation,
            mixture,
            calibration,
            learnt_from=len(rows),
            epochs=epochs,
            loss=loss,
        ),
    )
    model.calibration = fit_calibration(
        model.stated(held.vectors), held.n_maxima, held.blended, calibration
    )
    return model


def _fit(
    network: nn.Sequential,
    images: torch.Tensor,
    blended: torch.Tensor,
    epochs: int,
    batch: int,
    learning_rate: float,
) -> float:
    """Fit the network; the mean loss of the last epoch."""
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate, eps=_ADAM_EPSILON)
    network.train()
    mean = float("nan")
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(images)).split(batch):
            optimizer.zero_grad()
            loss = functional.cross_entropy(network(images[rows]), blended[rows])
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(rows)
        mean = total / len(images)
        _log.info("epoch %d of %d: cross-entropy %.4f", epoch + 1, epochs, mean)
    return mean
