"""Noisy stamps of galaxies of known truth, and rough starts, to refine."""

import numpy as np
import torch

from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.populations import LogUniform, draw_galaxies
from meas_blends.morphology.posterior import Posterior, to_transformed
from meas_blends.morphology.rendering.psf import PsfTransform
from meas_blends.morphology.simulate import StampSimulator

CLEAN = Conditions(psf_error=0.0, sky_error=0.0, neighbour_share=0.0, border_share=0.0)


def toy_stamps(seed, n, signal_to_noise, single_share=0.0, conditions=CLEAN, **changes):
    """Stamps, their truth in the transformed space, a rough start, and their PSFs."""
    rng = np.random.default_rng(seed)
    population = LogUniform(signal_to_noise=signal_to_noise, single_share=single_share)
    sample = draw_galaxies(rng, n, population, conditions).replace(**changes)
    stamps = StampSimulator(population, conditions, 64).observe(rng, sample)
    truth = to_transformed(stamps.truth)
    return sample, stamps, truth, rough_start(rng, truth), kolmogorov_of(sample)


def rough_start(rng, truth):
    """What a network that is off by its own errors says."""
    sigma = np.array([0.8, 0.12, 0.08])
    mean = truth + sigma * rng.standard_normal(truth.shape)
    return Posterior.gaussian(mean, np.tile(np.diag(sigma**2), (len(truth), 1, 1)))


def kolmogorov_of(sample):
    return PsfTransform.kolmogorov(torch.from_numpy(sample.psf_fwhm / sample.pixel_scale))
