"""How strong noise is, where an image is blank, and how its pixels correlate."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import sep
from scipy import fft, ndimage
from scipy.optimize import nnls

from ..data.large import image_array
from ..data.tiles import filter_strips, row_strips

__all__ = [
    "MAX_LAG",
    "PixelNoise",
    "best_window",
    "blank_pixels",
    "clipped_scatter",
    "correlation_factor",
    "flattened",
    "measure_noise",
    "rough_median",
    "some_pixels",
    "sum_factor",
]

#: Largest lag at which the noise of pixels is taken to correlate [pixel]: that of
#: interpolation by Lanczos kernels of third order, but for a share of 0.003.
MAX_LAG = 3

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

#: Side of the cells of the background that blank pixels are freed of [pixel].
_NOISE_MESH = 128

#: Least and largest lag up to which unseen light is looked for [pixel].
_FAR_LAGS = (8, 20)

#: Widths of unseen galaxies, smoothed by the PSF, in units of the PSF's.
_UNSEEN_WIDTHS = (1.0, 1.6)

#: Where less of the variance than this would be noise, it cannot be told from light.
_LEAST_SHARE = 0.5


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


class PixelNoise(NamedTuple):
    """Noise of single pixels, told apart from galaxies too faint to see.

    Parameters
    ----------
    scatter : `float`
        Standard deviation of a pixel's noise, in the unit of the image.
    error : `float`
        Standard error of ``scatter`` relative to it.
    correlation : `numpy.ndarray`, (2 MAX_LAG + 1, 2 MAX_LAG + 1)
        Autocorrelation of the noise at small lags: 1 at lag 0, in the middle.
    """

    scatter: float
    error: float
    correlation: np.ndarray


def measure_noise(image: np.ndarray, bad: np.ndarray, sigma: float) -> PixelNoise | None:
    """Measure the noise of single pixels and how it correlates, from blank pixels.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Image of nearly even noise, as in units of its standard deviation. Bad
        pixels may hold anything.
    bad : `numpy.ndarray` of `bool`, (ny, nx)
        Pixels not to use.
    sigma : `float`
        Width of the PSF [pixel].

    Returns
    -------
    noise : `PixelNoise` or `None`
        `None` if there are too few blank pixels to tell, they do not scatter,
        or unseen light makes most of it, as in the disk of a nearby galaxy.

    Notes
    -----
    Galaxies too faint to be seen scatter blank pixels as well, by 5% at LSST's
    ten-year depth, but not as noise does: the PSF spreads each over many
    pixels. Beyond the lags that resampling correlates the autocovariance of
    blank pixels is theirs alone (and what the background is off by); what the
    autocovariance of unresolved and of somewhat larger galaxies makes of it
    there, fitted without negative weights, is taken off at small lags.
    """
    window = best_window(bad)
    image, bad = image[window], bad[window] | ~np.isfinite(image[window])
    if bad.all():
        return None
    level = np.float32(rough_median(image, bad))
    mesh = [min(_NOISE_MESH, length) for length in image.shape]
    image = flattened(image, bad, level)
    sep.Background(image, mask=bad, bh=mesh[0], bw=mesh[1]).subfrom(image)
    use = blank_pixels(image, bad)
    centre, scatter = clipped_scatter(image[use])
    use &= np.abs(image - centre) <= 4.0 * scatter
    number = int(use.sum())
    if scatter == 0 or number < _ENOUGH_PIXELS:
        return None
    far = int(np.clip(np.ceil(4.0 * sigma), *_FAR_LAGS))
    far = min(far, (min(image.shape) - 1) // 2)
    if far <= MAX_LAG:
        return None
    noise = np.where(use, image - image[use].mean(), 0.0).astype(np.float32)
    products = _autocorrelation(noise, far)
    pairs = _autocorrelation(use.astype(np.float32), far)
    covariance = np.where(pairs > 0.5, products / np.maximum(pairs, 1.0), 0.0)
    lag = np.abs(np.arange(-far, far + 1))
    farther, nearer = np.maximum(lag[:, None], lag), np.minimum(lag[:, None], lag)
    # Interpolation goes axis by axis, so its farthest correlations lie along the axes.
    correlated = (farther < MAX_LAG) | ((farther == MAX_LAG) & (nearer == 0))
    unseen = _unseen_light(covariance, sigma, ~correlated)
    if covariance[far, far] - unseen[far, far] < _LEAST_SHARE * covariance[far, far]:
        return None
    near = slice(far - MAX_LAG, far + MAX_LAG + 1)
    own = np.where(correlated, covariance - unseen, 0.0)[near, near]
    variance = own[MAX_LAG, MAX_LAG]
    correlation = own / variance
    # What chance makes of as many pixels is no correlation.
    correlation[np.abs(correlation) < 2.0 / np.sqrt(number)] = 0.0
    return PixelNoise(float(np.sqrt(variance)), float(1.0 / np.sqrt(number)), correlation)


def _unseen_light(covariance: np.ndarray, sigma: float, apart: np.ndarray) -> np.ndarray:
    """Autocovariance of light that the PSF has smoothed, from lags at which noise has none."""
    lag = np.arange(len(covariance)) - len(covariance) // 2
    square = lag[:, None] ** 2 + lag**2
    # Gaussians have an autocovariance of twice their variance.
    light = [np.exp(-square / (4.0 * (width * sigma) ** 2)) for width in _UNSEEN_WIDTHS]
    level = np.ones(covariance.shape)
    shapes = np.stack([*light, level, -level], axis=-1)
    weights, _ = nnls(shapes[apart], covariance[apart])
    return shapes @ weights


def correlation_factor(correlation: np.ndarray, kernel: np.ndarray) -> float:
    """By how much correlations raise the noise of a smoothed image.

    White noise smoothed with a kernel k has the variance ``sum(k^2)``; noise
    with the autocorrelation r has ``sum over lags of r A``, where A is the
    kernel's own autocorrelation and ``A(0) = sum(k^2)`` (the "correlated
    noise correction" of Buchanan et al. 2022, ApJ 924, 94).

    Parameters
    ----------
    correlation : `numpy.ndarray`, (odd, odd)
        Autocorrelation of the noise, lag 0 in the middle.
    kernel : `numpy.ndarray`, (ny, nx)

    Returns
    -------
    factor : `float`
        Standard deviation of the smoothed noise over that of white noise of
        the same variance.
    """
    max_lag = len(correlation) // 2
    own = _autocorrelation(np.asarray(kernel, np.float64), max_lag)
    ratio = float(np.sum(correlation * own) / own[max_lag, max_lag])
    # Over-subtracted backgrounds anticorrelate the noise, but not below this.
    return float(np.sqrt(max(ratio, 0.25)))


def sum_factor(correlation: np.ndarray, area: np.ndarray) -> np.ndarray:
    """By how much correlations raise the noise of the sum of many pixels.

    Parameters
    ----------
    correlation : `numpy.ndarray`, (odd, odd)
        Autocorrelation of the noise, lag 0 in the middle.
    area : `numpy.ndarray`, (n,)
        Pixels of each sum, which is taken to be over a disk.

    Returns
    -------
    factor : `numpy.ndarray`, (n,)
        Standard deviation of the sum over that for independent pixels.
    """
    max_lag = len(correlation) // 2
    lag = np.arange(-max_lag, max_lag + 1)
    apart = np.hypot(lag[:, None], lag)
    # Share of a disk that its copy, shifted by the lag, has in common with it.
    shift = apart[..., None] / (2.0 * np.sqrt(np.maximum(area, 1) / np.pi))
    shift = np.minimum(shift, 1.0)
    common = (2.0 / np.pi) * (np.arccos(shift) - shift * np.sqrt(1.0 - shift**2))
    ratio = np.sum(correlation[..., None] * common, axis=(0, 1))
    return np.sqrt(np.maximum(ratio, 0.25))


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
