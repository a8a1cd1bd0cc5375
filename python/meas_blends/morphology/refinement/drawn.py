"""Refine galaxies of known truth: what refined posteriors are calibrated on."""

from __future__ import annotations

import numpy as np

from ..compact import CompactEstimator
from ..measured import Measured
from ..posterior import Posterior, to_transformed
from ..rendering.psf import PsfTransform
from ..simulate import StampSimulator
from .refine import RefinementSettings, refine

__all__ = ["refine_drawn"]

#: Galaxies drawn at once.
_BATCH = 512


def refine_drawn(
    estimator: CompactEstimator,
    simulator: StampSimulator,
    rng: np.random.Generator,
    n: int,
    settings: RefinementSettings,
) -> tuple[Measured, np.ndarray, np.ndarray]:
    """Draw galaxies and refine them as those of a coadd, whose electrons nobody tells.

    Parameters
    ----------
    estimator : `~meas_blends.morphology.compact.CompactEstimator`
    simulator : `~meas_blends.morphology.simulate.StampSimulator`
        Of stamps of the estimator's size.
    rng : `numpy.random.Generator`
    n : `int`
        How many, at least one.
    settings : `~meas_blends.morphology.refinement.refine.RefinementSettings`

    Returns
    -------
    measured : `~meas_blends.morphology.measured.Measured`
        Before any recalibration of refined posteriors.
    converged, whole : `numpy.ndarray` of `bool`, (n,)
        Did the fit converge, and are all pixels of the stamp usable?
    """
    posteriors, truth, aperture, signal, converged, whole = [], [], [], [], [], []
    for start in range(0, n, _BATCH):
        stamps = simulator.draw(rng, min(_BATCH, n - start))
        prediction = estimator.predict(stamps)
        refined = refine(
            stamps.images,
            stamps.usable,
            stamps.noise_correlation,
            PsfTransform.kolmogorov(stamps.psf_fwhm.cpu()),
            prediction.posterior,
            settings,
        )
        posteriors.append(refined.posterior)
        converged.append(refined.converged)
        whole.append(stamps.usable.all(dim=2).all(dim=1).cpu().numpy())
        truth.append(to_transformed(stamps.truth))
        aperture.append(prediction.signal_to_noise)
        signal.append(stamps.signal_to_noise)
    measured = Measured(
        Posterior.concatenate(posteriors),
        *(np.concatenate(parts) for parts in (truth, aperture, signal)),
    )
    return measured, np.concatenate(converged), np.concatenate(whole)
