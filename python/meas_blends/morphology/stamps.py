"""Stamps around the peaks of a coadd, for a network to measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from ..data.coadd import Coadd
from ..data.morphology_tables import MORPHOLOGY
from ..detection.noise import clipped_scatter, noise_correlation
from .owners import ORPHAN, SKY, pixel_owners
from .widths import FWHM_PER_SIGMA, psf_width

__all__ = ["StampCutter", "Stamps", "cut_stamps"]

#: Further owners of pixels that no peak has.
_BAD, _OUTSIDE = -3, -4

#: Less than this part of what the variance plane promises is no noise.
_LEAST_NOISE = 0.1

#: Fewer sky pixels than this say nothing about the noise.
_ENOUGH_PIXELS = 100


@dataclass(frozen=True)
class Stamps:
    """Stamps of ``n`` peaks.

    Parameters
    ----------
    images : `numpy.ndarray` of float32, (n, size, size)
        Pixels in units of the sky noise, `sigma`; zero where not usable. The
        pixel that holds the peak is ``[size // 2, size // 2]``.
    usable : `numpy.ndarray` of `bool`, (n, size, size)
        Pixels of the peak's own share of its footprint, and of the sky.
    sigma : `numpy.ndarray`, (n,)
        Noise of the sky around it [count].
    psf_sigma, noise_correlation : `numpy.ndarray` of float32, (n,)
        Width of the PSF [pixel]; correlation of the noise of pixels side by
        side.
    dx, dy : `numpy.ndarray`, (n,)
        Place of the peak off the centre of its pixel [pixel].
    flags : `numpy.ndarray` of int32, (n,)
        Those of `~meas_blends.data.morphology_tables.MORPHOLOGY` that concern pixels.
    masked_fraction : `numpy.ndarray`, (n,)
        Share of pixels that are not usable.
    pixel_scale : `float`
        [arcsec]; NaN if unknown.
    """

    images: np.ndarray
    usable: np.ndarray
    sigma: np.ndarray
    psf_sigma: np.ndarray
    noise_correlation: np.ndarray
    dx: np.ndarray
    dy: np.ndarray
    flags: np.ndarray
    masked_fraction: np.ndarray
    pixel_scale: float

    def __len__(self) -> int:
        return len(self.images)

    @property
    def psf_fwhm(self) -> np.ndarray:
        """FWHM of a Gaussian as wide as the PSF [pixel], (n,)."""
        return FWHM_PER_SIGMA * self.psf_sigma


class StampCutter:
    """Cuts stamps out of one coadd.

    What is not the peak's own is *masked*: set to zero and marked as not
    usable, which the network is told. That goes for pixels of other
    footprints, pixels of its own footprint that are nearer to another peak,
    bad pixels, and pixels beyond the border.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete (variance and PSF), background subtracted.
    labels : `numpy.ndarray`, (ny, nx)
        Footprints, 0 outside.
    peaks : `astropy.table.Table`
        With ``footprintId``, ``f_x``, ``f_y``, ``i_x``, ``i_y``.
    size : `int`, optional
        Side of the stamps [pixel].
    min_core : `float`, optional
        Least share of usable pixels within one PSF FWHM of the peak, below
        which a stamp has ``FAILED``. One whose own pixel is not usable has
        failed too.
    """

    def __init__(
        self,
        coadd: Coadd,
        labels: np.ndarray,
        peaks: Table,
        size: int = 64,
        min_core: float = 0.5,
    ) -> None:
        self.coadd = coadd
        self.size = size
        self.min_core = min_core
        self.psf_sigma = psf_width(coadd.psf)
        self.footprint = np.asarray(peaks["footprintId"], np.int64)
        self.x = np.asarray(peaks["i_x"], np.int64) - coadd.xy0[0]
        self.y = np.asarray(peaks["i_y"], np.int64) - coadd.xy0[1]
        self.dx = np.asarray(peaks["f_x"], float) - np.asarray(peaks["i_x"])
        self.dy = np.asarray(peaks["f_y"], float) - np.asarray(peaks["i_y"])
        _, row, count = np.unique(self.footprint, return_inverse=True, return_counts=True)
        self.blended = count[row] > 1
        self._owners = pixel_owners(labels, self.x, self.y, self.footprint)
        self._owners[coadd.bad] = _BAD
        self._sky = self._owners == SKY
        self.noise_scale, self.noise_correlation = self._measure_noise()
        offset = np.arange(size) - size // 2
        radius = FWHM_PER_SIGMA * self.psf_sigma
        self._core = offset[:, None] ** 2 + offset**2 <= radius**2

    def __len__(self) -> int:
        return len(self.footprint)

    def _measure_noise(self) -> tuple[float, float]:
        """Scatter of the sky over the variance plane's, and correlation of neighbours."""
        if np.count_nonzero(self._sky) < _ENOUGH_PIXELS:
            return 1.0, 0.0
        variance = np.where(self._sky, self.coadd.variance, 1.0)
        image = np.where(self._sky, self.coadd.image, 0.0) / np.sqrt(variance)
        _, scatter = clipped_scatter(image[self._sky])
        lags = noise_correlation(image.astype(np.float32), ~self._sky, 1)
        rho = float(np.mean([lags[0, 1], lags[1, 0], lags[1, 2], lags[2, 1]]))
        # An image almost without noise: the variance plane must do.
        scale = scatter if scatter > _LEAST_NOISE else 1.0
        return scale, float(np.clip(rho, 0.0, 0.5))

    def cut(self, rows: slice) -> Stamps:
        """Cut the stamps of some peaks.

        Parameters
        ----------
        rows : `slice`
            Rows of the peaks.

        Returns
        -------
        stamps : `Stamps`
        """
        mine = np.arange(len(self))[rows]
        owners, image, variance = self._gather(rows)
        own = owners == mine[:, None, None]
        usable = own | (owners == SKY)
        sigma = self.noise_scale * np.sqrt(_sky_variance(variance, owners == SKY, usable))
        images = np.where(usable, image / sigma[:, None, None], 0.0).astype(np.float32)
        n = len(mine)
        return Stamps(
            images=images,
            usable=usable,
            sigma=sigma,
            psf_sigma=np.full(n, self.psf_sigma, np.float32),
            noise_correlation=np.full(n, self.noise_correlation, np.float32),
            dx=self.dx[rows],
            dy=self.dy[rows],
            flags=self._flags(rows, owners, usable),
            masked_fraction=1.0 - usable.mean(axis=(1, 2)),
            pixel_scale=self.coadd.pixel_scale,
        )

    def _gather(self, rows: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Owners, pixels and variance of stamps, (n, size, size) each."""
        ny, nx = self.coadd.shape
        offset = np.arange(self.size) - self.size // 2
        y = self.y[rows, None] + offset
        x = self.x[rows, None] + offset
        beyond = ((y < 0) | (y >= ny))[:, :, None] | ((x < 0) | (x >= nx))[:, None, :]
        index = np.clip(y, 0, ny - 1)[:, :, None] * nx + np.clip(x, 0, nx - 1)[:, None, :]
        owners = np.where(beyond, _OUTSIDE, self._owners.ravel()[index])
        return owners, self.coadd.image.ravel()[index], self.coadd.variance.ravel()[index]

    def _flags(self, rows: slice, owners: np.ndarray, usable: np.ndarray) -> np.ndarray:
        footprint = self.footprint[rows]
        other = owners == ORPHAN
        owned = owners >= 0
        # -1 and below are no rows: any row will do there.
        other |= owned & (self.footprint[np.where(owned, owners, 0)] != footprint[:, None, None])
        core = usable & self._core
        half = self.size // 2
        failed = ~usable[:, half, half] | (core.sum(axis=(1, 2)) < self.min_core * self._core.sum())
        found = {
            "EDGE": (owners == _OUTSIDE).any(axis=(1, 2)),
            "BAD_PIXELS": (owners == _BAD).any(axis=(1, 2)),
            "NEIGHBOURS": other.any(axis=(1, 2)),
            "BLENDED": self.blended[rows],
            "FAILED": failed,
        }
        flags = np.zeros(len(footprint), np.int32)
        for name, rows_with in found.items():
            flags |= np.where(rows_with, MORPHOLOGY.flag(name), 0).astype(np.int32)
        return flags


def cut_stamps(cutter: StampCutter, batch_size: int = 512) -> Iterator[Stamps]:
    """Cut the stamps of all peaks, in batches that bound the memory.

    Parameters
    ----------
    cutter : `StampCutter`
    batch_size : `int`, optional
        Stamps in a batch.

    Yields
    ------
    stamps : `Stamps`
        In the order of the peaks.
    """
    for start in range(0, len(cutter), batch_size):
        yield cutter.cut(slice(start, start + batch_size))


def _sky_variance(variance: np.ndarray, sky: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Mean variance of the sky in each stamp; of what is usable if there is none; else 1."""
    use = np.where(sky.any(axis=(1, 2), keepdims=True), sky, usable)
    count = use.sum(axis=(1, 2))
    total = np.where(use, variance, 0.0).sum(axis=(1, 2), dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), 1.0)
