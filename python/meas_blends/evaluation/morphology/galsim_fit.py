"""A bulge and a disk fitted with GalSim and least squares, as people do by hand."""

from __future__ import annotations

import galsim
import numpy as np
from scipy.optimize import least_squares
from scipy.special import expit, logit

from ...morphology.galaxies import half_light_radius

__all__ = ["fit_galaxy"]

#: Sersic indices, which are held.
_BULGE_N, _DISK_N = 4.0, 1.0


def fit_galaxy(
    image: np.ndarray, usable: np.ndarray, psf: np.ndarray
) -> tuple[float, float, float]:
    """Fit flux, B/T, and radius, axis ratio and angle of each component, and the centre.

    Levenberg-Marquardt from one start, ten parameters, no priors.

    Parameters
    ----------
    image : `numpy.ndarray`, (size, size)
        In units of the noise.
    usable : `numpy.ndarray` of `bool`, (size, size)
        Pixels to fit.
    psf : `numpy.ndarray`, (odd, odd)
        PSF image, pixel included, of unit sum.

    Returns
    -------
    bulge_to_total, radius, flux : `float`
        Radius of the whole galaxy [pixel]; flux in units of the noise.
    """
    # The pixel is in the PSF's image already.
    kernel = galsim.InterpolatedImage(galsim.Image(psf.copy(), scale=1.0), flux=1.0)
    size = len(image)
    # The stamp cuts off more of the wings than this lets fold back.
    coarse = galsim.GSParams(folding_threshold=0.02)
    profiles = {
        n: galsim.Sersic(n=n, half_light_radius=1.0, gsparams=coarse) for n in (_BULGE_N, _DISK_N)
    }

    def component(n: float, radius: float, q: float, angle: float) -> galsim.GSObject:
        # Half-light radii are along the major axis.
        shape = galsim.Shear(q=q, beta=angle * galsim.radians)
        return profiles[n].dilate(radius * np.sqrt(q)).shear(shape)

    def galaxy(p: np.ndarray) -> galsim.GSObject:
        share = expit(p[1])
        bulge = component(_BULGE_N, np.exp(p[2]), *_shape(p[4:6]))
        disk = component(_DISK_N, np.exp(p[3]), *_shape(p[6:8]))
        return np.exp(p[0]) * (share * bulge + (1 - share) * disk)

    def residual(p: np.ndarray) -> np.ndarray:
        profile = galsim.Convolve(galaxy(p), kernel).shift(p[8], p[9])
        middle = (size // 2 + 1, size // 2 + 1)
        drawn = profile.drawImage(
            nx=size, ny=size, scale=1.0, method="no_pixel", center=middle, dtype=float
        )
        return (drawn.array - image)[usable]

    start = _start(image, usable)
    spread = np.array([3.0, 6.0, 2.5, 2.5, 1.5, 1.5, 1.5, 1.5, 4.0, 4.0])
    high = start + spread
    # What is larger than the stamp is sky; and transforms grow with the square of a radius.
    high[2:4] = np.minimum(high[2:4], np.log(size / 2))
    found = least_squares(
        residual,
        start,
        bounds=(start - spread, high),
        x_scale=0.1 * spread,
        # Larger than what rendering by Fourier transform is exact to.
        diff_step=1e-3,
        ftol=1e-4,
        xtol=1e-3,
        max_nfev=20,
    ).x
    share, r_bulge, r_disk = expit(found[1]), np.exp(found[2]), np.exp(found[3])
    radius = half_light_radius(
        np.array([share]), np.array([r_bulge]), _BULGE_N, np.array([r_disk]), _DISK_N
    )
    return float(share), float(radius[0]), float(np.exp(found[0]))


def _shape(p: np.ndarray) -> tuple[float, float]:
    """Axis ratio and angle from a reduced shear without edges."""
    size = float(np.hypot(*p))
    shear = np.tanh(size)
    return (1 - shear) / (1 + shear) + 1e-3, 0.5 * float(np.arctan2(p[1], p[0]))


def _start(image: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Flux in a circle, and a radius from it."""
    size = len(image)
    y, x = np.indices(image.shape) - size // 2
    light = np.where(usable, image, 0.0)
    flux = max(float(light[np.hypot(x, y) < size / 3].sum()), 10.0)
    order = np.argsort(np.hypot(x, y).ravel())
    growth = np.cumsum(light.ravel()[order])
    radius = np.hypot(x, y).ravel()[order][np.argmax(growth > 0.5 * flux)]
    radius = np.log(np.clip(0.7 * radius, 0.7, size / 4))
    return np.array([np.log(flux), logit(0.4), radius - 0.3, radius, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
