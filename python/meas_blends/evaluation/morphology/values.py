"""Numbers of an outcome table as arrays: truth, values, intervals, residuals."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from astropy.table import Table
from scipy.special import expit, logit

from ...data.morphology_tables import MORPHOLOGY_TARGETS, QUANTILES
from ...morphology.posterior import BULGE_LIMIT

__all__ = [
    "EDGES",
    "LEAST_WIDTH",
    "STEMS",
    "TARGET_NAMES",
    "bins",
    "clipped_share",
    "half_widths",
    "medians",
    "modes",
    "pulls",
    "quantiles",
    "residuals",
    "truth",
]

#: Column stems of the targets, in order.
STEMS = tuple(stem for stem, _, _ in MORPHOLOGY_TARGETS)

#: How they are written in a report.
TARGET_NAMES = {"bulgeToTotal": "B/T", "halfLightRadius": "Re", "flux": "flux"}

#: Bins of the columns that scores are given in.
EDGES: Mapping[str, Sequence[float]] = {
    "signalToNoise": (0, 20, 50, 100, 200, 500, 1000, 3000, 10_000, np.inf),
    "true_halfLightRadius": (0, 0.3, 0.6, 1.0, 1.5, 2.5, np.inf),
    "true_bulgeToTotal": (0, 0.1, 0.3, 0.5, 0.7, 0.85, 1.01),
}

#: Half-widths below this are not told from none.
LEAST_WIDTH = 1e-3

#: Half-widths of the 68.27% interval: the places of its ends among the quantiles.
_LOW, _MEDIAN, _HIGH = 2, 3, 4


def truth(outcomes: Table) -> np.ndarray:
    """True B/T, radius [arcsec] and flux [nJy], (n, 3)."""
    return np.stack([np.asarray(outcomes[f"true_{stem}"], float) for stem in STEMS], axis=1)


def quantiles(outcomes: Table) -> np.ndarray:
    """Quantiles of the posteriors, (n, 3, 7)."""
    columns = [[outcomes[f"{stem}_{suffix}"] for suffix in QUANTILES] for stem in STEMS]
    return np.moveaxis(np.asarray(columns, float), 2, 0)


def medians(outcomes: Table) -> np.ndarray:
    """Medians of the posteriors, or the values of a method without any, (n, 3)."""
    return np.stack([np.asarray(outcomes[f"{stem}_p50"], float) for stem in STEMS], axis=1)


def modes(outcomes: Table) -> np.ndarray:
    """Most probable values: the predictions of Ghosh et al. (2022, Sec. 6.1).

    In closed form of the log-normals, and of the logit-normal by Newton
    steps, with the medians and 68.27% widths of the posteriors.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        Of a method with posteriors, ``n`` rows.

    Returns
    -------
    modes : `numpy.ndarray`, (n, 3)
    """
    q = quantiles(outcomes)
    values = np.empty(q.shape[:2])
    with np.errstate(divide="ignore"):
        logs = np.log(q[:, 1:])
    width = 0.5 * (logs[:, :, _HIGH] - logs[:, :, _LOW])
    values[:, 1:] = np.exp(logs[:, :, _MEDIAN] - width**2)
    odds = logit(np.clip(q[:, 0], 1e-6, 1 - 1e-6))
    values[:, 0] = _logit_normal_mode(odds[:, _MEDIAN], 0.5 * (odds[:, _HIGH] - odds[:, _LOW]))
    return values


def _logit_normal_mode(mean: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Where the density of expit(N(mean, sigma)) is largest, (n,)."""
    # A wide one has two modes, near 0 and near 1: a grid finds the higher.
    grid = np.linspace(-14.0, 14.0, 561)
    best, height = np.zeros(len(mean)), np.full(len(mean), -np.inf)
    sigma = np.maximum(sigma, 1e-6)
    for t in grid:
        share = expit(t)
        value = -0.5 * ((t - mean) / sigma) ** 2 - np.log(share * (1 - share))
        better = value > height
        best, height = np.where(better, t, best), np.where(better, value, height)
    # Between the nodes the mode of a narrow one is its mean, shifted.
    refined = mean + sigma**2 * (2 * expit(best) - 1)
    return expit(np.where(sigma < 0.3, refined, best))


def half_widths(outcomes: Table) -> np.ndarray:
    """Half of the 68.27% intervals, of radius and flux over the median, (n, 3)."""
    q = quantiles(outcomes)
    width = 0.5 * (q[:, :, _HIGH] - q[:, :, _LOW])
    width[:, 1:] /= q[:, 1:, _MEDIAN]
    return width


def residuals(values: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Measured minus true, of radius and flux over the truth, (n, 3)."""
    difference = values - true
    difference[:, 1:] /= true[:, 1:]
    return difference


def pulls(outcomes: Table) -> np.ndarray:
    """Median minus truth over the half-width of the 68.27% interval, (n, 3).

    Of radius and flux in logarithms, in which their posteriors are nearly
    symmetric. B/T counts within the limits of `clipped_share`. A posterior
    that is sure of one component has no width in it: `LEAST_WIDTH` stands for
    that.
    """
    q, true = quantiles(outcomes), truth(outcomes)
    q[:, 0], true[:, 0] = clipped_share(q[:, 0]), clipped_share(true[:, 0])
    # A quantile may be zero in single precision.
    with np.errstate(divide="ignore"):
        q[:, 1:], true[:, 1:] = np.log(q[:, 1:]), np.log(true[:, 1:])
    width = 0.5 * (q[:, :, _HIGH] - q[:, :, _LOW])
    return (q[:, :, _MEDIAN] - true) / np.maximum(width, LEAST_WIDTH)


def clipped_share(share: np.ndarray) -> np.ndarray:
    """B/T within the limits beyond which the targets do not tell galaxies apart."""
    return np.clip(share, BULGE_LIMIT, 1 - BULGE_LIMIT)


def bins(
    outcomes: Table, edges: Mapping[str, Sequence[float]] = EDGES, overall: bool = True
) -> Iterator[tuple[str, float, float, np.ndarray]]:
    """Go through all galaxies at once, then through the bins of some columns.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES`, ``n`` rows.
    edges : mapping of `str` to sequence of `float`
        Edges of the bins of each column.
    overall : `bool`
        Begin with all of them.

    Yields
    ------
    quantity : `str`
        The column; ``all`` for no bins.
    low, high : `float`
        Edges of the bin, NaN for all.
    rows : `numpy.ndarray` of `bool`, (n,)
        At least one is set.
    """
    if overall and len(outcomes):
        yield "all", np.nan, np.nan, np.ones(len(outcomes), bool)
    for quantity, limits in edges.items():
        values = np.asarray(outcomes[quantity], float)
        for low, high in itertools.pairwise(limits):
            rows = (values >= low) & (values < high)
            if rows.any():
                yield quantity, low, high, rows
