"""The variance of an image from its own pixels."""

from __future__ import annotations

import numpy as np
import sep
from scipy import ndimage

from ..data.large import image_array
from ..data.tiles import row_strips
from .noise import blank_pixels, clipped_scatter, flattened, some_pixels
from .rounding import dithered

__all__ = ["estimate_variance"]

#: Side of the cells in which the noise level is estimated [pixel].
_MESH = 64

#: Enough values to meet two that differ by one step of rounding.
_ENOUGH_STEPS = 20_000

#: With less of the image blank than this, its noise is not measured there.
_CROWDED = 0.05

#: Below this ratio of the scatter below the mode to the clipped scatter, the
#: values are skewed by sources, more than by chance.
_SKEWED = 0.8


def estimate_variance(image: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Variance of the sky noise around each pixel, from the image alone.

    The clipped scatter in cells of 64 pixels, without the pixels of sources,
    interpolated (`sep.Background`); an image smaller than a cell is one
    cell. The photon noise of the sources themselves is not in it.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Image [count]. Bad pixels may hold anything.
    bad : `numpy.ndarray` of `bool`, (ny, nx)
        Pixels not to use.

    Returns
    -------
    variance : `numpy.ndarray` of float32, (ny, nx)
        [count^2]; positive and finite everywhere, even where nothing can be
        estimated: then from the whole image, or 1.
    """
    use = image_array(image.shape, bool)
    for rows in row_strips(image.shape):
        use[rows] = ~bad[rows] & np.isfinite(image[rows])
    variance = image_array(image.shape, np.float32)
    variance += np.float32(1)
    if not use.any():
        return variance
    good = some_pixels(image, use)
    image, added = dithered(image, bad)
    level, scatter = clipped_scatter(some_pixels(image, use))
    if scatter == 0:
        # Most pixels are exactly equal: an image without noise, or padded.
        scatter = float(image[use].std(dtype=np.float64))
    if scatter == 0:
        return variance
    bad = np.logical_not(use, out=use)
    flat = flattened(image, bad, level, scatter)
    # What was added noise to is as large as the image, and done with.
    del image
    ny, nx = flat.shape
    background = sep.Background(flat, mask=bad, bw=min(_MESH, nx), bh=min(_MESH, ny))
    background.subfrom(flat)
    # A spline overshoots, and a cell without pixels gives zero.
    rms = background.rms(dtype=np.float32)
    for rows in row_strips(flat.shape):
        np.copyto(variance[rows], rms[rows], where=rms[rows] > 0.1)
    del rms
    flat /= variance
    blank = blank_pixels(flat, bad)
    if blank.mean() < _CROWDED:
        blank = ~bad
    _scale_by_local_scatter(variance, flat, blank)
    variance *= np.float32(scatter)
    variance *= variance
    variance -= np.float32(added)
    least = max(_rounding_variance(good), np.finfo(np.float32).tiny)
    return np.maximum(variance, np.float32(least), out=variance)


def _rounding_variance(values: np.ndarray) -> float:
    """Variance of rounding to the steps between the values: a twelfth of a step squared.

    An image of integers whose noise is below one count would otherwise have
    none, and all that its background is off by would be significant. Two
    values alone tell of no steps.
    """
    steps = np.diff(np.unique(values[:: 1 + values.size // _ENOUGH_STEPS].astype(np.float64)))
    return float(steps.min()) ** 2 / 12.0 if steps.size > 1 else 0.0


def _scale_by_local_scatter(out: np.ndarray, image: np.ndarray, use: np.ndarray) -> None:
    """Multiply by the noise around each pixel of an image of nearly even noise, if it has any."""
    some = some_pixels(image, use)
    _, overall = clipped_scatter(some)
    lower = _lower_scatter(some)
    if overall == 0:
        return
    # Where sources fill the image, only the side below the mode is noise.
    if 0 < lower < _SKEWED * overall:
        out *= np.float32(lower)
        return
    rows, columns = (np.arange(0, max(n - _MESH // 2, 1), _MESH) for n in image.shape)
    sums = [
        _cell_sums(image[start:stop], use[start:stop], 5.0 * overall, columns)
        for start, stop in zip(rows, [*rows[1:], len(image)], strict=True)
    ]
    count, total, squares = np.stack(sums, axis=1)
    count = np.maximum(count, 1)
    variance = squares / count - (total / count) ** 2
    grid = np.where(count > 0.05 * _MESH**2, np.sqrt(np.maximum(variance, 0.0)), overall)
    grid = ndimage.median_filter(np.maximum(grid, 0.1 * overall), size=3, mode="nearest")
    by_row, by_column = (
        _linear_weights(n, edges) for n, edges in zip(image.shape, (rows, columns), strict=True)
    )
    for part in row_strips(image.shape):
        out[part] *= by_row[part] @ grid @ by_column.T


def _cell_sums(image: np.ndarray, use: np.ndarray, limit: float, columns: np.ndarray) -> np.ndarray:
    """Number, sum and sum of squares of the pixels to use in each cell of a row of cells."""
    use = use & (np.abs(image) < limit)
    values = np.where(use, image, np.float32(0)).astype(np.float64)
    return np.add.reduceat(
        np.stack([use.sum(axis=0), values.sum(axis=0), (values**2).sum(axis=0)]), columns, axis=1
    )


def _linear_weights(length: int, edges: np.ndarray) -> np.ndarray:
    """Weights (length, cells) that interpolate from cells to pixels."""
    centres = edges + 0.5 * _MESH
    pixels = np.arange(length) + 0.5
    return np.column_stack([np.interp(pixels, centres, one) for one in np.eye(len(edges))])


def _lower_scatter(values: np.ndarray) -> float:
    """Standard deviation of the noise from the values below their mode.

    The mode is the middle of the shortest interval that holds half of them.
    """
    ordered = np.sort(values.astype(np.float64))
    half = len(ordered) // 2
    start = np.argmin(ordered[half:] - ordered[: len(ordered) - half])
    mode = 0.5 * (ordered[start] + ordered[start + half])
    below = mode - ordered[ordered <= mode]
    return float(np.median(below)) / 0.6745
