"""The autocorrelation of noise of which an image holds nothing else."""

from __future__ import annotations

import numpy as np

from .tiles import row_strips

__all__ = ["noise_autocorrelation"]

#: Pixels beyond this add nothing to what is known of the autocorrelation.
_ENOUGH = 1 << 22


def noise_autocorrelation(noise: np.ndarray, bad: np.ndarray, max_lag: int = 2) -> np.ndarray:
    """Autocorrelation of pure noise at small lags.

    Parameters
    ----------
    noise : `numpy.ndarray`, (ny, nx)
        Noise of zero mean and one scatter everywhere, such as a noise
        realization over the root of the variance. Bad pixels may hold
        anything.
    bad : `numpy.ndarray` of bool, (ny, nx)
        Pixels not to use.
    max_lag : `int`, optional
        Largest lag along each axis [pixel].

    Returns
    -------
    correlation : `numpy.ndarray`, (2 max_lag + 1, 2 max_lag + 1)
        One at zero lag, in the middle; zero elsewhere if no pixel is usable.
    """
    strips = list(row_strips(noise.shape))
    every = max(1, round(noise.size / _ENOUGH))
    products = np.zeros((2 * max_lag + 1, 2 * max_lag + 1))
    pairs = np.zeros_like(products)
    for rows in strips[::every]:
        use = ~bad[rows] & np.isfinite(noise[rows])
        values = np.where(use, noise[rows], 0).astype(np.float32)
        ny, nx = values.shape
        for dy in range(min(max_lag, ny - 1) + 1):
            for dx in range(-min(max_lag, nx - 1), min(max_lag, nx - 1) + 1):
                one = np.s_[dy:, max(dx, 0) : nx + min(dx, 0)]
                other = np.s_[: ny - dy, max(-dx, 0) : nx - max(dx, 0)]
                total = float(np.vdot(values[one], values[other]))
                number = int(np.count_nonzero(use[one] & use[other]))
                for k, j in {(dy, dx), (-dy, -dx)}:
                    products[max_lag + k, max_lag + j] += total
                    pairs[max_lag + k, max_lag + j] += number
    # Lag (0, dx) was met from both sides.
    correlation = np.divide(products, pairs, out=np.zeros_like(products), where=pairs > 0)
    scale = correlation[max_lag, max_lag]
    if not scale > 0:
        correlation[:] = 0.0
        correlation[max_lag, max_lag] = 1.0
        return correlation
    return correlation / scale
