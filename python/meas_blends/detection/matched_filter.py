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
from .halos import SaturatedStar
from .noise import clipped_scatter, correlation_factor, rough_median
from .psf import noise_areas, psf_widths, typical_width

__all__ = ["STRIDE", "FilteredCoadd", "MatchedFilter", "confusion", "matched_filter"]

#: Half-width of the Gaussian kernel in sigma; beyond it lies 1e-4 of a point source's S/N.
_TRUNCATE = 4.0

#: An S/N that scatters by more than the first of these is filled with sources by and
#: by, and from the second on its scatter no longer says anything of noise.
_CROWDED = (2.0, 3.0)

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
    correlation : `float`
        By how much the correlation of pixels raises the noise of the smoothed
        image over that of white noise; for a typical width of the PSF.
    confusion : `float`
        By how much galaxies too faint to be seen raise it further.
    typical_noise : `float`
        Median standard deviation of the usable pixels, of the whole coadd
        where this is a window of it [count]; 1 if there are none.
    """

    coadd: Coadd
    bad: np.ndarray
    smoothed: np.ndarray
    significance: np.ndarray
    sigma: float
    correlation: float
    confusion: float
    typical_noise: float

    @property
    def noise_factor(self) -> float:
        """What the standard errors of white noise were multiplied by: both together."""
        return self.correlation * self.confusion

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

    def noise_area_at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Noise-equivalent area of the PSF at positions.

        Parameters
        ----------
        x, y : array-like, (n,)
            Parent pixels.

        Returns
        -------
        area : `numpy.ndarray`, (n,)
            `~meas_blends.detection.psf.noise_areas` [pixel].
        """
        psf = self.coadd.psf
        return noise_areas(psf)[psf.kind_at(x, y)]

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
    correlation, confusion : `float`
        As of `FilteredCoadd`.
    stars : `tuple` [`~meas_blends.detection.halos.SaturatedStar`]
        Saturated stars, where they were looked for.
    """

    coadd: Coadd
    bad: np.ndarray
    image: np.ndarray
    kernel: str
    sigma: float
    typical_noise: float
    correlation: float = 1.0
    confusion: float = 1.0
    stars: tuple[SaturatedStar, ...] = ()

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
        if coadd.noise_correlation is not None:
            factor = correlation_factor(coadd.noise_correlation, matched.kernel_image)
            matched = dataclasses.replace(matched, correlation=factor)
        if noise == "scatter":
            matched = dataclasses.replace(matched, confusion=matched._confusion())
        return matched

    @property
    def kernel_image(self) -> np.ndarray:
        """What the image is smoothed with, (odd, odd), of unit sum."""
        if self.kernel == "psf":
            return self.coadd.psf.middle
        profile = _unit_gaussian(self.sigma)
        return np.outer(profile, profile)

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
            self.correlation,
            self.confusion,
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
        significance /= np.float32(self.confusion)
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

    def _confusion(self) -> float:
        """What `confusion` makes of the S/N of every few pixels."""
        sample = np.empty(self.bad[::STRIDE, ::STRIDE].shape, np.float32)
        for rows, columns in tiles(self.coadd.shape, _SAMPLED_TILE):
            here = tuple(
                slice(one.start // STRIDE, -(-one.stop // STRIDE)) for one in (rows, columns)
            )
            _, sample[here] = self._filter(rows, columns, STRIDE)
        return confusion(sample[~self.bad[::STRIDE, ::STRIDE]])


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
        ``"scatter"`` for standard errors that count galaxies too faint to be
        seen, ``"variance"`` for those of the pixels' noise alone.

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
    empty sky. Here the two are numbers of their own: the correlation of the
    coadd's pixels, as `complete_coadd` knows it, and `confusion`, which at the
    depth of the slides' scenes is 1.35.
    """
    return MatchedFilter.fit(coadd, kernel, noise).window()


def confusion(significance: np.ndarray) -> float:
    """By how much unseen galaxies raise the noise of the S/N of point sources.

    Parameters
    ----------
    significance : `numpy.ndarray`, (n,)
        Point-source S/N of every `STRIDE`-th pixel along each axis: enough of
        them, and hardly correlated.

    Returns
    -------
    confusion : `float`
        The clipped scatter, from 1 to 2. Beyond, sources begin to fill the
        image and their light to make the scatter, which says ever less of the
        noise: the number goes down again, and from 3 on it is 1.
    """
    if significance.size == 0:
        return 1.0
    _, scatter = clipped_scatter(significance)
    low, high = _CROWDED
    crowded = np.clip((scatter - low) / (high - low), 0.0, 1.0)
    return float(np.clip(scatter, 1.0, low - crowded * (low - 1.0)))


def _unit_gaussian(sigma: float) -> np.ndarray:
    radius = int(np.ceil(_TRUNCATE * sigma))
    profile = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return (profile / profile.sum()).astype(np.float32)
