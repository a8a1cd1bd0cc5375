"""How far a pixel may rise above its neighbours, or fall below, if all light passed the PSF."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import map_coordinates, spline_filter
from scipy.optimize import linprog

from ..data.psf import CellPsf
from .noise import MAX_LAG, correlation_factor
from .psf import psf_widths

__all__ = ["OFFSETS", "REACH", "SharpFilters", "noise_factors", "sharp_filters"]

#: Neighbours that are looked at lie within this many rows and columns [pixel].
REACH = 2

#: Rows and columns of the neighbours from the pixel itself, (24, 2).
OFFSETS = np.array(
    [(y, x) for y in range(-REACH, REACH + 1) for x in range(-REACH, REACH + 1) if (y, x) != (0, 0)]
)

#: Neighbours that have the same weight, by their distances along the axes.
_RINGS = np.unique(np.sort(np.abs(OFFSETS), axis=1), axis=0)

#: Where the sources lie that are bounded: their distances in PSF sigmas, and how
#: finely; only where the PSF has this part of its largest value, so that the
#: noise of a measured one has no say.
_FARTHEST = 4.5
_STEP = 0.3
_LEAST_LIGHT = 3e-3

#: Scenes in which a bound should be close: light of even brightness, and a
#: point source so many sigmas of the PSF away; and what a bound's noise costs.
_SCENES = (None, 0.0, 1.0, 2.0)
_PRICES = (0.004, 0.03, 0.1)

#: The same for bounds of the eight nearest alone, which serve beside bad pixels.
_NEAR_SCENES = (None, 0.0)
_NEAR_PRICES = (0.03,)

#: No filter weighs neighbours with more than this in all.
_LARGEST_SUM = 8.0

#: Light over noise (of variance) that a prediction from neighbours reckons with.
_LIGHT = 100.0

#: Correlations of noise are believed to lower that of a difference of pixels
#: to this part, no further.
_LEAST_FACTOR = 0.75

_made: weakref.WeakKeyDictionary[CellPsf, dict[float, SharpFilters]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class SharpFilters:
    """Weights of a pixel's neighbours whose sums bound the pixel.

    Parameters
    ----------
    upper, lower : `numpy.ndarray`, (n, 24)
        One row a bound: a weight for each of `OFFSETS`. Whatever light passed
        the PSF, a pixel is at most each ``upper @ neighbours``, and at least
        each ``lower @ neighbours``.
    light : `numpy.ndarray`, (5, 5) of (odd, odd)
        Autocorrelation of the PSF at small lags, 1 in the middle.
    """

    upper: np.ndarray
    lower: np.ndarray
    light: np.ndarray

    @property
    def none(self) -> bool:
        """Whether nothing is bounded: the PSF is hardly wider than a pixel."""
        return len(self.upper) == 0 or len(self.lower) == 0

    @cached_property
    def _covariances(self) -> tuple[np.ndarray, np.ndarray]:
        """Covariances of light: among neighbours (24, 24), and with the pixel (24,)."""
        middle = len(self.light) // 2
        lag = OFFSETS[:, None] - OFFSETS[None] + middle
        among = self.light[lag[..., 0], lag[..., 1]]
        return among, self.light[OFFSETS[:, 0] + middle, OFFSETS[:, 1] + middle]

    def predict(self, neighbours: np.ndarray, noise: np.ndarray, usable: np.ndarray) -> float:
        """The likeliest value of a pixel, from its neighbours alone.

        Parameters
        ----------
        neighbours : `numpy.ndarray`, (24,)
            Their values [count].
        noise : `numpy.ndarray`, (24,)
            Their variances [count^2].
        usable : `numpy.ndarray` of bool, (24,)
            Which of them count.

        Returns
        -------
        value : `float`
            By linear prediction, for light whose pattern is that of the PSF
            [count]; 0 without neighbours.
        """
        if not usable.any():
            return 0.0
        among, along = self._covariances
        level = float(np.median(neighbours[usable]))
        light = _LIGHT * float(np.median(noise[usable]))
        matrix = light * among[np.ix_(usable, usable)] + np.diag(noise[usable])
        weights = np.linalg.solve(matrix, light * along[usable])
        # What is predicted is the departure from the light around.
        return level + float(weights @ (neighbours[usable] - level))


def noise_factors(weights: np.ndarray, correlation: np.ndarray | None) -> np.ndarray:
    """By how much correlations change the noise of a pixel less weighted neighbours.

    Parameters
    ----------
    weights : `numpy.ndarray`, (n, 24)
        Of `OFFSETS`.
    correlation : `numpy.ndarray`, (odd, odd), optional
        Of the noise of pixels; white if not given.

    Returns
    -------
    factors : `numpy.ndarray`, (n,)
    """
    if correlation is None:
        return np.ones(len(weights))
    factors = np.empty(len(weights))
    for k, row in enumerate(weights):
        # As large as the largest lag, so that all of these are seen.
        kernel = np.zeros((2 * max(REACH, MAX_LAG) + 1,) * 2)
        middle = len(kernel) // 2
        kernel[middle, middle] = 1.0
        kernel[OFFSETS[:, 0] + middle, OFFSETS[:, 1] + middle] = -row
        factors[k] = correlation_factor(correlation, kernel)
    return np.maximum(factors, _LEAST_FACTOR)


def sharp_filters(psf: CellPsf, narrower: float) -> SharpFilters:
    """Find the weights whose sums of neighbours bound a pixel.

    Parameters
    ----------
    psf : `~meas_blends.data.psf.CellPsf`
        Bounds hold for its narrowest image, its widest one and that in the
        middle.
    narrower : `float`
        By what part the true PSF may be narrower.

    Returns
    -------
    filters : `SharpFilters`
        Of one PSF and part they are made once.

    Notes
    -----
    An image is a sum of positive point sources, so an inequality that is
    linear in its pixels holds for all images if it holds for the PSF at
    every offset. Of the weights for which it does, linear programming finds
    those that bound a given scene most closely, at a price for their noise.
    """
    made = _made.setdefault(psf, {})
    if narrower not in made:
        images, kind = psf.kinds
        widths = psf_widths(psf)
        rows, columns = kind.shape
        chosen = {
            int(np.argmin(widths)),
            int(np.argmax(widths)),
            int(kind[rows // 2, columns // 2]),
        }
        sources = [
            _Sources.of(images[k], widths[k], 1.0 + part)
            for k in sorted(chosen)
            for part in ((0.0, narrower) if narrower else (0.0,))
        ]
        middle = images[kind[rows // 2, columns // 2]]
        made[narrower] = SharpFilters(
            _bounds(sources, 1.0), _bounds(sources, -1.0), _light_correlation(middle)
        )
    return made[narrower]


@dataclass(frozen=True)
class _Sources:
    """What point sources around a pixel leave in it, and in each ring of its neighbours.

    Parameters
    ----------
    distance : `numpy.ndarray`, (n,)
        Of the sources [PSF sigma].
    pixel : `numpy.ndarray`, (n,)
    rings : `numpy.ndarray`, (n, n_rings)
        Sums over the neighbours of `_RINGS`.
    """

    distance: np.ndarray
    pixel: np.ndarray
    rings: np.ndarray

    @classmethod
    def of(cls, psf: np.ndarray, sigma: float, scale: float) -> _Sources:
        """Sources under a PSF image of a width, made narrower by a factor."""
        reach = _FARTHEST * sigma
        step = max(_STEP * sigma, 0.25)
        number = int(np.ceil(reach / step))
        offset = step * np.arange(-number, number + 1)
        # Weights are the same on opposite sides, so half of the plane says all for both.
        y, x = (axis.ravel() for axis in np.meshgrid(offset[number:], offset, indexing="ij"))
        pad = REACH + 2
        spline = spline_filter(np.pad(psf.astype(np.float64), pad))
        middle = [length // 2 for length in spline.shape]

        def light(dy: float, dx: float) -> np.ndarray:
            places = middle[0] + (y + dy) * scale, middle[1] + (x + dx) * scale
            return map_coordinates(spline, places, order=3, prefilter=False, mode="nearest")

        pixel = light(0.0, 0.0)
        rings = np.zeros((len(pixel), len(_RINGS)))
        ring_of = _ring_of_offsets()
        for (dy, dx), ring in zip(OFFSETS, ring_of, strict=True):
            rings[:, ring] += light(dy, dx)
        bright = pixel > _LEAST_LIGHT * psf.max()
        return cls(np.hypot(y, x)[bright] / sigma, pixel[bright], rings[bright])

    def seen(self, distance: float | None, sizes: np.ndarray) -> np.ndarray:
        """Light in the rings over that in the pixel, in one of `_SCENES`."""
        if distance is None:
            return sizes
        near = np.abs(self.distance - distance) <= max(_STEP / 2, self.distance.min())
        return self.rings[near].mean(axis=0) / self.pixel[near].mean()


def _ring_of_offsets() -> np.ndarray:
    """Which of `_RINGS` each of `OFFSETS` is in, `int` (24,)."""
    kinds = np.sort(np.abs(OFFSETS), axis=1)
    return np.argmax((kinds[:, None] == _RINGS[None]).all(axis=2), axis=1)


def _bounds(sources: list[_Sources], sign: float) -> np.ndarray:
    """Weights that bound a pixel from above (sign 1) or below (-1), (n, 24)."""
    sizes = np.bincount(_ring_of_offsets()).astype(float)
    # All sources of one light, so that the solver sees numbers of one size; and even light.
    matrix = np.vstack([*(one.rings / one.pixel[:, None] for one in sources), sizes])
    known = np.ones(len(matrix))
    near = _RINGS[:, 1] <= 1
    found = []
    for rings, scenes, prices in (
        (near, _NEAR_SCENES, _NEAR_PRICES),
        (np.ones(len(_RINGS), bool), _SCENES, _PRICES),
    ):
        for scene in scenes:
            seen = sources[0].seen(scene, sizes)[rings]
            for price in prices:
                # Weights are differences of two positive numbers, which have the price.
                cost = np.concatenate([sign * seen, -sign * seen]) + price * np.tile(
                    sizes[rings], 2
                )
                part = sign * matrix[:, rings]
                solved = linprog(
                    cost,
                    A_ub=np.hstack([-part, part]),
                    b_ub=-sign * known,
                    bounds=(0.0, _LARGEST_SUM),
                    method="highs",
                )
                if solved.status == 0:
                    weights = np.zeros(len(_RINGS))
                    half = np.count_nonzero(rings)
                    weights[rings] = solved.x[:half] - solved.x[half:]
                    found.append(weights)
    if not found:
        return np.zeros((0, len(OFFSETS)))
    different = np.unique(np.round(found, 6), axis=0)
    return different[:, _ring_of_offsets()]


def _light_correlation(psf: np.ndarray) -> np.ndarray:
    """Autocorrelation of a PSF image at lags up to twice the reach, 1 in the middle."""
    reach = 2 * REACH
    image = np.pad(psf.astype(np.float64), reach)
    inner = psf.astype(np.float64)
    ny, nx = psf.shape
    lags = np.array(
        [
            [np.sum(inner * image[j : j + ny, i : i + nx]) for i in range(2 * reach + 1)]
            for j in range(2 * reach + 1)
        ]
    )
    return lags / lags[reach, reach]
