"""How strong the noise of an image is, and how its pixels correlate."""

from __future__ import annotations

import numpy as np
import sep
from scipy import fft, ndimage

__all__ = [
    "blank_pixels",
    "clipped_scatter",
    "estimate_variance",
    "noise_correlation",
    "smoothing_noise_factor",
]

#: Side of the cells in which the noise level is estimated [pixel].
_MESH = 64

#: Sources are looked for at these scales [pixel], above this many sigma: few
#: enough noise peaks reach it that leaving them out does not bias the noise.
_SOURCE_SCALES = (1.5, 4.0)
_SOURCE_THRESHOLD = 3.3

#: A Gaussian cut at 3 sigma has this much of its standard deviation left.
_CLIPPED = 0.9866

#: Enough values, and enough of a side [pixel], to measure noise to a per mille.
_ENOUGH_VALUES = 500_000
_ENOUGH_SIDE = 1024

#: Enough values to meet two that differ by one step of rounding.
_ENOUGH_STEPS = 20_000

#: With less of the image blank than this, its noise is not measured there.
_CROWDED = 0.05

#: Below this ratio of the scatter below the mode to the clipped scatter, the
#: values are skewed by sources, more than by chance.
_SKEWED = 0.8

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
    centre, _ = clipped_scatter(image[~bad])
    clean = np.where(bad, 0.0, image - centre).astype(np.float32)
    blank = ~bad
    for sigma in _SOURCE_SCALES:
        smooth = ndimage.gaussian_filter(clean, sigma, mode="constant", truncate=3.0)
        level, scatter = clipped_scatter(smooth[~bad])
        source = smooth > level + _SOURCE_THRESHOLD * scatter
        blank &= ~ndimage.maximum_filter(source, size=2 * int(np.ceil(2.0 * sigma)) + 1)
    return blank


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
    bad = bad | ~np.isfinite(image)
    if bad.all():
        return np.ones(image.shape, np.float32)
    good = image[~bad]
    level, scatter = clipped_scatter(good)
    if scatter == 0:
        # Most pixels are exactly equal: an image without noise, or padded.
        scatter = float(good.std(dtype=np.float64))
    if scatter == 0:
        return np.ones(image.shape, np.float32)
    normalised = np.where(bad, 0.0, (image - level) / scatter).astype(np.float32)
    ny, nx = image.shape
    background = sep.Background(normalised, mask=bad, bw=min(_MESH, nx), bh=min(_MESH, ny))
    rms = background.rms(dtype=np.float32)
    # A spline overshoots, and a cell without pixels gives zero.
    rms[~(rms > 0.1)] = 1.0
    flat = (normalised - background.back(dtype=np.float32)) / rms
    blank = blank_pixels(flat, bad)
    if blank.mean() < _CROWDED:
        blank = ~bad
    rms *= _local_scatter(flat, blank) * scatter
    return np.maximum(rms**2, max(_rounding_variance(good), np.finfo(np.float32).tiny))


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
    window = _best_window(bad)
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


def _rounding_variance(values: np.ndarray) -> float:
    """Variance of rounding to the steps between the values: a twelfth of a step squared.

    An image of integers whose noise is below one count would otherwise have
    none, and all that its background is off by would be significant. Two
    values alone tell of no steps.
    """
    steps = np.diff(np.unique(values[:: 1 + values.size // _ENOUGH_STEPS].astype(np.float64)))
    return float(steps.min()) ** 2 / 12.0 if steps.size > 1 else 0.0


def _local_scatter(image: np.ndarray, use: np.ndarray) -> np.ndarray:
    """Noise around each pixel of an image of nearly even noise, positive everywhere."""
    _, overall = clipped_scatter(image[use])
    lower = _lower_scatter(image[use])
    if overall == 0:
        return np.ones(image.shape, np.float32)
    # Where sources fill the image, only the side below the mode is noise.
    if 0 < lower < _SKEWED * overall:
        return np.full(image.shape, lower, np.float32)
    use = use & (np.abs(image) < 5.0 * overall)
    values = np.where(use, image, np.float32(0))
    rows, columns = (np.arange(0, max(n - _MESH // 2, 1), _MESH) for n in image.shape)

    def cells(pixels: np.ndarray) -> np.ndarray:
        by_row = np.add.reduceat(pixels, rows, axis=0, dtype=np.float64)
        return np.add.reduceat(by_row, columns, axis=1)

    count = np.maximum(cells(use), 1)
    variance = cells(values**2) / count - (cells(values) / count) ** 2
    grid = np.where(count > 0.05 * _MESH**2, np.sqrt(np.maximum(variance, 0.0)), overall)
    grid = ndimage.median_filter(np.maximum(grid, 0.1 * overall), size=3, mode="nearest")
    weights = [
        _linear_weights(n, edges) for n, edges in zip(image.shape, (rows, columns), strict=True)
    ]
    return (weights[0] @ grid @ weights[1].T).astype(np.float32)


def _linear_weights(length: int, edges: np.ndarray) -> np.ndarray:
    """Weights (length, cells) that interpolate from cells to pixels."""
    centres = edges + 0.5 * _MESH
    pixels = np.arange(length) + 0.5
    return np.column_stack([np.interp(pixels, centres, one) for one in np.eye(len(edges))])


def _lower_scatter(values: np.ndarray) -> float:
    """Standard deviation of the noise from the values below their mode.

    The mode is the middle of the shortest interval that holds half of them.
    """
    values = values[:: 1 + values.size // _ENOUGH_VALUES]
    ordered = np.sort(values.astype(np.float64))
    half = len(ordered) // 2
    start = np.argmin(ordered[half:] - ordered[: len(ordered) - half])
    mode = 0.5 * (ordered[start] + ordered[start + half])
    below = mode - ordered[ordered <= mode]
    return float(np.median(below)) / 0.6745


def _autocorrelation(image: np.ndarray, max_lag: int) -> np.ndarray:
    """Sums of products of all pairs of pixels at lags up to ``max_lag``."""
    shape = tuple(fft.next_fast_len(n + max_lag, real=True) for n in image.shape)
    power = np.abs(fft.rfft2(image, shape)) ** 2
    lags = np.arange(-max_lag, max_lag + 1)
    return fft.irfft2(power, shape)[np.ix_(lags, lags)].astype(np.float64)


def _best_window(bad: np.ndarray) -> tuple[slice, slice]:
    """Part of a large image with the most good pixels, enough to measure noise in."""
    ny, nx = bad.shape
    corners = [
        (slice(y, y + _ENOUGH_SIDE), slice(x, x + _ENOUGH_SIDE))
        for y in range(0, max(ny - _ENOUGH_SIDE // 2, 1), _ENOUGH_SIDE)
        for x in range(0, max(nx - _ENOUGH_SIDE // 2, 1), _ENOUGH_SIDE)
    ]
    return max(corners, key=lambda corner: np.count_nonzero(~bad[corner]))
