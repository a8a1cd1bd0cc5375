"""Refine galaxies of known truth: what refined posteriors are calibrated on."""

from __future__ import annotations

import numpy as np

from ..compact import CompactEstimator
from ..measured import Measured
from ..posterior import to_transformed
from ..rendering.psf import PsfTransform
from ..simulate import StampSimulator
from .refine import Refined, refine
from .settings import RefinementSettings

__all__ = ["refine_drawn"]

#: Galaxies drawn at once.
_BATCH = 512


def refine_drawn(
    estimator: CompactEstimator,
    simulator: StampSimulator,
    rng: np.random.Generator,
    n: int,
    settings: RefinementSettings,
) -> tuple[Measured, Refined]:
    """Draw galaxies and refine them as those of a coadd, whose electrons nobody tells.

    Parameters
    ----------
    estimator : `~meas_blends.morphology.compact.CompactEstimator`
    simulator : `~meas_blends.morphology.simulate.StampSimulator`
        Of stamps of the estimator's size.
    rng : `numpy.random.Generator`
    n : `int`
        How many, at least one.
    settings : `~meas_blends.morphology.refinement.settings.RefinementSettings`

    Returns
    -------
    measured : `~meas_blends.morphology.measured.Measured`
        Before any recalibration of refined posteriors.
    refined : `~meas_blends.morphology.refinement.refine.Refined`
        The same posteriors, and more of the fits.
    """
    truth, aperture, signal, width, parts = [], [], [], [], []
    for start in range(0, n, _BATCH):
        stamps = simulator.draw(rng, min(_BATCH, n - start))
        prediction = estimator.predict(stamps)
        refined = refine(
            stamps.images,
            stamps.usable,
            stamps.noise_correlation,
            PsfTransform.kolmogorov(stamps.psf_fwhm.cpu()),
            prediction.posterior,
            prediction.signal_to_noise,
            settings,
        )
        parts.append(refined)
        truth.append(to_transformed(stamps.truth))
        aperture.append(prediction.signal_to_noise)
        signal.append(stamps.signal_to_noise)
        width.append(stamps.psf_sigma.cpu().numpy())
    whole = Refined.concatenate(parts)
    known = (np.concatenate(column) for column in (truth, aperture, signal, width))
    return Measured(whole.posterior, *known), whole
