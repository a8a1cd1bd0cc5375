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

#: Penalty on the squared weights of the prior mean.
_PENALTY = 1e-5

#: Search of the length scales: steps, rate, footprints a step, and steps between
#: two searches for neighbours.
_STEPS, _RATE, _BATCH, _FRESH = 60, 0.05, 1500, 10

#: Least probability of a count in the leave-one-out cross-entropy.
_LEAST = 1e-3


def fit_process(
    embedding: np.ndarray,
    features: np.ndarray,
    n_objects: np.ndarray,
    n_neighbours: int,
    rng: np.random.Generator,
) -> tuple[Coordinates, np.ndarray, NeighbourProcess]:
    """Fit coordinates, prior mean, length scales and noise.

    The prior mean is a penalised multinomial logistic regression. Length
    scales, one a coordinate, and noise have the least cross-entropy of
    leave-one-out predictions, which is differentiable through the Cholesky
    decompositions of the neighbourhoods.

    Parameters
    ----------
    embedding : `numpy.ndarray`, (n, n_embedding)
    features : `numpy.ndarray`, (n, n_features)
        `~meas_blends.blends.network.features.footprint_features`.
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
    coordinates = Coordinates(
        centre.astype(np.float32), axes.astype(np.float32), np.zeros((0, 4), np.float32)
    )
    points = coordinates(embedding, features)
    weights = _fit_prior(coordinates.terms(points, features), number)
    coordinates = Coordinates(coordinates.centre, coordinates.axes, weights)
    prior = coordinates.prior_mean(points, features).astype(np.float32)
    values = np.eye(4, dtype=np.float32)[number] - prior
    scales, noise = _fit_scales(points, values, prior, number, n_neighbours, rng)
    process = NeighbourProcess(points * scales, values, noise, n_neighbours)
    return coordinates, scales, process


def _fit_prior(terms: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Weights of a multinomial logistic regression, float32 (n_terms, 4)."""
    inputs = torch.from_numpy(terms).double()
    truth = torch.from_numpy(number)
    weights = torch.zeros(inputs.shape[1], 4, dtype=torch.double, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = functional.cross_entropy(inputs @ weights, truth)
        loss = loss + _PENALTY * weights.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return weights.detach().numpy().astype(np.float32)


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
    log_noise = torch.zeros((), requires_grad=True)
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
