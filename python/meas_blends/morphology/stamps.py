"""Stamps of galaxies, as a network is given them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.psf import FWHM_PER_SIGMA

__all__ = ["Stamps"]


@dataclass(frozen=True)
class Stamps:
    """Stamps of ``n`` peaks.

    Parameters
    ----------
    images : `numpy.ndarray` of float32, (n, size, size)
        Pixels in units of the sky noise, `sigma`. What is not usable is zero,
        or noise (`~meas_blends.morphology.cutter.NEIGHBOURS`). The pixel that holds the peak is
        ``[size // 2, size // 2]``.
    usable : `numpy.ndarray` of `bool`, (n, size, size)
        Pixels of the peak's own share of its footprint, and of the sky; with
        neighbours kept, theirs too.
    sigma : `numpy.ndarray`, (n,)
        Noise of the sky around it [count].
    psf : `numpy.ndarray` of float32, (p, p) or (n, p, p)
        PSF image, odd, centred on its middle pixel, of unit sum; one for all
        or one each.
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
    nanojansky_per_count : `float`, optional
        Flux of one count of the image that they are from [nJy]; NaN if
        unknown.
    """

    images: np.ndarray
    usable: np.ndarray
    sigma: np.ndarray
    psf: np.ndarray
    psf_sigma: np.ndarray
    noise_correlation: np.ndarray
    dx: np.ndarray
    dy: np.ndarray
    flags: np.ndarray
    masked_fraction: np.ndarray
    pixel_scale: float
    nanojansky_per_count: float = float("nan")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def psf_fwhm(self) -> np.ndarray:
        """FWHM of a Gaussian as wide as the PSF [pixel], (n,)."""
        return FWHM_PER_SIGMA * self.psf_sigma
