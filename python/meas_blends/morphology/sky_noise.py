"""Noise like that of a coadd's sky."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

__all__ = ["SkyNoise", "correlated_noise"]

#: Side of the tiles in which white noise is drawn [pixel], and how many are kept: 64 MB.
_TILE = 128
_KEPT = 1024

_UINT32 = 2**32


class SkyNoise:
    """Gaussian noise of unit variance for an image of any size, drawn where it is wanted.

    A pixel has the same noise however often it is asked for, and in whatever
    order.

    Parameters
    ----------
    rng : `numpy.random.Generator`
        Decides all of it, by one draw.
    correlation : `float`
        Of pixels side by side, as for `correlated_noise`.
    """

    def __init__(self, rng: np.random.Generator, correlation: float) -> None:
        entropy = rng.integers(_UINT32, size=4).tolist()
        self._correlation = correlation
        # Knows nothing of what holds it: the tiles go when that goes.
        self._tile = lru_cache(_KEPT)(partial(_draw_tile, entropy))

    def stamps(self, y: np.ndarray, x: np.ndarray, size: int) -> np.ndarray:
        """Noise under stamps.

        Parameters
        ----------
        y, x : `numpy.ndarray` of int, (n,)
            First pixel of each, which may lie outside the image.
        size : `int`
            Their side [pixel].

        Returns
        -------
        noise : `numpy.ndarray` of float32, (n, size, size)
        """
        white = np.empty((len(y), size + 2, size + 2), np.float32)
        for stamp, top, left in zip(white, y.tolist(), x.tolist(), strict=True):
            self._fill(stamp, top - 1, left - 1)
        return _correlate(white, self._correlation)

    def _fill(self, part: np.ndarray, top: int, left: int) -> None:
        """Fill in white noise from the tiles under a part of the image."""
        (rows, columns) = part.shape
        for j in range(top // _TILE, (top + rows - 1) // _TILE + 1):
            below, inside = _overlap(j, top, rows)
            for i in range(left // _TILE, (left + columns - 1) // _TILE + 1):
                beside, across = _overlap(i, left, columns)
                part[below, beside] = self._tile(j, i)[inside, across]


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
    return _correlate(rng.standard_normal((ny + 2, nx + 2), np.float32), correlation)


def _draw_tile(entropy: list[int], j: int, i: int) -> np.ndarray:
    """Draw the white noise of a tile."""
    seed = np.random.SeedSequence(entropy, spawn_key=(j % _UINT32, i % _UINT32))
    return np.random.default_rng(seed).standard_normal((_TILE, _TILE), np.float32)


def _overlap(number: int, start: int, length: int) -> tuple[slice, slice]:
    """Where a tile and a part lie over each other along an axis: in the part, in the tile."""
    low, high = max(number * _TILE, start), min((number + 1) * _TILE, start + length)
    return slice(low - start, high - start), slice(low - number * _TILE, high - number * _TILE)


def _correlate(white: np.ndarray, correlation: float) -> np.ndarray:
    """Correlate white noise (..., ny + 2, nx + 2) along its last two axes."""
    if correlation == 0:
        return white[..., 1:-1, 1:-1]
    side = np.float32((1 - np.sqrt(1 - 2 * correlation**2)) / (2 * correlation))
    rows = white[..., 1:-1, :] + side * (white[..., :-2, :] + white[..., 2:, :])
    noise = rows[..., 1:-1] + side * (rows[..., :-2] + rows[..., 2:])
    return noise / (1 + 2 * side**2)
