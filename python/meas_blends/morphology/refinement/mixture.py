"""Posteriors of B/T, radius and flux from fits of one and two components."""

from __future__ import annotations

import functools

import numpy as np
import torch
from scipy.special import logit, ndtr, ndtri
from scipy.stats import qmc

from ..galaxies import half_light_radius
from ..posterior import BULGE_LIMIT, NORMAL_QUANTILES, Posterior
from .fit import Fit, Problem
from .priors import BULGE_N, BULGE_RADIUS, DISK_N, DISK_RADIUS, LOG_FLUX, SHARE

__all__ = ["N_KNOTS", "N_LEVELS", "laplace", "log_priors", "mix"]

#: Where a target's distribution is known, and where it is read, in standard deviations.
_KNOTS = np.arange(-5.0, 6.0)
N_KNOTS = len(_KNOTS)
_FINE = np.linspace(-5.0, 5.0, 201)

#: Levels of the quantiles, of which one in so many is a `Posterior`'s.
_PER_LEVEL = 10
N_LEVELS = (len(NORMAL_QUANTILES) - 1) * _PER_LEVEL + 1

#: Knots that the draws reach; beyond, the distribution goes on as steeply as it ends.
_REACHED = (np.abs(_KNOTS) <= 2).nonzero()[0]

#: Parameters that the targets depend on, and draws of them.
_DRAWN = [LOG_FLUX, SHARE, BULGE_RADIUS, BULGE_N, DISK_RADIUS, DISK_N]
_DRAWS = 128


@functools.cache
def _draws() -> torch.Tensor:
    """Evenly spread draws of a unit normal, (draws, 6)."""
    unit = qmc.Sobol(len(_DRAWN), rng=1).random(_DRAWS)
    return torch.from_numpy(ndtri(np.clip(unit, 1e-4, 1 - 1e-4)))


