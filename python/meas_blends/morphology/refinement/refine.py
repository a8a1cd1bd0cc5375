"""Refine the network's posteriors by fits of galaxies to the pixels."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from ...data.morphology_tables import MORPHOLOGY
from ..calibration import WholeCalibration
from ..posterior import Posterior
from ..rendering.psf import PsfTransform
from ..rendering.renderer import GalaxyRenderer
from .fit import Fit, Problem, fit, make_problem
from .mixture import N_KNOTS, laplace, log_priors, mix
from .priors import BULGE_RADIUS, DISK_RADIUS, SHARE, GalaxyPrior
from .start import first_start, second_start

if TYPE_CHECKING:
    from ..stamps import Stamps

__all__ = ["Refined", "RefinementSettings", "refine", "refine_stamps"]


@dataclass(frozen=True)
class RefinementSettings:
    """How galaxies are refined.

    Parameters
    ----------
    prior : `~meas_blends.morphology.refinement.priors.GalaxyPrior`
    steps : `int`
        At most, of one fit.
    batch_size : `int`
        Galaxies that are fitted side by side.
    reach : `float`
        One component alone is tried where B/T is 0 or 1 within so many
        standard deviations.
    missed : `float`
        Probability that the fits have missed the galaxy, and the start knows
        more of it: so much of its posterior is in the quantiles.
    sky_electrons : `float`
        Electrons of the sky in a pixel over their own Poisson noise, where
        they are not given: that of a coadd a few times deeper than one
        exposure of LSST.
    """

    prior: GalaxyPrior = dataclasses.field(default_factory=GalaxyPrior)
    steps: int = 25
    batch_size: int = 64
    reach: float = 4.0
    missed: float = 0.02
    sky_electrons: float = 250.0


@dataclass(frozen=True)
class Refined:
    """What `refine` returns.

    Parameters
    ----------
    posterior : `~meas_blends.morphology.posterior.Posterior`
        Of ``n`` galaxies; the start's where the fit did not converge.
    converged : `numpy.ndarray` of `bool`, (n,)
    """

    posterior: Posterior
    converged: np.ndarray

    def recalibrated(
        self, calibration: WholeCalibration, signal_to_noise: np.ndarray, whole: np.ndarray
    ) -> Refined:
        """Recalibrate the posteriors of fits.

        Parameters
        ----------
        calibration : `~meas_blends.morphology.calibration.WholeCalibration`
        signal_to_noise : `numpy.ndarray`, (n,)
            As measured in the aperture.
        whole : `numpy.ndarray` of `bool`, (n,)
            Are all pixels of the stamp usable?
        """
        rows, old = np.flatnonzero(self.converged), self.posterior
        new = calibration.apply(old.select(rows), signal_to_noise[rows], whole[rows])
        parts = {}
        for name in ("mean", "covariance", "quantiles"):
            parts[name] = getattr(old, name).copy()
            parts[name][rows] = getattr(new, name)
        return Refined(Posterior(**parts), self.converged)


def refine(
    images: torch.Tensor,
    usable: torch.Tensor,
    noise_correlation: torch.Tensor,
    psf: PsfTransform,
    start: Posterior,
    settings: RefinementSettings,
    sky_electrons: torch.Tensor | None = None,
) -> Refined:
    """Fit a bulge and a disk, a disk alone and a bulge alone to each stamp.

    The three are weighed by their evidence and their posteriors mixed. The
    start serves as a start only: as a prior it would use the pixels twice.

    Parameters
    ----------
    images : `torch.Tensor`, (n, size, size)
        In units of the sky noise; zero where not usable.
    usable : `torch.Tensor` of `bool`, (n, size, size)
    noise_correlation : `torch.Tensor`, (n,)
        Of pixels side by side.
    psf : `~meas_blends.morphology.rendering.psf.PsfTransform`
        Of the ``n`` stamps.
    start : `~meas_blends.morphology.posterior.Posterior`
        Radius in pixels, flux in units of the sky noise.
    settings : `RefinementSettings`
    sky_electrons : `torch.Tensor`, (n,), optional
        Electrons of the sky over their Poisson noise; the settings' if not
        given.

    Returns
    -------
    refined : `Refined`
    """
    n, device = len(images), images.device
    if sky_electrons is None:
        sky_electrons = torch.full((n,), settings.sky_electrons, device=device)
    mean, covariance = start.mean.copy(), start.covariance.copy()
    quantiles, converged = start.quantiles.copy(), np.zeros(n, bool)
    if n == 0:
        return Refined(start, converged)
    renderer = GalaxyRenderer(images.shape[-1], device)
    # Batches of PSFs alike need the fewest Fourier nodes.
    for rows in torch.argsort(psf.largest).split(settings.batch_size):
        there, here = rows.to(device), rows.cpu().numpy()
        found, done = _refine(
            images[there],
            usable[there],
            noise_correlation[there],
            sky_electrons[there],
            psf.select(rows),
            Posterior(start.mean[here], start.covariance[here], start.quantiles[here]),
            settings,
            renderer,
        )
        converged[here] = done
        took = here[done]
        mean[took], covariance[took] = found.mean[done], found.covariance[done]
        quantiles[took] = found.quantiles[done]
    return Refined(Posterior(mean, covariance, quantiles), converged)


def refine_stamps(
    stamps: Stamps, start: Posterior, settings: RefinementSettings, device: torch.device | str
) -> Refined:
    """Refine stamps of a coadd, see `refine`; those that have ``FAILED`` are left out."""
    rows = np.flatnonzero(stamps.flags & MORPHOLOGY.flag("FAILED") == 0)
    converged = np.zeros(len(stamps), bool)
    psf = torch.as_tensor(stamps.psf, dtype=torch.float32)
    if psf.dim() == 2:
        transforms = PsfTransform.from_images(psf[None], torch.zeros(len(rows), dtype=torch.int64))
    else:
        transforms = PsfTransform.from_images(psf[torch.from_numpy(rows)])
    found = refine(
        *(
            torch.as_tensor(values[rows], device=device)
            for values in (stamps.images, stamps.usable, stamps.noise_correlation)
        ),
        transforms,
        Posterior(start.mean[rows], start.covariance[rows], start.quantiles[rows]),
        settings,
    )
    converged[rows] = found.converged
    parts = {"mean": start.mean, "covariance": start.covariance, "quantiles": start.quantiles}
    whole = {name: values.copy() for name, values in parts.items()}
    for name, values in whole.items():
        values[rows] = getattr(found.posterior, name)
    return Refined(Posterior(**whole), converged)


def _refine(
    images: torch.Tensor,
    usable: torch.Tensor,
    noise_correlation: torch.Tensor,
    sky_electrons: torch.Tensor,
    psf: PsfTransform,
    start: Posterior,
    settings: RefinementSettings,
    renderer: GalaxyRenderer,
) -> tuple[Posterior, np.ndarray]:
    """One batch: posteriors, and which converged."""
    prior = settings.prior
    first = first_start(images, start, 4.0 / psf.largest.to(images.device), prior)
    free = torch.full_like(first.log_flux, torch.nan)
    guess = prior.unfold(first.z, first.log_flux, first.angle, free)
    light = renderer(guess.model, psf) * guess.flux.float()[:, None, None]
    problem = make_problem(
        images,
        usable,
        light,
        noise_correlation,
        sky_electrons,
        psf,
        prior,
        first.log_flux,
        first.angle,
    )
    everything = torch.arange(len(images), device=images.device)
    log_prior = log_priors(prior.single_share)
    one = fit(problem, first.z, free, settings.steps, everything)
    other = fit(problem, second_start(first.z), free, settings.steps, everything, one)
    both = _better(one, other)
    fits = [(found, free, everything, log_prior[0]) for found in (one, other)]
    if prior.single_share > 0:
        for share, log_share in ((0.0, log_prior[1]), (1.0, log_prior[2])):
            rows = _within_reach(problem, both, share, settings.reach)
            if len(rows) == 0:
                continue
            fixed = torch.full_like(free[rows], share)
            start_z = _alone(both.z[rows], share)
            fits.append(
                (fit(problem, start_z, fixed, settings.steps, rows), fixed, rows, log_share)
            )
    return _mixed(problem, fits, start, settings.missed)


def _mixed(
    problem: Problem,
    fits: list[tuple[Fit, torch.Tensor, torch.Tensor, float]],
    start: Posterior,
    missed: float,
) -> tuple[Posterior, np.ndarray]:
    """Posteriors from all fits, and which converged.

    A fit comes with B/T where it was fixed, its stamps, and ln of its prior.
    Two fits of a bulge and a disk that did not end at the same place are two
    maxima of one posterior, which adds them up.
    """
    n = len(problem.log_flux)
    evidence = np.full((len(fits), n), -np.inf)
    lines, correlation = np.zeros((len(fits), n, 3, N_KNOTS)), np.zeros((len(fits), n, 3, 3))
    for i, (found, share, rows, prior) in enumerate(fits):
        took = torch.nonzero(found.converged)[:, 0]
        if len(took) == 0:
            continue
        here = rows[took].cpu().numpy()
        done = found.select(took)
        evidence[i, here] = done.log_evidence.cpu().numpy() + prior
        lines[i, here], correlation[i, here] = laplace(problem, done, share[took], rows[took])
    converged = np.isfinite(evidence[:2]).any(axis=0)
    evidence[0, ~converged] = 0.0
    weights = np.exp(evidence - evidence.max(axis=0))
    mixed = mix(lines, correlation, weights / weights.sum(axis=0), start, missed)
    return mixed, converged


def _better(one: Fit, other: Fit) -> Fit:
    """The fit of each stamp that has the lower cost."""
    better = other.converged & ((other.cost < one.cost) | ~one.converged)
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
