"""How strong noise is, where an image is blank, and how its pixels correlate."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import fft, ndimage

from ..data.large import image_array
from ..data.tiles import filter_strips, row_strips

__all__ = [
    "best_window",
    "blank_pixels",
    "clipped_scatter",
    "flattened",
    "noise_correlation",
    "rough_median",
    "smoothing_noise_factor",
    "some_pixels",
]

#: Sources are looked for at these scales [pixel], above this many sigma: few
#: enough noise peaks reach it that leaving them out does not bias the noise.
_SOURCE_SCALES = (1.5, 4.0)
_SOURCE_THRESHOLD = 3.3

#: Half-width of the smoothing kernels, in sigma.
_CUT = 3.0

#: A Gaussian cut at 3 sigma has this much of its standard deviation left.
_CLIPPED = 0.9866

#: Enough values, and enough of a side [pixel], to measure noise to a per mille.
_ENOUGH_VALUES = 500_000
_ENOUGH_SIDE = 1024

#: Pixels of which a median tells the level of an image well enough.
_ENOUGH_PIXELS_OF_LEVEL = 250_000

#: Fewer blank pixels than this say nothing about correlations.
_ENOUGH_PIXELS = 400


def clipped_scatter(values: np.ndarray) -> tuple[float, float]:
    """Centre and standard deviation of noise with outliers.

    Clipped at 3 sigma until nothing more is clipped, from a start at the
    median and the quartiles, and corrected for the tails that Gaussian noise
    loses by that.

    Parameters
    ----------
    values : `numpy.ndarray`, (n,)
        Finite values.

    Returns
    -------
    centre, scatter : `float`
        Of the noise; zeros for no values.
    """
    values = np.ravel(values)
    values = values[:: 1 + values.size // _ENOUGH_VALUES].astype(np.float64)
    if values.size == 0:
        return 0.0, 0.0
    low, centre, high = np.percentile(values, [25, 50, 75])
    scatter = (high - low) / 1.349
    for _ in range(20):
        kept = values[np.abs(values - centre) <= 3.0 * scatter]
        new = (float(kept.mean()), float(kept.std()) / _CLIPPED)
        if abs(new[1] - scatter) <= 1e-3 * scatter:
            break
        centre, scatter = new
    return new


def rough_median(image: np.ndarray, bad: np.ndarray) -> float:
    """Median of enough of the pixels of an image.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Bad pixels may hold anything.
    bad : `numpy.ndarray` of bool, (ny, nx)
        Pixels not to use; not all of them.

    Returns
    -------
    median : `float`
        Of the pixels to use among every few along both axes.
    """
    step = max(int(np.sqrt(image.size / _ENOUGH_PIXELS_OF_LEVEL)), 1)
    part = (slice(None, None, step), slice(None, None, step))
    some = image[part][~bad[part]]
    return float(np.median(some if some.size else image[~bad]))


def flattened(image: np.ndarray, bad: np.ndarray, level: float, unit: float = 1.0) -> np.ndarray:
    """Subtract a number from an image, in units of another; bad pixels become 0.

    Parameters
    ----------
    image : `numpy.ndarray` of float32, (ny, nx)
    bad : `numpy.ndarray` of bool, (ny, nx)
        Pixels that may hold anything.
    level, unit : `float`
        [count].

    Returns
    -------
    flat : `numpy.ndarray` of float32, (ny, nx)
    """
    flat = image_array(image.shape, np.float32)
    for rows in row_strips(image.shape):
        part = flat[rows]
        np.subtract(image[rows], np.float32(level), out=part)
        part /= np.float32(unit)
        part[bad[rows]] = 0
    return flat


def blank_pixels(image: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Pixels away from sources.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Image of even noise, as in units of its noise. Bad pixels may hold
        anything.
    bad : `numpy.ndarray` of `bool`, (ny, nx)
        Pixels not to use.

    Returns
    -------
    blank : `numpy.ndarray` of `bool`, (ny, nx)
        Not bad, and not near where the image, smoothed either a little or
        enough to show the wings of galaxies, stands far out of its noise.
    """
    use = np.logical_not(bad, out=image_array(bad.shape, bool))
    centre, _ = clipped_scatter(some_pixels(image, use))
    clean = flattened(image, bad, centre)
    blank = use
    for sigma in _SOURCE_SCALES:
        smooth = filter_strips(partial(_smooth, sigma=sigma), clean, int(np.ceil(_CUT * sigma)))
        level, scatter = clipped_scatter(some_pixels(smooth, use))
        reach = int(np.ceil(2.0 * sigma))
        near = partial(_near, limit=level + _SOURCE_THRESHOLD * scatter, reach=reach)
        source = filter_strips(near, smooth, reach)
        blank = np.greater(blank, source, out=source)
    return blank


