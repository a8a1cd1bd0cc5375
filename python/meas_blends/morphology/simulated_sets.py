"""Sets of simulated galaxies as a survey would see them."""

from __future__ import annotations

import galsim
import numpy as np
import torch
from astropy.table import Table

from ..data.coadd import NANOJANSKY_ZERO_POINT
from ..data.galaxy_sets import GalaxySet
from ..data.galaxy_tables import GALAXY_TRUTH
from ..simulation.survey import Survey
from .conditions import Conditions
from .galaxies import GalaxySample
from .populations import Population, draw_galaxies
from .simulate import StampSimulator

__all__ = ["draw_seeing", "psf_image", "simulate_set"]

#: Galaxies rendered at once: few enough of the largest ones for the processor's cache.
_BATCH = 32

#: Side of the PSF images, in FWHM: a Kolmogorov PSF has 1% of its light beyond.
_PSF_SIDE = 20.0


def draw_seeing(rng: np.random.Generator, n: int, survey: Survey) -> np.ndarray:
    """Draw the FWHM of a survey's coadds [arcsec], (n,).

    As much scatter as between its exposures: log-normal.
    """
    return survey.psf_fwhm * (1.0 + survey.psf_scatter) ** rng.standard_normal(n)


def psf_image(fwhm: float, side: int) -> np.ndarray:
    """Image of a Kolmogorov PSF, pixel included.

    Parameters
    ----------
    fwhm : `float`
        Before the pixel [pixel].
    side : `int`
        Of the image [pixel], odd.

    Returns
    -------
    image : `numpy.ndarray` of float32, (side, side)
        Centred on the middle pixel, of unit sum.
    """
    image = galsim.Kolmogorov(fwhm=fwhm).drawImage(nx=side, ny=side, scale=1.0).array
    return image / image.sum()


def simulate_set(
    rng: np.random.Generator,
    n: int,
    size: int,
    survey: Survey,
    population: Population,
    conditions: Conditions,
    seeing: np.ndarray,
) -> GalaxySet:
    """Draw galaxies as a survey would see them, one in each image.

    Parameters
    ----------
    rng : `numpy.random.Generator`
    n : `int`
        Galaxies.
    size : `int`
        Side of the images [pixel].
    survey : `~meas_blends.simulation.survey.Survey`
        Gives the calibration.
    population : `~meas_blends.morphology.populations.Population`
    conditions : `~meas_blends.morphology.conditions.Conditions`
        Those `~meas_blends.morphology.conditions.Conditions.of_survey` gives.
    seeing : `numpy.ndarray`, (m,)
        FWHM of the PSFs [arcsec] that each galaxy has one of. The set's images
        of them are off by the conditions' error.

    Returns
    -------
    galaxies : `~meas_blends.data.galaxy_sets.GalaxySet`
    """
    simulator = StampSimulator(population, conditions, size)
    row = rng.integers(len(seeing), size=n)
    sample = draw_galaxies(rng, n, population, conditions).replace(psf_fwhm=seeing[row])
    side = 2 * round(0.5 * _PSF_SIDE * max(seeing) / survey.pixel_scale) + 1
    told = seeing / survey.pixel_scale
    told = told * (1.0 + conditions.psf_error * rng.standard_normal(len(seeing)))
    sigma = conditions.sky_sigma / 10 ** (0.4 * (NANOJANSKY_ZERO_POINT - survey.coadd_zero_point))
    images = np.empty((n, size, size), np.float32)
    flux, signal = np.empty(n), np.empty(n)
    for start in range(0, n, _BATCH):
        rows = slice(start, start + _BATCH)
        stamps = simulator.observe(rng, sample.select(rows))
        torch.mul(stamps.images, sigma, out=torch.from_numpy(images[rows]))
        flux[rows], signal[rows] = stamps.truth[:, 2], stamps.signal_to_noise
    return GalaxySet(
        images=images,
        psf=np.stack([psf_image(fwhm, side) for fwhm in told]),
        galaxies=_table(sample, row, flux * conditions.sky_sigma, signal, sigma),
        pixel_scale=survey.pixel_scale,
        zero_point=survey.coadd_zero_point,
        band=survey.band,
        survey=survey.name,
    )


def _table(
    sample: GalaxySample, row: np.ndarray, flux: np.ndarray, signal: np.ndarray, sigma: float
) -> Table:
    """Table `GALAXY_TRUTH` of a sample."""
    columns = {
        "galaxyId": np.arange(len(sample)),
        "dx": sample.dx,
        "dy": sample.dy,
        "bulgeToTotal": sample.bulge_to_total,
        "halfLightRadius": sample.half_light_radius,
        "flux": flux,
        "signalToNoise": signal,
        "psf_fwhm": sample.psf_fwhm,
        "psfRow": row,
        "skySigma": sigma,
        "noiseCorrelation": sample.noise_correlation,
    }
    for stem in ("bulge", "disk"):
        columns |= {
            f"{stem}_radius": getattr(sample, f"{stem}_radius"),
            f"{stem}_n": getattr(sample, f"{stem}_n"),
            f"{stem}_axisRatio": getattr(sample, f"{stem}_axis_ratio"),
            f"{stem}_angle": np.rad2deg(getattr(sample, f"{stem}_angle")),
        }
    return GALAXY_TRUTH.make(columns)
