"""The matched filter: a smoothed image, and the point-source S/N of every pixel."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..data.coadd import Coadd
from ..data.large import image_array
from ..data.tiles import tiles
from .convolve import convolve_separable, correlate, padded
from .noise import best_window, clipped_scatter, rough_median, smoothing_noise_factor
from .psf import psf_widths, typical_width

__all__ = ["STRIDE", "FilteredCoadd", "MatchedFilter", "excess_scatter", "matched_filter"]

#: Half-width of the Gaussian kernel in sigma; beyond it lies 1e-4 of a point source's S/N.
_TRUNCATE = 4.0

#: A smoothed image that scatters by more than this many times its noise is
#: filled with sources, and its scatter no longer says anything of its noise.
_CROWDED = 2.0

#: Every how many pixels the scatter is measured, along each axis.
STRIDE = 3

#: Side of the tiles in which it is: a multiple of the stride [pixel].
_SAMPLED_TILE = 600 * STRIDE

_ALL = slice(None)


@dataclass(frozen=True)
class FilteredCoadd:
    """A coadd with its matched-filtered images.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete and background-subtracted; its bad pixels are 0.
    bad : `numpy.ndarray` of bool, (ny, nx)
        Pixels without usable light.
    smoothed : `numpy.ndarray` of float32, (ny, nx)
        Image convolved with the unit-sum kernel [count]: the image in which
        LSST finds peaks, and whose value is ``peakValue``.
    significance : `numpy.ndarray` of float32, (ny, nx)
        Flux of a point source centred on each pixel over its standard error.
    sigma : `float`
        Adaptive-moments width of the PSF [pixel]: a typical one, where it
        varies; see `width_at`.
    noise_factor : `float`
        What the standard errors of white noise were multiplied by.
    typical_noise : `float`
        Median standard deviation of the usable pixels, of the whole coadd
        where this is a window of it [count]; 1 if there are none.
    """

    coadd: Coadd
    bad: np.ndarray
    smoothed: np.ndarray
    significance: np.ndarray
    sigma: float
    noise_factor: float
    typical_noise: float

    def width_at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Width of the PSF at positions.

        Parameters
        ----------
        x, y : array-like, (n,)
            Parent pixels.

        Returns
        -------
        sigma : `numpy.ndarray`, (n,)
            By adaptive moments [pixel].
        """
        if self.varies:
            psf = self.coadd.psf
            return psf_widths(psf)[psf.kind_at(x, y)]
        return np.full(np.shape(x), self.sigma)

    @property
    def varies(self) -> bool:
        """Whether the PSF is not the same everywhere."""
        return self.coadd.psf is not None and not self.coadd.psf.is_constant


