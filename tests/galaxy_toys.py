"""Measured galaxies with Gaussian posteriors whose scores are known."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from scipy.special import expit, logit

from meas_blends.data.galaxy_outcome_tables import GALAXY_BOUNDS, GALAXY_COST, GALAXY_MEASURED
from meas_blends.data.galaxy_tables import GALAXY_TRUTH
from meas_blends.evaluation.morphology.outcomes import make_outcomes
from meas_blends.morphology.posterior import Posterior

__all__ = ["toy_bounds", "toy_cost", "toy_galaxies", "toy_measured", "toy_outcomes"]


def toy_galaxies(n: int, seed: int = 1, single_share: float = 0.3) -> Table:
    """Truth of galaxies, log-uniform in S/N, fluxes and radii."""
    rng = np.random.default_rng(seed)
    share = rng.uniform(0.02, 0.98, n)
    share = np.where(rng.uniform(size=n) < single_share, np.round(share), share)
    columns = dict.fromkeys((c.name for c in GALAXY_TRUTH.columns), 0.0)
    signal = np.exp(rng.uniform(*np.log([6, 2000]), n))
    columns |= {
        "galaxyId": np.arange(n) + 100,
        "bulgeToTotal": share,
        "halfLightRadius": np.exp(rng.uniform(*np.log([0.2, 4.0]), n)),
        "flux": 30.0 * signal,
        "signalToNoise": signal,
        "psf_fwhm": rng.uniform(0.6, 0.8, n),
        "skySigma": 1.0,
    }
    return GALAXY_TRUTH.make(columns)


def toy_sigma(galaxies: Table) -> np.ndarray:
    """Widths of logit B/T, ln Re and ln flux, (n, 3)."""
    signal = np.asarray(galaxies["signalToNoise"], float)
    return np.stack([12 / signal + 0.2, 2 / signal + 0.02, 1.2 / signal + 0.005], axis=1)


def toy_measured(galaxies: Table, seed: int = 2, stretch: float = 1.0, bias: float = 0.0) -> Table:
    """Gaussian posteriors around truths plus noise; ``stretch`` times too wide."""
    rng = np.random.default_rng(seed)
    n = len(galaxies)
    sigma = toy_sigma(galaxies)
    share = np.clip(np.asarray(galaxies["bulgeToTotal"], float), 0.01, 0.99)
    true = np.stack(
        [logit(share), np.log(galaxies["halfLightRadius"]), np.log(galaxies["flux"])], axis=1
    )
    correlation = np.array([[1.0, -0.3, 0.1], [-0.3, 1.0, 0.6], [0.1, 0.6, 1.0]])
    drawn = rng.standard_normal((n, 3)) @ np.linalg.cholesky(correlation).T
    wide = stretch * sigma
    covariance = correlation * wide[:, :, None] * wide[:, None, :]
    posterior = Posterior.gaussian(true + (drawn + bias) * sigma, covariance)
    row = {
        "galaxyId": galaxies["galaxyId"],
        "cropScale": expit(np.log(np.asarray(galaxies["halfLightRadius"], float))),
        "estimator": "toy",
        "model": "toy 1",
        "flags": 0,
    }
    return GALAXY_MEASURED.make({**row, **posterior.columns()})


def toy_bounds(galaxies: Table) -> Table:
    """Bounds equal to the true scatter of radius and flux, and about that of B/T."""
    sigma = toy_sigma(galaxies)
    share = np.clip(np.asarray(galaxies["bulgeToTotal"], float), 0.01, 0.99)
    columns = [c.name for c in GALAXY_BOUNDS.columns[1:]]
    sigma[:, 0] *= share * (1 - share)
    values = dict(zip(columns, sigma.T, strict=True))
    return GALAXY_BOUNDS.make({"galaxyId": galaxies["galaxyId"], **values})


def toy_outcomes(n: int = 2000, method: str = "toy", **changes: float) -> Table:
    """Truth, bounds and posteriors side by side."""
    galaxies = toy_galaxies(n)
    measured = toy_measured(galaxies, **changes)
    return make_outcomes(galaxies, toy_bounds(galaxies), measured, method)


def toy_cost(seconds: float = 0.01) -> Table:
    """Cost of one set."""
    row = {
        "method": "toy",
        "model": "toy 1",
        "stampSize": 64,
        "nGalaxies": 10,
        "seconds": seconds,
        "elapsed": seconds / 2,
        "peakMemory": 1.5,
        "device": "cpu",
    }
    return GALAXY_COST.make({name: [value] for name, value in row.items()})
