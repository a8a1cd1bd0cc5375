"""Fit galaxies to stamps: Levenberg and Marquardt's steps, many galaxies at once."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch

from .derivatives import Derivatives
from .noise import pixel_weights, whitening
from .priors import N_PARAMETERS, PSF_WIDTH, SKY, GalaxyPrior, Unfolded

__all__ = ["Fit", "Problem", "fit"]

#: Galaxies drawn at once: a processor's cache holds the arrays of a few.
_CPU_CHUNK, _GPU_CHUNK = 16, 1024

#: Damping at the start and at least; what it is multiplied by after a step that
#: failed, that gained less than a quarter or more than three quarters of what it should.
_DAMPING, _LEAST = 1e-2, 1e-4
_FAILED, _POOR, _GOOD = 5.0, 2.0, 0.2

#: Longest step of a parameter that has a range, in units of its prior's scatter.
_LONGEST = 1.0

#: A second fit is given up when it comes within so many standard deviations of the first, or,
#: after so many steps, expects to end with a ln of the posterior this much lower.
_NEAR, _PATIENCE, _HOPELESS = 3.0, 3, 4.0

#: A fit has converged when the next step would gain less than this in ln of the posterior.
_GAIN = 0.1


@dataclass(frozen=True)
class Problem:
    """Stamps made ready to be fitted.

    Parameters
    ----------
    data : `torch.Tensor`, (n, size, size)
        Whitened, and multiplied by the roots of the weights.
    root_weights : `torch.Tensor`, (n, size, size)
    whiten : `torch.Tensor`, (n, size, size)
        Of `~meas_blends.morphology.refinement.noise.whitening`.
    derivatives : `~meas_blends.morphology.refinement.derivatives.Derivatives`
    prior : `~meas_blends.morphology.refinement.priors.GalaxyPrior`
    log_flux, angle : `torch.Tensor` of float64, (n,)
        Where the priors of flux and angle are centred.
    """

    data: torch.Tensor
    root_weights: torch.Tensor
    whiten: torch.Tensor
    derivatives: Derivatives
    prior: GalaxyPrior
    log_flux: torch.Tensor
    angle: torch.Tensor

    def unfold(self, rows: torch.Tensor, z: torch.Tensor, share: torch.Tensor) -> Unfolded:
        """See `GalaxyPrior.unfold`."""
        return self.prior.unfold(z, self.log_flux[rows], self.angle[rows], share)

    def parts(self, m: int) -> tuple[torch.Tensor, ...]:
        """Split m galaxies into those that are drawn at once."""
        device = self.data.device
        chunk = _CPU_CHUNK if device.type == "cpu" else _GPU_CHUNK
        return torch.arange(m, device=device).split(chunk)

    def evaluate(
        self, rows: torch.Tensor, z: torch.Tensor, share: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Cost, its downhill slope and its curvature.

        Parameters
        ----------
        rows : `torch.Tensor` of int64, (m,)
            Which stamps.
        z : `torch.Tensor` of float64, (m, 14)
        share : `torch.Tensor` of float64, (m,)
            B/T where it is fixed, the same for all, else NaN.

        Returns
        -------
        cost : `torch.Tensor`, (m,)
            Minus ln of the posterior, up to a constant.
        downhill : `torch.Tensor`, (m, 14)
        curvature : `torch.Tensor`, (m, 14, 14)
            By the first derivatives alone (Gauss and Newton's).
        """
        parts = [self._evaluate(rows[part], z[part], share[part]) for part in self.parts(len(rows))]
        return tuple(torch.cat(column) for column in zip(*parts, strict=True))

    def _evaluate(
        self, rows: torch.Tensor, z: torch.Tensor, share: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        galaxies = self.unfold(rows, z, share)
        single = None if bool(torch.isnan(share[0])) else float(share[0])
        raw = self.derivatives.select(rows)(galaxies.model.to(self.data.device), single)
        raw = raw.mul_(self.root_weights[rows, None]).flatten(2)
        # What the residuals are of raw images; flux and sky scale them.
        made = torch.zeros((len(rows), N_PARAMETERS), dtype=torch.float64, device=z.device)
        made[:, 0] = galaxies.flux
        made[:, PSF_WIDTH] = galaxies.flux * galaxies.values[:, PSF_WIDTH]
        made[:, SKY] = galaxies.values[:, SKY]
        residual = self.data[rows].flatten(1) - (made.float()[:, None] @ raw)[:, 0]
        gram = (raw @ raw.mT).double()
        slope = (raw @ residual[:, :, None]).double()
        weights = galaxies.raw_weights()
        cost = 0.5 * (residual**2).sum(dim=1).double() + 0.5 * (z**2).sum(dim=1)
        downhill = (weights @ slope)[:, :, 0] - z
        unit = torch.eye(N_PARAMETERS, dtype=torch.float64, device=z.device)
        return cost, downhill, weights @ gram @ weights.mT + unit


def make_problem(
    images: torch.Tensor,
    usable: torch.Tensor,
    light: torch.Tensor,
    noise_correlation: torch.Tensor,
    sky_electrons: torch.Tensor,
    psf: object,
    prior: GalaxyPrior,
    log_flux: torch.Tensor,
    angle: torch.Tensor,
) -> Problem:
    """Whiten stamps, so that they can be fitted.

    Parameters
    ----------
    images, usable : `torch.Tensor`, (n, size, size)
        [sky noise], and which pixels count.
    light : `torch.Tensor`, (n, size, size)
        Of the galaxy as far as it is known [sky noise]: for its Poisson
        noise, and in place of pixels that are not usable, for those that
        whitening mixes with them.
    noise_correlation, sky_electrons : `torch.Tensor`, (n,)
        See `~meas_blends.morphology.refinement.noise`.
    psf : `~meas_blends.morphology.rendering.psf.PsfTransform`
    prior : `~meas_blends.morphology.refinement.priors.GalaxyPrior`
    log_flux, angle : `torch.Tensor` of float64, (n,)
        Where the priors of flux and angle are centred.

    Returns
    -------
    problem : `Problem`
    """
    whiten = whitening(noise_correlation, images.shape[-1])
    roots = torch.sqrt(pixel_weights(usable, light, sky_electrons)).float()
    data = whiten @ torch.where(usable, images, light) @ whiten.mT
    return Problem(
        (data * roots).float(), roots, whiten, Derivatives(psf, whiten), prior, log_flux, angle
    )


@dataclass(frozen=True)
class Fit:
    """Best fits.

    Parameters
    ----------
    z : `torch.Tensor` of float64, (n, 14)
        Unit normals of `GalaxyPrior`.
    cost : `torch.Tensor`, (n,)
        Minus ln of the posterior.
    curvature : `torch.Tensor`, (n, 14, 14)
        Inverse of the covariance.
    converged : `torch.Tensor` of `bool`, (n,)
    """

    z: torch.Tensor
    cost: torch.Tensor
    curvature: torch.Tensor
    converged: torch.Tensor

    def select(self, rows: torch.Tensor) -> Fit:
        """Return those of some stamps."""
        return Fit(self.z[rows], self.cost[rows], self.curvature[rows], self.converged[rows])

    def replaced(self, rows: torch.Tensor, part: Fit) -> Fit:
        """Return fits with those of some stamps replaced."""
        return Fit(
            *(
                getattr(self, field.name).index_copy(0, rows, getattr(part, field.name))
                for field in dataclasses.fields(self)
            )
        )

    @property
    def log_evidence(self) -> torch.Tensor:
        """By Laplace's approximation; comparable between fits of one stamp."""
        return -self.cost - 0.5 * torch.logdet(self.curvature)


def fit(
    problem: Problem,
    z: torch.Tensor,
    share: torch.Tensor,
    steps: int,
    rows: torch.Tensor,
    first: Fit | None = None,
) -> Fit:
    """Fit some of the stamps.

    Parameters
    ----------
    problem : `Problem`
    z : `torch.Tensor` of float64, (m, 14)
        Where to start.
    share : `torch.Tensor` of float64, (m,)
        B/T where it is fixed, else NaN.
    steps : `int`
        At most.
    rows : `torch.Tensor` of int64, (m,)
        Which stamps.
    first : `Fit`, optional
        Of the same stamps. Fits that come to the same, or to less, are given
        up, and do not count as converged.

    Returns
    -------
    fit : `Fit`
        Of m stamps.
    """
    z = z.clone()
    boxed = problem.prior.boxed(z)
    damping = torch.full_like(share, _DAMPING)
    converged = torch.zeros_like(share, dtype=torch.bool)
    cost, downhill, curvature = problem.evaluate(rows, z, share)
    active = torch.arange(len(rows), device=z.device)
    for count in range(steps):
        if first is not None:
            active = active[_worthwhile(first, active, z, cost, downhill, curvature, count)]
            if len(active) == 0:
                break
        # A range's map to the normal bends, by -z of its slope: without that, steps
        # near the ends of a range swing from side to side.
        bend = (z * (downhill + z) * boxed).clamp_min(0.0)[active]
        bent = curvature[active] + torch.diag_embed(bend)
        step = _solve(bent, downhill[active])
        gain = 0.5 * (step * downhill[active]).sum(dim=1)
        done = gain < _GAIN
        # So near, the step need not be looked at.
        z[active[done]] += step[done]
        converged[active[done]] = True
        active, bent = active[~done], bent[~done]
        if len(active) == 0:
            break
        slope = downhill[active]
        damped = torch.diagonal(bent, dim1=1, dim2=2) * damping[active, None]
        step = _solve(bent + torch.diag_embed(damped), slope)
        longest = (step.abs() * boxed).amax(dim=1, keepdim=True)
        step = step * (_LONGEST / longest.clamp_min(_LONGEST))
        promised = (step * slope).sum(dim=1) - 0.5 * (step[:, None] @ bent @ step[:, :, None])[
            :, 0, 0
        ]
        new = problem.evaluate(rows[active], z[active] + step, share[active])
        kept = (cost[active] - new[0]) / promised
        better = kept > 0
        won = active[better]
        z[won] += step[better]
        cost[won], downhill[won], curvature[won] = (column[better] for column in new)
        factor = torch.where(kept > 0.75, _GOOD, torch.where(kept < 0.25, _POOR, 1.0))
        damping[active] *= torch.where(better, factor, _FAILED)
        damping.clamp_min_(_LEAST)
    return Fit(z, cost, curvature, converged)


def _worthwhile(
    first: Fit,
    active: torch.Tensor,
    z: torch.Tensor,
    cost: torch.Tensor,
    downhill: torch.Tensor,
    curvature: torch.Tensor,
    count: int,
) -> torch.Tensor:
    """Which of the active fits are neither at the first fit's end nor hopeless."""
    off = z[active] - first.z[active]
    distance = (off[:, None] @ first.curvature[active] @ off[:, :, None])[:, 0, 0]
    apart = (distance > _NEAR**2) | ~first.converged[active]
    if count < _PATIENCE:
        return apart
    gain = 0.5 * (_solve(curvature[active], downhill[active]) * downhill[active]).sum(dim=1)
    return apart & (cost[active] - gain < first.cost[active] + _HOPELESS)


def _solve(matrix: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    return torch.linalg.solve(matrix, vector[:, :, None])[:, :, 0]
