"""Where fits start: the network's answer, the shape of the light, and a grid of radii."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from ..posterior import Posterior
from .fit import Problem
from .priors import (
    BULGE_AXIS_RATIO,
    BULGE_RADIUS,
    DISK_AXIS_RATIO,
    DISK_RADIUS,
    DX,
    DY,
    LOG_FLUX,
    N_PARAMETERS,
    SHARE,
    GalaxyPrior,
)

__all__ = ["Start", "rough_start", "starts_by_radii"]

#: Width of the window on the light over the galaxy's radius and PSF, in quadrature.
_WINDOW = 1.2

#: A centroid in that window is drawn to its middle by about this factor.
_CENTROID = 1.7

#: ln flux [sky noise] that no fit starts below.
_FAINTEST = 1.0

#: Radii of each component that are tried, and where in the range of ln radius they lie.
_RADII, _ENDS = 7, (0.03, 0.97)


@dataclass(frozen=True)
class Start:
    """Starts of ``n`` fits.

    Parameters
    ----------
    z : `torch.Tensor` of float64, (n, 14)
        Unit normals of `GalaxyPrior`.
    log_flux, angle : `torch.Tensor` of float64, (n,)
        Where the priors of flux and angle are centred.
    """

    z: torch.Tensor
    log_flux: torch.Tensor
    angle: torch.Tensor


def rough_start(
    images: torch.Tensor, start: Posterior, psf_width: torch.Tensor, prior: GalaxyPrior
) -> Start:
    """Start with bulge and disk of one radius, the network's, and of the light's shape.

    Parameters
    ----------
    images : `torch.Tensor`, (n, size, size)
        Zero where not usable.
    start : `~meas_blends.morphology.posterior.Posterior`
        The network's, radius in pixels, flux in sky noise.
    psf_width : `torch.Tensor`, (n,)
        [pixel]; roughly.
    prior : `~meas_blends.morphology.refinement.priors.GalaxyPrior`

    Returns
    -------
    start : `Start`
    """
    median = torch.from_numpy(np.ascontiguousarray(start.quantiles[:, :, 3])).to(images.device)
    radius = torch.exp(median[:, 1]).clamp(*prior.radius)
    dx, dy, angle, axis_ratio = _shape(images, torch.sqrt(radius**2 + psf_width.double() ** 2))
    values = torch.zeros((len(images), N_PARAMETERS), dtype=torch.float64, device=images.device)
    values[:, SHARE] = torch.sigmoid(median[:, 0])
    for place in (BULGE_RADIUS, DISK_RADIUS):
        values[:, place] = torch.log(radius)
    for place in (BULGE_AXIS_RATIO, DISK_AXIS_RATIO):
        values[:, place] = axis_ratio
    values[:, DX], values[:, DY] = dx, dy
    return Start(prior.fold(values), median[:, 2].clamp_min(_FAINTEST), angle)


def starts_by_radii(
    problem: Problem, rough: torch.Tensor, rows: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Start with the radii that fit best, of a smaller and of a larger bulge.

    Bulges and disks of several radii and the rough start's shapes are drawn,
    and the fluxes of each pair solved for. A bulge within its disk and a disk
    within its bulge are often both maxima of the posterior, and far apart.

    Parameters
    ----------
    problem : `~meas_blends.morphology.refinement.fit.Problem`
    rough : `torch.Tensor` of float64, (m, 14)
        Unit normals.
    rows : `torch.Tensor` of int64, (m,)
        Which stamps.

    Returns
    -------
    first, second : `torch.Tensor` of float64, (m, 14)
        Unit normals; the first fits better. Those of the rough start, where no
        flux above zero fits.
    """
    cost, bulge, disk, log_radii = _pairs(problem, rough, rows)
    smaller = torch.ones(_RADII, _RADII, dtype=torch.bool, device=rough.device).triu()
    ends, costs = [], []
    for among in (smaller, ~smaller):
        best = torch.where(among, cost, torch.inf).flatten(1).min(dim=1)
        fluxes = (part.flatten(1).gather(1, best.indices[:, None])[:, 0] for part in (bulge, disk))
        ends.append(_start_at(problem, rough, rows, *fluxes, log_radii, best.indices))
        costs.append(best.values)
    swap = (costs[1] < costs[0])[:, None]
    return torch.where(swap, ends[1], ends[0]), torch.where(swap, ends[0], ends[1])


