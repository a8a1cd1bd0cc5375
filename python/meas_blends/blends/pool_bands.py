"""One probability from the classifications of several bands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from astropy.table import Table

__all__ = ["POOLING", "band_counts", "pool_counts"]

#: Probabilities below this are not told from it by the logarithmic pool.
_LEAST = 1e-6


def band_counts(classification: Table, groups: np.ndarray, n_merged: int) -> np.ndarray:
    """Probabilities of the number of objects of merged footprints, by one band.

    Where several footprints of the band lie in one merged footprint, their
    objects are added up.

    Parameters
    ----------
    classification : `astropy.table.Table`
        `~meas_blends.data.catalogs.CLASSIFICATION` of the band.
    groups : `numpy.ndarray` of int, (n,)
        Row of the merged footprint of each of its rows.
    n_merged : `int`
        Merged footprints.

    Returns
    -------
    counts : `numpy.ndarray`, (n_merged, 4)
        Probabilities of 1, 2, 3 and 4 or more objects; NaN where the band has
        no footprint, or one without probabilities.
    """
    columns = [np.asarray(classification[f"probability{k}"], float) for k in (1, 2, 3, 4)]
    order = np.argsort(groups, kind="stable")
    groups, counts = groups[order], np.column_stack(columns)[order]
    rank = np.arange(len(groups)) - np.searchsorted(groups, groups)
    total = np.full((n_merged, 4), np.nan)
    first = rank == 0
    total[groups[first]] = counts[first]
    for number in range(1, rank.max(initial=0) + 1):
        another = rank == number
        total[groups[another]] = _add(total[groups[another]], counts[another])
    return total


def pool_counts(counts: Sequence[np.ndarray], rule: str) -> np.ndarray:
    """Pool the probabilities that several bands give.

    Parameters
    ----------
    counts : sequence of `numpy.ndarray`, (n, 4)
        From `band_counts`, one a band. A band's NaN has no say.
    rule : `str`
        One of `POOLING`.

    Returns
    -------
    pooled : `numpy.ndarray`, (n, 4)
        Rows sum to 1; NaN where no band says anything.
    """
    stacked = np.stack(counts)
    silent = np.isnan(stacked).any(axis=2).all(axis=0)
    pooled = _RULES[rule](stacked)
    pooled[silent] = np.nan
    return pooled


def _any_band(counts: np.ndarray) -> np.ndarray:
    """As many objects as the band that shows most, if bands erred independently."""
    at_most = np.cumsum(counts, axis=2)[..., :3]
    return _differences(np.prod(np.where(np.isnan(at_most), 1.0, at_most), axis=0))


def _strongest_band(counts: np.ndarray) -> np.ndarray:
    """As many objects as the band that shows most, if bands erred alike."""
    at_most = np.cumsum(counts, axis=2)[..., :3]
    return _differences(np.min(np.where(np.isnan(at_most), 1.0, at_most), axis=0))


def _logarithmic_pool(counts: np.ndarray) -> np.ndarray:
    """Geometric mean of the bands' probabilities, normalised."""
    known = ~np.isnan(counts)
    logarithm = np.log(np.clip(np.where(known, counts, 1.0), _LEAST, 1.0))
    mean = logarithm.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    pooled = np.exp(mean)
    return pooled / pooled.sum(axis=1, keepdims=True)


_RULES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "any": _any_band,
    "strongest": _strongest_band,
    "mean": _logarithmic_pool,
}

#: Rules of `pool_counts`, and what each does.
POOLING = {
    "any": "P(at most k objects) is the product over the bands: 1 - prod(1 - p) for blends, as if"
    " bands erred independently",
    "strongest": "P(at most k objects) is the least of the bands': max(p) for blends, as if bands"
    " erred alike",
    "mean": "the geometric mean of the bands' probabilities, normalised",
}


def _add(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distribution of the sum of two numbers of objects, both (n, 4) over 1, 2, 3, 4 or more."""
    total = np.zeros_like(first)
    total[:, 1] = first[:, 0] * second[:, 0]
    total[:, 2] = first[:, 0] * second[:, 1] + first[:, 1] * second[:, 0]
    total[:, 3] = 1.0 - total[:, 1] - total[:, 2]
    return np.where(np.isnan(first + second), np.nan, total)


def _differences(at_most: np.ndarray) -> np.ndarray:
    """Turn probabilities of at most 1, 2, 3 objects into those of 1, 2, 3, 4 or more."""
    counts = np.empty((len(at_most), 4))
    counts[:, 0] = at_most[:, 0]
    counts[:, 1:3] = np.diff(at_most, axis=1)
    counts[:, 3] = 1.0 - at_most[:, 2]
    return counts
