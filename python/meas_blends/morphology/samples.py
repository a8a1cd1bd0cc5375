"""Samples from posteriors that are known by quantiles and correlations."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from ..data.morphology_tables import MORPHOLOGY_SAMPLES, MORPHOLOGY_TARGETS
from .posterior import NORMAL_QUANTILES, Posterior, to_physical

__all__ = ["draw_samples", "sample_table"]

#: No sample lies farther out than this many sigmas of its target.
_FARTHEST = 4.0


def draw_samples(posterior: Posterior, rng: np.random.Generator, number: int) -> np.ndarray:
    """Draw samples of B/T, radius and flux.

    A Gaussian copula: standard normals with the correlations of the targets in
    their transformed space, each mapped to the quantiles of its target,
    linearly between them and on beyond the outermost.

    Parameters
    ----------
    posterior : `~meas_blends.morphology.posterior.Posterior`
        Of ``n`` galaxies.
    rng : `numpy.random.Generator`
        Galaxies are drawn one after the other: batches make no difference.
    number : `int`
        Samples of each.

    Returns
    -------
    samples : `numpy.ndarray`, (n, number, 3)
        In the units of the posterior; NaN where it is.
    """
    n = len(posterior.mean)
    white = rng.standard_normal((n, number, 3))
    good = np.isfinite(posterior.covariance).all(axis=(1, 2))
    sigma = np.where(good[:, None], np.maximum(posterior.sigma, 1e-12), 1.0)
    covariance = np.where(good[:, None, None], posterior.covariance, np.eye(3))
    correlation = covariance / (sigma[:, :, None] * sigma[:, None, :])
    # Rounding can leave a correlation of 1 without a root; so little more changes nothing.
    root = np.linalg.cholesky(correlation + 1e-6 * np.eye(3))
    z = np.clip(white @ np.swapaxes(root, 1, 2), -_FARTHEST, _FARTHEST)
    place = np.clip(np.searchsorted(NORMAL_QUANTILES, z) - 1, 0, len(NORMAL_QUANTILES) - 2)
    rows, targets = np.arange(n)[:, None, None], np.arange(3)
    low = posterior.quantiles[rows, targets, place]
    high = posterior.quantiles[rows, targets, place + 1]
    share = z - NORMAL_QUANTILES[place]
    return to_physical(low + share * (high - low))


def sample_table(peaks: np.ndarray, samples: np.ndarray) -> Table:
    """Put samples (n, m, 3) of peaks (n,) into a long table, `MORPHOLOGY_SAMPLES`."""
    n, number = samples.shape[:2]
    values = samples.reshape(n * number, 3).T
    columns = dict(zip((stem for stem, _, _ in MORPHOLOGY_TARGETS), values, strict=True))
    keys = {"peakId": np.repeat(peaks, number), "sample": np.tile(np.arange(number), n)}
    return MORPHOLOGY_SAMPLES.make({**keys, **columns})