def _pairs(
    problem: Problem, rough: torch.Tensor, rows: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Half chi^2 and fluxes of bulge and disk, (m, bulges, disks), and ln radii, (radii,)."""
    prior = problem.prior
    low, high = (math.log(end) for end in prior.radius)
    log_radii = low + (high - low) * torch.linspace(*_ENDS, _RADII, dtype=torch.float64)
    free = torch.full_like(problem.log_flux[rows], torch.nan)
    model = problem.unfold(rows, rough, free).model.to(problem.data.device)
    radii = torch.exp(log_radii)
    squares, products = [], []
    for part in problem.parts(len(rows)):
        here, galaxies = rows[part], model.select(part)
        derivatives, centre = problem.derivatives.select(here), (galaxies.dx, galaxies.dy)
        bulges = derivatives.components(
            radii, sum(prior.bulge_n) / 2, galaxies.bulge_axis_ratio, galaxies.bulge_angle, *centre
        )
        disks = derivatives.components(
            radii, sum(prior.disk_n) / 2, galaxies.disk_axis_ratio, galaxies.disk_angle, *centre
        )
        images = torch.cat([bulges, disks], dim=1)
        images = images.mul_(problem.root_weights[here, None]).flatten(2)
        squares.append(images @ images.mT)
        products.append((images @ problem.data[here].flatten(1)[:, :, None])[:, :, 0])
    square, product = torch.cat(squares).double(), torch.cat(products).double()
    power = torch.diagonal(square, dim1=1, dim2=2)
    bb, dd, bd = power[:, :_RADII, None], power[:, None, _RADII:], square[:, :_RADII, _RADII:]
    by_bulge, by_disk = product[:, :_RADII, None], product[:, None, _RADII:]
    # Of one radius they look much alike.
    determinant = (bb * dd - bd**2).clamp_min(1e-6 * bb * dd)
    bulge = (by_bulge * dd - by_disk * bd) / determinant
    disk = (by_disk * bb - by_bulge * bd) / determinant
    alone = bulge < 0, disk < 0
    bulge = torch.where(alone[0], 0.0, torch.where(alone[1], by_bulge / bb, bulge)).clamp_min(0.0)
    disk = torch.where(alone[1], 0.0, torch.where(alone[0], by_disk / dd, disk)).clamp_min(0.0)
    explained = by_bulge * bulge + by_disk * disk
    cost = 0.5 * (bulge**2 * bb + disk**2 * dd) + bulge * disk * bd - explained
    return cost, bulge, disk, log_radii.to(rough.device)


def _start_at(
    problem: Problem,
    rough: torch.Tensor,
    rows: torch.Tensor,
    bulge: torch.Tensor,
    disk: torch.Tensor,
    log_radii: torch.Tensor,
    pair: torch.Tensor,
) -> torch.Tensor:
    """Unit normals of the rough start's shape with other fluxes and radii, (m, 14)."""
    flux = bulge + disk
    values = torch.zeros_like(rough)
    values[:, SHARE] = bulge / flux
    values[:, BULGE_RADIUS] = log_radii[pair // _RADII]
    values[:, DISK_RADIUS] = log_radii[pair % _RADII]
    folded, z = problem.prior.fold(values), rough.clone()
    for place in (SHARE, BULGE_RADIUS, DISK_RADIUS):
        z[:, place] = folded[:, place]
    log_flux = torch.log(flux).clamp_min(_FAINTEST)
    z[:, LOG_FLUX] = problem.prior.fold_flux(log_flux, problem.log_flux[rows])
    return torch.where((flux > 0)[:, None], z, rough)


def _shape(
    images: torch.Tensor, width: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Centre [pixel], angle [rad] and axis ratio from moments in a round window, (n,) each."""
    size = images.shape[-1]
    position = torch.arange(size, device=images.device, dtype=torch.float64) - size // 2
    x, y = position[None, :], position[:, None]
    window = torch.exp(-0.5 * (x**2 + y**2) / (_WINDOW * width[:, None, None]) ** 2)
    light = images.double() * window
    total = light.sum(dim=(1, 2)).clamp_min(1e-6)
    dx, dy = (
        (_CENTROID * (light * along).sum(dim=(1, 2)) / total).clamp(-1.0, 1.0) for along in (x, y)
    )
    xx, yy = (light * x**2).sum(dim=(1, 2)), (light * y**2).sum(dim=(1, 2))
    xy = (light * x * y).sum(dim=(1, 2))
    angle = 0.5 * torch.atan2(2 * xy, xx - yy)
    # The window and the PSF make rounder by about this factor.
    elongation = 2.0 * torch.hypot(xx - yy, 2 * xy) / (xx + yy).abs().clamp_min(1e-6)
    return dx, dy, angle, (1 - elongation.clamp(0.0, 0.8)) / (1 + elongation.clamp(0.0, 0.8))
