"""What noise realizations of a coadd say of its noise."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .large import image_array
from .noise import noise_autocorrelation
from .tiles import row_strips

__all__ = ["realized_correlation"]


def realized_correlation(
    realizations: Iterable[np.ndarray], variance: np.ndarray
) -> np.ndarray | None:
    """Mean autocorrelation of noise realizations.

    Parameters
    ----------
    realizations : iterable of `numpy.ndarray`, (ny, nx)
        Noise as the coadd has it and nothing else; exact zeros and what is
        not finite are pixels without any.
    variance : `numpy.ndarray`, (ny, nx)
        Of single pixels, in the square of their unit.

    Returns
    -------
    correlation : `numpy.ndarray`, (odd, odd), or `None`
        1 at lag 0, in the middle; `None` if no realization has a usable pixel.
    """
    found = []
    for noise in realizations:
        bad = image_array(variance.shape, bool)
        scaled = image_array(variance.shape, np.float32)
        for rows in row_strips(variance.shape):
            good = (variance[rows] > 0) & np.isfinite(variance[rows])
            good &= np.isfinite(noise[rows]) & (noise[rows] != 0)
            bad[rows] = ~good
            scaled[rows] = np.where(good, noise[rows], 0) / np.sqrt(
                np.where(good, variance[rows], 1)
            )
        if not bad.all():
            found.append(noise_autocorrelation(scaled, bad))
    return np.mean(found, axis=0) if found else None
