"""Refine the network's posteriors by fits of galaxies to the pixels."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from ...data.morphology_tables import MORPHOLOGY
from ..calibration import Calibration
from ..posterior import Posterior
from ..rendering.psf import PsfTransform
from ..rendering.renderer import GalaxyRenderer
from .fit import make_problem
from .hypotheses import fit_hypotheses
from .misfit import MisfitMap
from .mixture import N_LEVELS
from .priors import GalaxyPrior
from .residuals import Residuals, look_at_residuals
from .settings import RefinementSettings
from .start import Start, rough_start

if TYPE_CHECKING:
    from ..stamps import Stamps

__all__ = ["Refined", "refine", "refine_stamps"]


@dataclass(frozen=True)
class Refined:
    """What `refine` returns.

    Parameters
    ----------
    posterior : `~meas_blends.morphology.posterior.Posterior`
        Of ``n`` galaxies; the start's where there is no fit.
    fitted : `numpy.ndarray` of `bool`, (n,)
        False where none was tried, see `RefinementSettings`, or none converged.
    quantiles : `numpy.ndarray`, (n, 3, 61)
        Those of fits at more levels.
    residuals : `~meas_blends.morphology.refinement.residuals.Residuals`
        What fits leave behind.
    """

    posterior: Posterior
    fitted: np.ndarray
    quantiles: np.ndarray
    residuals: Residuals

    @classmethod
    def concatenate(cls, parts: Sequence[Refined]) -> Refined:
        """Join batches, at least one."""
        return cls(
            Posterior.concatenate([part.posterior for part in parts]),
            np.concatenate([part.fitted for part in parts]),
            np.concatenate([part.quantiles for part in parts]),
            Residuals.concatenate([part.residuals for part in parts]),
        )

    def recalibrated(self, calibration: Calibration, signal_to_noise: np.ndarray) -> Refined:
        """Recalibrate the posteriors of fits.

        Parameters
        ----------
        calibration : `~meas_blends.morphology.calibration.Calibration`
        signal_to_noise : `numpy.ndarray`, (n,)
            As measured in the aperture.
        """
        rows = np.flatnonzero(self.fitted)
        old = self.posterior.select(rows)
        return self._with(rows, calibration.apply(old, signal_to_noise[rows], self.quantiles[rows]))

    def widened(self, misfit: MisfitMap) -> Refined:
        """Add what models that do not fit are off by to the posteriors of fits.

        Parameters
        ----------
        misfit : `~meas_blends.morphology.refinement.misfit.MisfitMap`
            Learned from posteriors that had been recalibrated, if these are.
        """
        rows = np.flatnonzero(self.fitted)
        left = self.residuals.select(rows)
        return self._with(rows, misfit.apply(self.posterior.select(rows), left))

    def _with(self, rows: np.ndarray, new: Posterior) -> Refined:
        """Return it with the posteriors of some galaxies replaced."""
        return dataclasses.replace(self, posterior=self.posterior.replaced(rows, new))


def refine(
    images: torch.Tensor,
    usable: torch.Tensor,
    noise_correlation: torch.Tensor,
    psf: PsfTransform,
    start: Posterior,
    signal_to_noise: np.ndarray,
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
    signal_to_noise : `numpy.ndarray`, (n,)
        As measured in the aperture.
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
    quantiles, fitted = start.quantiles.copy(), np.zeros(n, bool)
    fine, residuals = np.full((n, 3, N_LEVELS), np.nan), Residuals.unknown(n)
    renderer = GalaxyRenderer(images.shape[-1], device)
    bright = torch.from_numpy(np.flatnonzero(signal_to_noise >= settings.least_signal))
    # Batches of PSFs alike need the fewest Fourier nodes.
    for rows in bright[torch.argsort(psf.largest[bright])].split(settings.batch_size):
        there = rows.to(device)
        rough, light = _rough(
            images[there], psf.select(rows), start.select(rows.numpy()), settings.prior, renderer
        )
        lost = (light * ~usable[there]).sum(dim=(1, 2)) / light.sum(dim=(1, 2))
        clean = torch.nonzero(lost <= settings.most_lost)[:, 0]
        if len(clean) == 0:
            continue
        rows, there = rows[clean.cpu()], there[clean]
        problem = make_problem(
            images[there],
            usable[there],
            light[clean],
            noise_correlation[there],
            sky_electrons[there],
            psf.select(rows),
            settings.prior,
            rough.log_flux[clean],
            rough.angle[clean],
        )
        here = rows.numpy()
        found = fit_hypotheses(problem, rough.z[clean], start.select(here), settings)
        left = look_at_residuals(
            problem,
            found,
            start.select(here),
            psf.select(rows),
            noise_correlation[there],
            sky_electrons[there],
        )
        took, done = here[found.fitted], found.posterior.select(found.fitted)
        mean[took], covariance[took], quantiles[took] = done.mean, done.covariance, done.quantiles
        fitted[took], fine[took] = True, found.quantiles[found.fitted]
        residuals.put(took, left.select(found.fitted))
    return Refined(Posterior(mean, covariance, quantiles), fitted, fine, residuals)


def refine_stamps(
    stamps: Stamps,
    start: Posterior,
    signal_to_noise: np.ndarray,
    settings: RefinementSettings,
    device: torch.device | str,
) -> Refined:
    """Refine stamps of a coadd, see `refine`; those that have ``FAILED`` are left out."""
    rows = np.flatnonzero(stamps.flags & MORPHOLOGY.flag("FAILED") == 0)
    fitted = np.zeros(len(stamps), bool)
    transforms = _transforms(stamps.psf, rows)
    found = refine(
        *(
            torch.as_tensor(values[rows], device=device)
            for values in (stamps.images, stamps.usable, stamps.noise_correlation)
        ),
        transforms,
        start.select(rows),
        signal_to_noise[rows],
        settings,
    )
    fitted[rows] = found.fitted
    fine = np.full((len(stamps), 3, N_LEVELS), np.nan)
    fine[rows] = found.quantiles
    residuals = Residuals.unknown(len(stamps))
    residuals.put(rows, found.residuals)
    parts = {"mean": start.mean, "covariance": start.covariance, "quantiles": start.quantiles}
    whole = {name: values.copy() for name, values in parts.items()}
    for name, values in whole.items():
        values[rows] = getattr(found.posterior, name)
    return Refined(Posterior(**whole), fitted, fine, residuals)


def _transforms(psf: np.ndarray, rows: np.ndarray) -> PsfTransform:
    """The PSFs of some stamps; of equal ones one image is kept."""
    images = np.asarray(psf, np.float32)
    if images.ndim == 2:
        images, row = images[None], np.zeros(len(rows), int)
    else:
        number: dict[bytes, int] = {}
        row = np.array([number.setdefault(images[k].tobytes(), len(number)) for k in rows], int)
        _, first = np.unique(row, return_index=True)
        images = images[rows[first]]
    return PsfTransform.from_images(torch.from_numpy(images), torch.from_numpy(row))


def _rough(
    images: torch.Tensor,
    psf: PsfTransform,
    start: Posterior,
    prior: GalaxyPrior,
    renderer: GalaxyRenderer,
) -> tuple[Start, torch.Tensor]:
    """Rough starts, and what the stamps look like there, (n, size, size)."""
    rough = rough_start(images, start, 4.0 / psf.largest.to(images.device), prior)
    free = torch.full_like(rough.log_flux, torch.nan)
    guess = prior.unfold(rough.z, rough.log_flux, rough.angle, free)
    return rough, renderer(guess.model, psf) * guess.flux.float()[:, None, None]
