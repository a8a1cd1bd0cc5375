"""Fitting of the Gaussian process over a learned embedding."""

from __future__ import annotations

import logging

import numpy as np
import torch
from torch.nn import functional

from ..classifiers.gp import Coordinates
from ..classifiers.neighbours import NeighbourProcess, solve

__all__ = ["fit_process"]

_log = logging.getLogger(__name__)

#: Search of the length scales: steps, rate, footprints a step, and steps between
#: two searches for neighbours.
_STEPS, _RATE, _BATCH, _FRESH = 60, 0.1, 1500, 10

#: Noise that the search begins with, in units of the prior's variance.
_NOISE = 3.0

#: Least probability of a count in the leave-one-out cross-entropy.
_LEAST = 1e-3


def fit_process(
    embedding: np.ndarray,
    features: np.ndarray,
    prior: np.ndarray,
    n_objects: np.ndarray,
    n_neighbours: int,
    rng: np.random.Generator,
) -> tuple[Coordinates, np.ndarray, NeighbourProcess]:
    """Fit coordinates, length scales and noise.

    Length scales, one a coordinate, and noise have the least cross-entropy
    of leave-one-out predictions, which is differentiable through the
    Cholesky decompositions of the neighbourhoods.

    Parameters
    ----------
    embedding : `numpy.ndarray`, (n, n_embedding)
    features : `numpy.ndarray`, (n, n_features)
        `~meas_blends.blends.network.features.footprint_features`.
    prior : `numpy.ndarray` of float32, (n, 4)
        Prior mean: probabilities of 1, 2, 3 and 4 or more objects.
    n_objects : `numpy.ndarray` of int, (n,)
        At least 1.
    n_neighbours : `int`
        Examples that each prediction rests on.
    rng : `numpy.random.Generator`
        Draws the footprints of each step.

    Returns
    -------
    coordinates : `~meas_blends.blends.classifiers.gp.Coordinates`
    scales : `numpy.ndarray` of float32, (d,)
        Inverse length scales.
    process : `~meas_blends.blends.classifiers.neighbours.NeighbourProcess`
    """
    number = np.clip(n_objects, 1, 4) - 1
    centre = embedding.mean(axis=0)
    variance, axes = np.linalg.eigh(np.cov(embedding, rowvar=False))
    # The root of the deviation: the large axes stay larger, but drown no others.
    axes = axes[:, ::-1] / np.maximum(variance[::-1], 1e-6) ** 0.25
    coordinates = Coordinates(centre.astype(np.float32), axes.astype(np.float32))
    points = coordinates(embedding, features)
    values = np.eye(4, dtype=np.float32)[number] - prior
    scales, noise = _fit_scales(points, values, prior, number, n_neighbours, rng)
    process = NeighbourProcess(points * scales, values, noise, n_neighbours)
    return coordinates, scales, process


def _fit_scales(
    points: np.ndarray,
    values: np.ndarray,
    prior: np.ndarray,
    number: np.ndarray,
    n_neighbours: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, float]:
    """Inverse length scales and noise of the least leave-one-out cross-entropy."""
    spread = np.maximum(points.std(axis=0), 1e-3)
    log_scales = torch.tensor(-np.log(spread), dtype=torch.float32, requires_grad=True)
    log_noise = torch.tensor(np.log(_NOISE), dtype=torch.float32, requires_grad=True)
    optimiser = torch.optim.Adam([log_scales, log_noise], _RATE)
    losses = []
    for step in range(_STEPS):
        if step % _FRESH == 0:
            scales = np.exp(log_scales.detach().numpy())
            process = NeighbourProcess(points * scales, values, 1.0, n_neighbours)
        rows = rng.choice(len(points), min(_BATCH, len(points)), replace=False)
        # The nearest example of each is the footprint itself.
        near = process.neighbours(process.points[rows], beyond=1)
        scales = torch.exp(log_scales)
        mean, _ = solve(
            torch.from_numpy(points[rows]) * scales,
            torch.from_numpy(points[near]) * scales,
            torch.from_numpy(values[near]),
            torch.exp(log_noise),
        )
        stated = (mean + torch.from_numpy(prior[rows])).clamp(min=_LEAST)
        stated = stated / stated.sum(1, keepdim=True)
        loss = functional.nll_loss(torch.log(stated), torch.from_numpy(number[rows]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    noise = float(torch.exp(log_noise.detach()))
    _log.info(
        "Gaussian process: leave-one-out cross-entropy %.4f, of the prior mean alone %.4f; noise"
        " %.2f of the prior",
        np.mean(losses[-_FRESH:]),
        -np.mean(np.log(prior[np.arange(len(number)), number])),
        noise,
    )
    return np.exp(log_scales.detach().numpy()), noise
