"""One galaxy, three hypotheses: a bulge and a disk, a disk alone, a bulge alone."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch

from ..posterior import Posterior
from .fit import Fit, Problem, fit
from .mixture import N_KNOTS, laplace, log_priors, mix
from .priors import BULGE_AXIS_RATIO, BULGE_RADIUS, DISK_AXIS_RATIO, DISK_RADIUS, SHARE
from .settings import RefinementSettings
from .start import starts_by_radii

__all__ = ["Found", "fit_hypotheses"]

#: Fits that are poor, in standard deviations of chi^2, are begun again with a bulge and a
#: disk of unequal axis ratios, given as unit normals of their priors.
_POOR, _UNEQUAL = 5.0, ((-1.0, 1.0), (1.0, -1.0))


@dataclass(frozen=True)
class Found:
    """What fits of ``n`` stamps have found.

    Parameters
    ----------
    posterior : `~meas_blends.morphology.posterior.Posterior`
    quantiles : `numpy.ndarray`, (n, 3, 61)
        Its at more levels.
    fitted : `numpy.ndarray` of `bool`, (n,)
        Where False, the posterior says nothing.
    z : `torch.Tensor` of float64, (n, 14)
        Unit normals of the most probable fit.
    share : `torch.Tensor` of float64, (n,)
        B/T where that had it fixed, else NaN.
    """

    posterior: Posterior
    quantiles: np.ndarray
    fitted: np.ndarray
    z: torch.Tensor
    share: torch.Tensor


def fit_hypotheses(
    problem: Problem, rough: torch.Tensor, start: Posterior, settings: RefinementSettings
) -> Found:
    """Fit a bulge and a disk, a disk alone and a bulge alone, and mix what is found.

    Parameters
    ----------
    problem : `~meas_blends.morphology.refinement.fit.Problem`
        ``n`` stamps.
    rough : `torch.Tensor` of float64, (n, 14)
        Unit normals of `~meas_blends.morphology.refinement.start.rough_start`.
    start : `~meas_blends.morphology.posterior.Posterior`
        What is known if the fits have missed the galaxy.
    settings : `~meas_blends.morphology.refinement.settings.RefinementSettings`

    Returns
    -------
    found : `Found`
    """
    prior, everything = problem.prior, torch.arange(len(rough), device=rough.device)
    free = torch.full_like(problem.log_flux, torch.nan)
    log_prior = log_priors(prior.single_share)
    both, best = _fit_both(problem, rough, everything, settings.steps)
    fits = [(found, free, everything, log_prior[0]) for found in both]
    for ratios in _UNEQUAL:
        poor = torch.nonzero(_misfit(problem, best) > _POOR)[:, 0]
        if len(poor) == 0:
            break
        other = rough[poor]
        other[:, [BULGE_AXIS_RATIO, DISK_AXIS_RATIO]] = other.new_tensor(ratios)
        again, better = _fit_both(problem, other, poor, settings.steps, best.select(poor))
        fits += [(found, free[poor], poor, log_prior[0]) for found in again]
        best = best.replaced(poor, better)
    if prior.single_share > 0:
        for share, log_share in ((0.0, log_prior[1]), (1.0, log_prior[2])):
            rows = _within_reach(problem, best, share, settings.reach)
            if len(rows) == 0:
                continue
            fixed = torch.full_like(free[rows], share)
            start_z = _alone(best.z[rows], share)
            fits.append(
                (fit(problem, start_z, fixed, settings.steps, rows), fixed, rows, log_share)
            )
    # A fit that is the best of all and goes on says that the others are not it.
    pending = torch.where(best.converged, -torch.inf, best.log_evidence + log_prior[0])
    return _mixed(problem, fits, pending.cpu().numpy(), start, settings.missed)


def _mixed(
    problem: Problem,
    fits: list[tuple[Fit, torch.Tensor, torch.Tensor, float]],
    pending: np.ndarray,
    start: Posterior,
    missed: float,
) -> Found:
    """Posteriors from all fits that have converged.

    A fit comes with B/T where it was fixed, its stamps, and ln of its prior;
    its evidence must be above what is ``pending``.
    Fits of a bulge and a disk that did not end at the same place are several
    maxima of one posterior, which adds them up.
    """
    n = len(problem.log_flux)
    evidence = np.full((len(fits), n), -np.inf)
    lines, correlation = np.zeros((len(fits), n, 3, N_KNOTS)), np.zeros((len(fits), n, 3, 3))
    z, share_of = fits[0][0].z.clone(), fits[0][1].clone()
    highest = np.full(n, -np.inf)
    for i, (found, share, rows, prior) in enumerate(fits):
        took = torch.nonzero(found.converged)[:, 0]
        if len(took) == 0:
            continue
        here = rows[took].cpu().numpy()
        done = found.select(took)
        evidence[i, here] = done.log_evidence.cpu().numpy() + prior
        lines[i, here], correlation[i, here] = laplace(problem, done, share[took], rows[took])
        best = torch.from_numpy(evidence[i, here] > highest[here]).to(took.device)
        z[rows[took[best]]], share_of[rows[took[best]]] = done.z[best], share[took[best]]
        highest[here] = np.maximum(highest[here], evidence[i, here])
    converged = evidence.max(axis=0) > pending
    evidence[0, ~converged] = 0.0
    weights = np.exp(evidence - evidence.max(axis=0))
    mixed, quantiles = mix(lines, correlation, weights / weights.sum(axis=0), start, missed)
    return Found(mixed, quantiles, converged, z, share_of)


def _fit_both(
    problem: Problem,
    rough: torch.Tensor,
    rows: torch.Tensor,
    steps: int,
    best: Fit | None = None,
) -> tuple[list[Fit], Fit]:
    """Fit bulge and disk to some stamps from two starts: the fits, and the best of all."""
    free = torch.full_like(problem.log_flux[rows], torch.nan)
    fits = []
    for start in starts_by_radii(problem, rough, rows):
        fits.append(fit(problem, start, free, steps, rows, best))
        best = fits[-1] if best is None else _better(best, fits[-1])
    return fits, best


def _misfit(problem: Problem, found: Fit) -> torch.Tensor:
    """How far chi^2 lies above what it should be, in its standard deviations, (n,)."""
    chi2 = 2 * found.cost - (found.z**2).sum(dim=1)
    pixels = (problem.root_weights > 0).sum(dim=(1, 2))
    return (chi2 - pixels) / torch.sqrt(2.0 * pixels)


def _better(one: Fit, other: Fit) -> Fit:
    """The fit of each stamp that has the lower cost; nearly so, one that has converged."""
    margin = one.converged.double() - other.converged.double()
    better = other.cost < one.cost - margin
    return Fit(
        *(
            torch.where(better.view(-1, *[1] * (a.dim() - 1)), b, a)
            for a, b in (
                (getattr(one, field.name), getattr(other, field.name))
                for field in dataclasses.fields(Fit)
            )
        )
    )


def _within_reach(problem: Problem, found: Fit, share: float, reach: float) -> torch.Tensor:
    """Rows of galaxies that may be one component alone."""
    free = torch.full_like(found.cost, torch.nan)
    everything = torch.arange(len(found.cost), device=found.cost.device)
    galaxies = problem.unfold(everything, found.z, free)
    sigma = torch.sqrt(torch.linalg.inv(found.curvature)[:, SHARE, SHARE])
    off = (galaxies.values[:, SHARE] - share).abs()
    return torch.nonzero(off < reach * sigma * galaxies.slopes[:, SHARE] + 0.05)[:, 0]


def _alone(z: torch.Tensor, share: float) -> torch.Tensor:
    """Start of one component: what belongs to the other goes back to its prior."""
    z = z.clone()
    other = range(BULGE_RADIUS, DISK_RADIUS) if share == 0 else range(DISK_RADIUS, DISK_RADIUS + 3)
    for place in (SHARE, *other):
        z[:, place] = 0.0
    return z
