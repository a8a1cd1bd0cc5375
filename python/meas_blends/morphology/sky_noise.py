"""Noise like that of a coadd's sky."""

from __future__ import annotations

import numpy as np

__all__ = ["correlated_noise"]


def correlated_noise(
    rng: np.random.Generator, shape: tuple[int, int], correlation: float
) -> np.ndarray:
    """Draw Gaussian noise of unit variance whose neighbouring pixels correlate.

    White noise is convolved along both axes with (c, 1, c), which correlates
    pixels side by side by ``rho = 2 c / (1 + 2 c^2)``.

    Parameters
    ----------
    rng : `numpy.random.Generator`
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)``.
    correlation : `float`
        rho, from 0 to 0.7.

    Returns
    -------
    noise : `numpy.ndarray` of float32, (ny, nx)
    """
    ny, nx = shape
    white = rng.standard_normal((ny + 2, nx + 2), np.float32)
    if correlation == 0:
        return white[1:-1, 1:-1]
    side = np.float32((1 - np.sqrt(1 - 2 * correlation**2)) / (2 * correlation))
    rows = white[1:-1] + side * (white[:-2] + white[2:])
    noise = rows[:, 1:-1] + side * (rows[:, :-2] + rows[:, 2:])
    return noise / (1 + 2 * side**2)
