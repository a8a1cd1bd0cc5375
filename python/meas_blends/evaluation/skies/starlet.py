"""What stands out from the noise of an image, on several scales."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

__all__ = ["correlated_noise", "significant"]

#: Scales of the wavelet transform, and how far above its noise a coefficient must be.
_N_SCALES, _CLIP = 5, 4.5

#: Width of the Gaussian that correlates noise as drizzling does [pixel].
_BLUR = 0.57

#: Kernel of the starlet transform (Starck & Murtagh 2006).
_SPLINE = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0


def significant(departures: np.ndarray, fade: np.ndarray) -> np.ndarray:
    """What stands out from the noise of an image in units of it, scale by scale."""
    kept = np.zeros_like(departures)
    planes, _ = _starlet(departures)
    for plane, sigma in zip(planes, _starlet_noise(), strict=True):
        strong = np.abs(plane) > _CLIP * sigma * np.maximum(fade, 0.3)
        # Beside a strong coefficient weaker ones belong to the same structure.
        near = ndimage.binary_dilation(strong) & (np.abs(plane) > 2.0 * sigma)
        kept += np.where(strong | near, plane, 0.0)
    return kept * (fade > 0)


def _starlet(image: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Isotropic undecimated wavelet transform: planes from fine to coarse, and what is left."""
    planes, rest = [], image
    for scale in range(_N_SCALES):
        taps = np.zeros(4 * 2**scale + 1)
        taps[:: 2**scale] = _SPLINE
        smooth = ndimage.convolve1d(rest, taps, axis=0, mode="constant")
        smooth = ndimage.convolve1d(smooth, taps, axis=1, mode="constant")
        planes.append(rest - smooth)
        rest = smooth
    return planes, rest


@functools.cache
def _starlet_noise() -> tuple[float, ...]:
    """Scatter of each plane of the transform of noise of unit variance."""
    noise = correlated_noise((256, 256), np.random.default_rng(1))
    planes, _ = _starlet(noise)
    return tuple(float(plane[64:-64, 64:-64].std()) for plane in planes)


def correlated_noise(shape: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Noise of unit variance, correlated as in GalSim's COSMOS images.

    The borders of their stamps, drizzled images of HST's ACS, have a
    correlation of 0.46 between pixels side by side; white noise behind a
    Gaussian of 0.57 pixel has that.
    """
    noise = ndimage.gaussian_filter(rng.standard_normal(tuple(shape)), _BLUR, mode="wrap")
    taps = ndimage.gaussian_filter1d(np.eye(1, 33, 16)[0], _BLUR)
    return noise / float(np.sum(taps**2))