def _smooth(image: np.ndarray, sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(image, sigma, mode="constant", truncate=_CUT)


def _near(image: np.ndarray, limit: float, reach: int) -> np.ndarray:
    """Pixels near those above a limit."""
    return ndimage.maximum_filter(image > limit, size=2 * reach + 1)


def some_pixels(image: np.ndarray, use: np.ndarray) -> np.ndarray:
    """Enough of the pixels of an image to measure noise by; all of them of a small one.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Pixels that are not used may hold anything.
    use : `numpy.ndarray` of bool, (ny, nx)
        Pixels to use.

    Returns
    -------
    values : `numpy.ndarray`, (n,)
    """
    step = 1 + image.size // _ENOUGH_VALUES
    some = image.ravel()[::step][use.ravel()[::step]]
    return some if some.size else image[use]


def noise_correlation(image: np.ndarray, bad: np.ndarray, max_lag: int = 2) -> np.ndarray:
    """Autocorrelation of the noise at small lags, from blank pixels.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Background-subtracted image in units of its noise. Bad pixels may
        hold anything.
    bad : `numpy.ndarray` of `bool`, (ny, nx)
        Pixels not to use.
    max_lag : `int`, optional
        Largest lag along each axis [pixel]. Resampling correlates pixels no
        farther; a much larger one would count faint galaxies as noise.

    Returns
    -------
    correlation : `numpy.ndarray`, (2 max_lag + 1, 2 max_lag + 1)
        One at zero lag, in the middle; zero elsewhere if there are too few
        blank pixels to tell.
    """
    correlation = np.zeros((2 * max_lag + 1, 2 * max_lag + 1))
    correlation[max_lag, max_lag] = 1.0
    window = best_window(bad)
    image, bad = image[window], bad[window] | ~np.isfinite(image[window])
    if bad.all():
        return correlation
    use = blank_pixels(image, bad)
    centre, scatter = clipped_scatter(image[use])
    use &= np.abs(image - centre) <= 4.0 * scatter
    if scatter == 0 or use.sum() < _ENOUGH_PIXELS:
        return correlation
    noise = np.where(use, image - image[use].mean(), 0.0).astype(np.float32)
    products = _autocorrelation(noise, max_lag)
    pairs = _autocorrelation(use.astype(np.float32), max_lag)
    measured = pairs > 0.5
    correlation[measured] = products[measured] / pairs[measured]
    return correlation / correlation[max_lag, max_lag]


def smoothing_noise_factor(
    image: np.ndarray, bad: np.ndarray, sigma: float, max_lag: int = 2
) -> float:
    """By how much correlations raise the noise of a smoothed image.

    White noise smoothed with a kernel k has the variance ``sum(k^2)``; noise
    with the autocorrelation r has ``sum over lags of r A``, where A is the
    kernel's own autocorrelation and ``A(0) = sum(k^2)`` (the "correlated
    noise correction" of Buchanan et al. 2022, ApJ 924, 94).

    Parameters
    ----------
    image, bad, max_lag
        As for `noise_correlation`.
    sigma : `float`
        Of the Gaussian kernel [pixel].

    Returns
    -------
    factor : `float`
        Standard deviation of the smoothed noise over that of white noise of
        the same variance; 1 if it cannot be told.
    """
    correlation = noise_correlation(image, bad, max_lag)
    lag = np.arange(-max_lag, max_lag + 1)
    # A Gaussian's autocorrelation is a Gaussian of twice the variance.
    kernel = np.exp(-0.25 * (lag / sigma) ** 2)
    ratio = float(np.sum(correlation * np.outer(kernel, kernel)))
    # Over-subtracted backgrounds anticorrelate the noise, but not below this.
    return float(np.sqrt(max(ratio, 0.25)))


def _autocorrelation(image: np.ndarray, max_lag: int) -> np.ndarray:
    """Sums of products of all pairs of pixels at lags up to ``max_lag``."""
    shape = tuple(fft.next_fast_len(n + max_lag, real=True) for n in image.shape)
    power = np.abs(fft.rfft2(image, shape)) ** 2
    lags = np.arange(-max_lag, max_lag + 1)
    return fft.irfft2(power, shape)[np.ix_(lags, lags)].astype(np.float64)


def best_window(bad: np.ndarray) -> tuple[slice, slice]:
    """Part of a large image with the most good pixels, enough to measure noise in.

    Parameters
    ----------
    bad : `numpy.ndarray` of bool, (ny, nx)

    Returns
    -------
    rows, columns : `slice`
    """
    ny, nx = bad.shape
    corners = [
        (slice(y, y + _ENOUGH_SIDE), slice(x, x + _ENOUGH_SIDE))
        for y in range(0, max(ny - _ENOUGH_SIDE // 2, 1), _ENOUGH_SIDE)
        for x in range(0, max(nx - _ENOUGH_SIDE // 2, 1), _ENOUGH_SIDE)
    ]
    return max(corners, key=lambda corner: np.count_nonzero(~bad[corner]))