@dataclass(frozen=True)
class MatchedFilter:
    """A matched filter that is worked out where it is wanted.

    What belongs to the whole coadd, such as its noise, is known; smoothed
    image and S/N are made of one window at a time, and are to the bit those
    of the whole. So a coadd may be much larger than what there is memory for
    a `FilteredCoadd` of it.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete and background-subtracted.
    bad : `numpy.ndarray` of bool, (ny, nx)
        Pixels without usable light.
    image : `numpy.ndarray` of float32, (ny, nx)
        What is smoothed: the coadd's image, or the same less another
        background.
    kernel : `str`
        As for `matched_filter`.
    sigma, typical_noise : `float`
        As of `FilteredCoadd`.
    correlation, excess : `float`
        The parts of its ``noise_factor`` that come from the autocorrelation
        of pixels and from the scatter of the S/N.
    """

    coadd: Coadd
    bad: np.ndarray
    image: np.ndarray
    kernel: str
    sigma: float
    typical_noise: float
    correlation: float = 1.0
    excess: float = 1.0

    @classmethod
    def fit(
        cls,
        coadd: Coadd,
        kernel: str = "gaussian",
        noise: str = "scatter",
        image: np.ndarray | None = None,
    ) -> MatchedFilter:
        """Measure what has to be known of the whole coadd.

        Parameters
        ----------
        coadd, kernel, noise
            As for `matched_filter`.
        image : `numpy.ndarray` of float32, (ny, nx), optional
            What to smooth in place of the coadd's image.

        Returns
        -------
        matched : `MatchedFilter`
        """
        bad = coadd.bad
        typical = 1.0 if bad.all() else float(np.sqrt(rough_median(coadd.variance, bad)))
        image = coadd.image if image is None else image
        matched = cls(coadd, bad, image, kernel, typical_width(coadd.psf), typical)
        if coadd.origins.get("variance", "").startswith("estimated"):
            matched = dataclasses.replace(matched, correlation=matched._correlation())
        if noise == "scatter":
            matched = dataclasses.replace(matched, excess=matched._excess())
        return matched

    @property
    def noise_factor(self) -> float:
        """What the standard errors of white noise are multiplied by."""
        return self.correlation * self.excess

    def window(self, rows: slice = _ALL, columns: slice = _ALL) -> FilteredCoadd:
        """Filter a part of the coadd.

        Parameters
        ----------
        rows, columns : `slice`, optional
            The part, array pixels; by default all of it.

        Returns
        -------
        filtered : `FilteredCoadd`
        """
        ny, nx = self.coadd.shape
        rows, columns = slice(*rows.indices(ny)), slice(*columns.indices(nx))
        coadd = self.coadd.window(rows, columns)
        bad = np.ascontiguousarray(self.bad[rows, columns])
        smoothed, significance = self._filter(rows, columns)
        return FilteredCoadd(
            coadd.replace(image=np.where(bad, np.float32(0), coadd.image)),
            bad,
            smoothed,
            significance,
            self.sigma,
            self.noise_factor,
            self.typical_noise,
        )

    @cached_property
    def significance(self) -> np.ndarray:
        """Point-source S/N of every pixel of the coadd, float32 (ny, nx)."""
        whole = image_array(self.coadd.shape, np.float32)
        for rows, columns in tiles(self.coadd.shape):
            _, whole[rows, columns] = self._filter(rows, columns)
        return whole

    def _filter(self, rows: slice, columns: slice, step: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Smoothed image and point-source S/N of every ``step``-th pixel of a part."""
        if self.coadd.psf.is_constant:
            smoothed, variance = self._convolve(0, rows, columns, step)
        else:
            smoothed, variance = self._convolve_parts(rows, columns, step)
        # Where every pixel under the kernel is bad there is neither signal nor noise.
        floor = np.float32(np.finfo(np.float32).tiny)
        error = np.sqrt(np.maximum(variance, floor)) * np.float32(self.correlation)
        significance = np.where(variance > floor, smoothed / error, np.float32(0))
        significance /= np.float32(self.excess)
        return smoothed, significance

    def _convolve_parts(
        self, rows: slice, columns: slice, step: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Smoothed image and its white variance, each cell of the PSF with its own."""
        shape = [-(-(one.stop - one.start) // step) for one in (rows, columns)]
        smoothed, variance = np.empty(shape, np.float32), np.empty(shape, np.float32)
        for kind, *part, first in self.coadd.psf.parts(rows, columns, self.coadd.xy0):
            here, cell = [], []
            for one, whole in zip(part, (rows, columns), strict=True):
                # Every few pixels are counted from where the whole begins.
                low, high = (-(-(edge - whole.start) // step) for edge in (one.start, one.stop))
                here.append(slice(low, high))
                cell.append(slice(whole.start + low * step, one.stop))
            if all(one.start < one.stop for one in cell):
                made = self._convolve(kind, *cell, step, first)
                smoothed[tuple(here)], variance[tuple(here)] = made
        return smoothed, variance

    def _convolve(
        self,
        kind: int,
        rows: slice,
        columns: slice,
        step: int,
        first: tuple[int, int] = (0, 0),
    ) -> tuple[np.ndarray, np.ndarray]:
        """Smoothed image and its white variance, every ``step``-th pixel, with one of the PSFs."""
        planes = self.image, self.coadd.variance
        psf = self.coadd.psf
        if self.kernel == "gaussian":
            profile = _unit_gaussian(psf_widths(psf)[kind])
            # A squared Gaussian is a narrower Gaussian, so the variance is separable too.
            squared = profile**2
            weight = np.float32(squared.sum())
            radii = (len(profile) // 2,) * 2
            smoothed, variance = (
                convolve_separable(padded(plane, self.bad, rows, columns, radii), one, step)
                for plane, one in zip(planes, (profile, squared / weight), strict=True)
            )
            variance *= weight**2
            return smoothed, variance
        image = psf.kinds[0][kind]
        # Correlation, not convolution: the filter must match the PSF's own orientation.
        return tuple(
            correlate(plane, self.bad, kernel, rows, columns, first)[::step, ::step]
            for plane, kernel in zip(planes, (image, image**2), strict=True)
        )

    def _correlation(self) -> float:
        """By how much correlations between pixels raise the noise of the smoothed image."""
        part = best_window(self.bad)
        bad = self.bad[part]
        deviation = np.sqrt(np.where(bad, np.float32(1), self.coadd.variance[part]))
        image = np.where(bad, np.float32(0), self.image[part])
        return smoothing_noise_factor(image / deviation, bad, self.sigma)

    def _excess(self) -> float:
        """Clipped scatter of the S/N of every few pixels."""
        sample = np.empty(self.bad[::STRIDE, ::STRIDE].shape, np.float32)
        for rows, columns in tiles(self.coadd.shape, _SAMPLED_TILE):
            here = tuple(
                slice(one.start // STRIDE, -(-one.stop // STRIDE)) for one in (rows, columns)
            )
            _, sample[here] = self._filter(rows, columns, STRIDE)
        return excess_scatter(sample, self.bad[::STRIDE, ::STRIDE])


def matched_filter(coadd: Coadd, kernel: str = "gaussian", noise: str = "scatter") -> FilteredCoadd:
    """Convolve a coadd with its PSF and work out the point-source S/N.

    Follows ``lsst.meas.algorithms.SourceDetectionTask``: image and variance
    are convolved (the variance with the kernel squared), bad pixels count as
    0 with no weight.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete (see `complete_coadd`) and background-subtracted.
    kernel : `str`
        ``"gaussian"`` for the Gaussian of the PSF's width, as LSST and
        Buchanan et al. (2022) do, ``"psf"`` for the PSF image itself. Where
        the PSF varies over the image, that of each place.
    noise : `str`
        ``"scatter"`` for standard errors that agree with the clipped scatter
        of the smoothed image, ``"variance"`` for those of the variance plane.

    Returns
    -------
    filtered : `FilteredCoadd`

    Notes
    -----
    A variance plane knows nothing of the correlation that resampling leaves
    between pixels, nor of the galaxies too faint to detect. The slides
    therefore take the noise from the clipped variance of the coadd and
    correct it for correlations ("Footprint Construction"), and LSST's
    ``DynamicDetectionTask`` scales its threshold by the scatter of fluxes on
    empty sky. Here the S/N is divided by its own clipped scatter where that
    lies between 1 and 2; beyond 2 most pixels hold sources, and the variance
    plane stands. At the depth of the slides' scenes the factor is 1.35.

    A variance that was itself estimated from pixels is first corrected by
    the autocorrelation of blank pixels, see `smoothing_noise_factor`.
    """
    return MatchedFilter.fit(coadd, kernel, noise).window()


def excess_scatter(significance: np.ndarray, bad: np.ndarray) -> float:
    """Clipped scatter of the S/N, or 1 where it does not tell of the noise.

    Parameters
    ----------
    significance : `numpy.ndarray`
        Point-source S/N of every `STRIDE`-th pixel along each axis: enough of
        them, and hardly correlated.
    bad : `numpy.ndarray` of bool
        Which of them not to use.
    """
    _, scatter = clipped_scatter(significance[~bad])
    return scatter if 1.0 < scatter <= _CROWDED else 1.0


def _unit_gaussian(sigma: float) -> np.ndarray:
    radius = int(np.ceil(_TRUNCATE * sigma))
    profile = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return (profile / profile.sum()).astype(np.float32)
