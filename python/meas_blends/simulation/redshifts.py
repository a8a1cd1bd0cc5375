"""Redshifts and spectral types of galaxies of given brightness."""

from __future__ import annotations

import functools

import numpy as np
from scipy.special import gamma, gammainc

__all__ = ["SPECTRAL_TYPES", "draw_redshifts", "draw_types", "redshift_density"]

#: Kinds of galaxies that the relation tells apart.
SPECTRAL_TYPES = ("early", "spiral", "irregular")

# Benitez (2000, ApJ 536, 571), Table 1 and Sec. 4: shares at magnitude 20 that
# fall off exponentially, irregulars being the rest, and for each type
# p(z) ~ z^a exp(-(z / z_m)^a), z_m = z_0 + k (mag - 20); F814W, AB.
_SHARE, _SHARE_SLOPE = (0.35, 0.50), (0.450, 0.147)
_POWER = np.array([2.465, 1.806, 0.906])
_ZERO = np.array([0.431, 0.390, 0.0626])
_SLOPE = np.array([0.0913, 0.0636, 0.123])

#: The relation is taken at the nearest of these magnitudes beyond them.
_BRIGHT, _FAINT = 18.0, 30.0

_LOWEST, _HIGHEST = 0.01, 6.0

#: Draws from what is left of a distribution; what still fails keeps the plain draw.
_ATTEMPTS = 60


def redshift_density(redshift: np.ndarray, mag: np.ndarray) -> np.ndarray:
    """Density of redshift, type by type, at given magnitudes.

    Parameters
    ----------
    redshift, mag : `numpy.ndarray`, (n,)
        Redshift, and AB magnitude in the i band.

    Returns
    -------
    density : `numpy.ndarray`, (n, 3)
        Columns as `SPECTRAL_TYPES`; their sum integrates to one over
        redshift.
    """
    share, scale = _shares(mag), _scales(mag)
    scaled = (np.asarray(redshift, float)[:, None] / scale) ** _POWER
    return share * _POWER / (scale * gamma(1.0 + 1.0 / _POWER)) * scaled * np.exp(-scaled)


def draw_redshifts(
    mag: np.ndarray, rng: np.random.Generator, group: np.ndarray | None = None
) -> np.ndarray:
    """Draw the redshifts of galaxies.

    Parameters
    ----------
    mag : `numpy.ndarray`, (n,)
        AB magnitudes in the i band.
    rng : `numpy.random.Generator`
        Source of randomness.
    group : `numpy.ndarray` of int, (n,), optional
        Number of the group that a galaxy is a member of, -1 for none: members
        have one redshift, as often as the distribution at their own
        magnitudes lets them.

    Returns
    -------
    redshift : `numpy.ndarray`, (n,)
        Groups leave the distribution at each magnitude as it is: their
        members' draws are coupled as closely as that allows.
    """
    redshift = _quantiles(mag, rng.uniform(size=len(mag)))
    member = np.flatnonzero(group >= 0) if group is not None else np.zeros(0, int)
    if not len(member):
        return redshift
    number, mags = group[member], mag[member]
    total = np.maximum(np.bincount(number), 1)
    typical = np.bincount(number, mags) / total
    shared = _quantiles(typical, rng.uniform(size=len(typical)))[number]
    typical = typical[number]
    takes = rng.uniform(size=len(member)) * _density(shared, typical) < _density(shared, mags)
    redshift[member[takes]] = shared[takes]
    # The others follow what the shared redshifts leave of their distribution.
    left = np.flatnonzero(~takes)
    for _ in range(_ATTEMPTS):
        drawn = _quantiles(mags[left], rng.uniform(size=len(left)))
        own, common = _density(drawn, mags[left]), _density(drawn, typical[left])
        good = rng.uniform(size=len(left)) * own >= common
        redshift[member[left[good]]] = drawn[good]
        left = left[~good]
    return redshift


def draw_types(mag: np.ndarray, redshift: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the spectral types of galaxies of given redshifts.

    Parameters
    ----------
    mag, redshift : `numpy.ndarray`, (n,)
        AB magnitudes in the i band, and redshifts.
    rng : `numpy.random.Generator`
        Source of randomness.

    Returns
    -------
    types : `numpy.ndarray` of int, (n,)
        Indexes into `SPECTRAL_TYPES`.
    """
    density = redshift_density(redshift, mag)
    cumulative = np.cumsum(density, axis=1)
    drawn = rng.uniform(size=len(mag)) * cumulative[:, -1]
    return np.minimum((drawn[:, None] > cumulative).sum(axis=1), len(SPECTRAL_TYPES) - 1)


def _density(redshift: np.ndarray, mag: np.ndarray) -> np.ndarray:
    """Density of redshift, all types together, (n,)."""
    return redshift_density(redshift, mag).sum(axis=1)


def _quantiles(mag: np.ndarray, quantile: np.ndarray) -> np.ndarray:
    """Redshifts at given quantiles of the distribution at given magnitudes."""
    mags, quantiles, table = _inverse()
    row = (np.clip(mag, _BRIGHT, _FAINT) - _BRIGHT) / (mags[1] - mags[0])
    column = quantile * (len(quantiles) - 1)
    i = np.minimum(row.astype(int), len(mags) - 2)
    j = np.minimum(column.astype(int), len(quantiles) - 2)
    s, t = row - i, column - j
    low = (1.0 - t) * table[i, j] + t * table[i, j + 1]
    high = (1.0 - t) * table[i + 1, j] + t * table[i + 1, j + 1]
    return (1.0 - s) * low + s * high


def _shares(mag: np.ndarray) -> np.ndarray:
    """Shares of the types, (n, 3)."""
    fainter = np.maximum(np.clip(np.asarray(mag, float), _BRIGHT, _FAINT) - 20.0, 0.0)
    early, spiral = (
        share * np.exp(-slope * fainter) for share, slope in zip(_SHARE, _SHARE_SLOPE, strict=True)
    )
    return np.stack([early, spiral, 1.0 - early - spiral], axis=1)


def _scales(mag: np.ndarray) -> np.ndarray:
    """Typical redshifts of the types, (n, 3)."""
    fainter = np.clip(np.asarray(mag, float), _BRIGHT, _FAINT) - 20.0
    return np.maximum(_ZERO + _SLOPE * fainter[:, None], 0.05)


@functools.lru_cache(maxsize=1)
def _inverse() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Redshift against magnitude and quantile, of all types together."""
    mags = np.linspace(_BRIGHT, _FAINT, 49)
    quantiles = np.linspace(0.0, 1.0, 1001)
    redshift = np.linspace(_LOWEST, _HIGHEST, 1200)
    scaled = (redshift[:, None, None] / _scales(mags)) ** _POWER
    cumulative = (_shares(mags) * gammainc(1.0 + 1.0 / _POWER, scaled)).sum(axis=2)
    cumulative -= cumulative[0]
    cumulative /= cumulative[-1]
    table = [np.interp(quantiles, cumulative[:, k], redshift) for k in range(len(mags))]
    return mags, quantiles, np.array(table)
