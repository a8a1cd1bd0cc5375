"""Convolution of parts of an image, to the bit what the whole image would give."""

from __future__ import annotations

import numpy as np
from scipy import fft

__all__ = ["convolve_separable", "correlate", "padded"]

#: Rows that are convolved at once.
_STRIP = 32

#: Side of the blocks that are Fourier transformed [pixel].
_BLOCK = 256


def padded(
    plane: np.ndarray, bad: np.ndarray, rows: slice, columns: slice, radii: tuple[int, int]
) -> np.ndarray:
    """Cut a part out of an image with what is around it.

    Parameters
    ----------
    plane : `numpy.ndarray` of float32, (ny, nx)
        The image; bad pixels may hold anything.
    bad : `numpy.ndarray` of bool, (ny, nx)
        Pixels that count as zero, as do those beyond the image.
    rows, columns : `slice`
        The part; it may reach beyond the image.
    radii : `tuple` [`int`, `int`]
        Rows and columns more on each side.

    Returns
    -------
    part : `numpy.ndarray` of float32
    """
    boxes = list(zip((rows, columns), radii, plane.shape, strict=True))
    part = np.zeros([one.stop - one.start + 2 * radius for one, radius, _ in boxes], np.float32)
    inside, source = [], []
    for one, radius, length in boxes:
        low, high = max(one.start - radius, 0), min(one.stop + radius, length)
        source.append(slice(low, high))
        inside.append(slice(low - one.start + radius, high - one.start + radius))
    source = tuple(source)
    np.copyto(part[tuple(inside)], plane[source], where=~bad[source])
    return part


def convolve_separable(part: np.ndarray, profile: np.ndarray, step: int = 1) -> np.ndarray:
    """Convolve with an even profile along both axes.

    Strip by strip, so that what is added up stays in the processor's cache;
    `scipy.ndimage.correlate1d` takes three times as long.

    Parameters
    ----------
    part : `numpy.ndarray` of float32, (ny + 2 radius, nx + 2 radius)
        From `padded`.
    profile : `numpy.ndarray`, (2 radius + 1,)
        Even.
    step : `int`
        Every how many pixels to give the result, along each axis.

    Returns
    -------
    convolved : `numpy.ndarray` of float32, (ny, nx)
        Or every ``step``-th pixel of it, from the first one on.
    """
    radius = len(profile) // 2
    # The middle of the profile, and one weight a pair of pixels beside it.
    weights = profile[radius:].astype(np.float32)
    ny, nx = (-(-(length - 2 * radius) // step) for length in part.shape)
    convolved = np.empty((ny, nx), np.float32)
    columns = np.empty((2, _STRIP, part.shape[1]), np.float32)
    pair = np.empty((_STRIP, nx), np.float32)
    for start in range(0, ny, _STRIP):
        number = min(_STRIP, ny - start)
        strip, scratch = columns[:, :number]
        _add_pairs(part[start * step :], weights, step, 0, strip, scratch)
        _add_pairs(strip, weights, step, 1, convolved[start : start + number], pair[:number])
    return convolved


def _add_pairs(
    image: np.ndarray,
    weights: np.ndarray,
    step: int,
    axis: int,
    out: np.ndarray,
    pair: np.ndarray,
) -> None:
    """Weighted sum of the pixels at equal distances along an axis, into ``out``."""
    radius, reach = len(weights) - 1, (out.shape[axis] - 1) * step + 1

    def shifted(by: int) -> np.ndarray:
        part = slice(radius + by, radius + by + reach, step)
        return image[part] if axis == 0 else image[:, part]

    np.multiply(shifted(0), weights[0], out=out)
    for distance in range(1, radius + 1):
        np.add(shifted(-distance), shifted(distance), out=pair)
        pair *= weights[distance]
        out += pair


def correlate(
    plane: np.ndarray,
    bad: np.ndarray,
    kernel: np.ndarray,
    rows: slice,
    columns: slice,
    first: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Correlate a part of an image with any kernel.

    By Fourier transforms of blocks whose places in the image are fixed: what
    rounding does to a pixel is then the same, whatever part is wanted.

    Parameters
    ----------
    plane, bad
        As for `padded`.
    kernel : `numpy.ndarray`, (odd, odd)
        Its middle pixel is its centre.
    rows, columns : `slice`
        The part, within the image.
    first : `tuple` [`int`, `int`]
        Where one of the blocks begins: row and column, of which either may be
        negative.

    Returns
    -------
    correlated : `numpy.ndarray` of float32
    """
    radii = tuple(length // 2 for length in kernel.shape)
    shape = [fft.next_fast_len(_BLOCK + 2 * radius, real=True) for radius in radii]
    # A product of transforms convolves, so the kernel is turned about.
    transform = fft.rfft2(kernel[::-1, ::-1].astype(np.float32), shape)
    correlated = np.empty((rows.stop - rows.start, columns.stop - columns.start), np.float32)
    top, left = (
        one.start - (one.start - start) % _BLOCK
        for one, start in zip((rows, columns), first, strict=True)
    )
    for y in range(top, rows.stop, _BLOCK):
        for x in range(left, columns.stop, _BLOCK):
            part = padded(plane, bad, slice(y, y + _BLOCK), slice(x, x + _BLOCK), radii)
            block = fft.irfft2(fft.rfft2(part, shape) * transform, shape)
            low = max(y, rows.start), max(x, columns.start)
            high = min(y + _BLOCK, rows.stop), min(x + _BLOCK, columns.stop)
            # The first pixels of a transform are wrapped around; the block comes after them.
            of_block = tuple(
                slice(a - start + 2 * radius, b - start + 2 * radius)
                for a, b, start, radius in zip(low, high, (y, x), radii, strict=True)
            )
            here = tuple(
                slice(a - one.start, b - one.start)
                for a, b, one in zip(low, high, (rows, columns), strict=True)
            )
            correlated[here] = block[of_block]
    return correlated