def laplace(
    problem: Problem, fit: Fit, share: torch.Tensor, rows: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Distributions of the targets, and their correlations, by Laplace's approximation.

    The unit normals of a fit are Gaussian about it. B/T and flux follow
    from one each; the radius of the whole bends with five, and is drawn.

    Parameters
    ----------
    problem : `~meas_blends.morphology.refinement.fit.Problem`
    fit : `~meas_blends.morphology.refinement.fit.Fit`
    share : `torch.Tensor`, (m,)
        B/T where it was fixed, else NaN.
    rows : `torch.Tensor` of int64, (m,)
        Stamps of the fits.

    Returns
    -------
    lines : `numpy.ndarray`, (m, 3, 11)
        Transformed targets at ``_KNOTS`` standard deviations, ascending.
    correlation : `numpy.ndarray`, (m, 3, 3)
    """
    covariance = torch.linalg.inv(fit.curvature)[:, _DRAWN][:, :, _DRAWN]
    root = torch.linalg.cholesky(covariance)
    draws = _draws().to(fit.z)
    z = fit.z[:, None].repeat(1, _DRAWS, 1)
    z[:, :, _DRAWN] += draws @ root.mT
    targets = _targets(problem, z, share, rows)
    knots = torch.from_numpy(_KNOTS).to(fit.z)
    along = fit.z[:, None].repeat(1, len(_KNOTS), 1)
    for i in (0, 1):
        along[:, :, _DRAWN[i]] += torch.sqrt(covariance[:, i, i])[:, None] * knots
    lines = np.moveaxis(_targets(problem, along, share, rows, radius=False), 2, 1)
    levels = ndtr(_KNOTS[_REACHED])
    middle = np.quantile(targets[:, :, 1], levels, axis=1).T
    low, high = middle[:, 1] - middle[:, 0], middle[:, -1] - middle[:, -2]
    lines[:, 1, _REACHED] = middle
    for step in range(1, _REACHED[0] + 1):
        lines[:, 1, _REACHED[0] - step] = middle[:, 0] - step * low
        lines[:, 1, _REACHED[-1] + step] = middle[:, -1] + step * high
    off = targets - targets.mean(axis=1, keepdims=True)
    off /= np.sqrt((off**2).mean(axis=1, keepdims=True)) + 1e-9
    return lines, np.einsum("nsi,nsj->nij", off, off) / _DRAWS


def mix(
    lines: np.ndarray,
    correlation: np.ndarray,
    weights: np.ndarray,
    start: Posterior | None = None,
    missed: float = 0.0,
) -> tuple[Posterior, np.ndarray]:
    """Mix the posteriors of several hypotheses.

    Parameters
    ----------
    lines : `numpy.ndarray`, (hypotheses, n, 3, 11)
    correlation : `numpy.ndarray`, (hypotheses, n, 3, 3)
        Of `laplace`.
    weights : `numpy.ndarray`, (hypotheses, n)
        Probabilities, adding up to 1.
    start : `~meas_blends.morphology.posterior.Posterior`, optional
        What is known if all hypotheses are wrong.
    missed : `float`, optional
        Probability of that.

    Returns
    -------
    posterior : `~meas_blends.morphology.posterior.Posterior`
        The start, which would widen a Gaussian by far more than it is
        probable, is in its quantiles alone.
    quantiles : `numpy.ndarray`, (n, 3, 61)
        The same at more levels, see
        `~meas_blends.morphology.calibration.Calibration.learn`.
    """
    density = np.exp(-0.5 * _FINE**2)
    density /= density.sum()
    fine = _at(lines, _KNOTS)
    mean = fine @ density
    sigma = np.sqrt(((fine - mean[..., None]) ** 2) @ density)
    middle = (weights[..., None] * mean).sum(axis=0)
    off = mean - middle
    within = correlation * sigma[..., :, None] * sigma[..., None, :]
    # A B/T that is known to be 0 or 1 has no scatter; a covariance must have some.
    places = np.arange(3)
    within[..., places, places] = np.maximum(sigma**2, 1e-8)
    between = off[..., :, None] * off[..., None, :]
    covariance = (weights[..., None, None] * (within + between)).sum(axis=0)
    # All points of all hypotheses in order, and the mass below each.
    if start is not None:
        fine = np.concatenate([fine, _at(start.quantiles, NORMAL_QUANTILES)[None]])
        weights = np.concatenate([(1 - missed) * weights, np.full((1, weights.shape[1]), missed)])
    points = np.concatenate(list(fine), axis=-1)
    mass = np.concatenate([w[:, None, None] * density for w in weights], axis=-1)
    mass = np.broadcast_to(mass, points.shape)
    order = np.argsort(points, axis=-1)
    points = np.take_along_axis(points, order, axis=-1)
    mass = np.take_along_axis(mass, order, axis=-1)
    below = np.cumsum(mass, axis=-1) - 0.5 * mass
    quantiles = np.empty((*middle.shape, N_LEVELS))
    levels = ndtr(np.linspace(NORMAL_QUANTILES[0], NORMAL_QUANTILES[-1], N_LEVELS))
    for place in np.ndindex(middle.shape):
        quantiles[place] = np.interp(levels, below[place], points[place])
    return Posterior(middle, covariance, quantiles[:, :, ::_PER_LEVEL].copy()), quantiles


def _at(lines: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Distributions known at whole standard deviations (..., knots), at ``_FINE``."""
    low = np.floor(_FINE - knots[0]).astype(int).clip(0, len(knots) - 2)
    part = _FINE - knots[low]
    return (1 - part) * lines[..., low] + part * lines[..., low + 1]


def log_priors(single_share: float) -> np.ndarray:
    """Of two components, a disk alone and a bulge alone, (3,)."""
    with np.errstate(divide="ignore"):
        return np.log([1 - single_share, 0.5 * single_share, 0.5 * single_share])


def _targets(
    problem: Problem,
    z: torch.Tensor,
    share: torch.Tensor,
    rows: torch.Tensor,
    radius: bool = True,
) -> np.ndarray:
    """Transformed targets (m, points, 3) of unit normals (m, points, 14)."""
    m, points = z.shape[:2]
    galaxies = problem.unfold(
        rows.repeat_interleave(points), z.flatten(0, 1), share.repeat_interleave(points)
    )
    v = galaxies.values.cpu().numpy()
    bulge, disk = np.exp(v[:, BULGE_RADIUS]), np.exp(v[:, DISK_RADIUS])
    whole = np.ones(len(v))
    if radius:
        both = (v[:, SHARE] > 0) & (v[:, SHARE] < 1)
        whole = np.where(v[:, SHARE] == 0, disk, bulge)
        whole[both] = half_light_radius(
            *(column[both] for column in (v[:, SHARE], bulge, v[:, BULGE_N], disk, v[:, DISK_N]))
        )
    clipped = np.clip(v[:, SHARE], BULGE_LIMIT, 1 - BULGE_LIMIT)
    found = np.stack([logit(clipped), np.log(whole), v[:, LOG_FLUX]], axis=1)
    return found.reshape(m, points, 3)
