"""What other codes measure too: shape, circularised radius, flux in an aperture; and the misfit."""

from __future__ import annotations

import numpy as np

from .posterior import Posterior
from .refinement.residuals import Residuals
from .stamps import Stamps

__all__ = ["comparable_columns", "ellipse_fluxes"]

#: Semi-major axis of the aperture in half-light radii.
_RADII = 3.0

#: As a refinement assumes where nobody tells them: electrons of the sky over their own
#: Poisson noise, and scatter of the level of the sky [sky noise].
_SKY_ELECTRONS, _SKY_ERROR = 250.0, 0.02


def comparable_columns(
    stamps: Stamps,
    posterior: Posterior,
    residuals: Residuals | None,
    pixel_scale: np.ndarray,
    nanojansky: np.ndarray,
) -> dict[str, np.ndarray]:
    """Columns of `~meas_blends.data.morphology_tables.MORPHOLOGY` that compare with other codes.

    Parameters
    ----------
    stamps : `~meas_blends.morphology.stamps.Stamps`
        ``n`` stamps.
    posterior : `~meas_blends.morphology.posterior.Posterior`
        Radii in pixels.
    residuals : `~meas_blends.morphology.refinement.residuals.Residuals`, optional
        Of the fits, if there are any.
    pixel_scale, nanojansky : `numpy.ndarray`, (n,)
        [arcsec], and flux of the stamps' unit [nJy].

    Returns
    -------
    columns : `dict` [`str`, `numpy.ndarray`]
    """
    left = residuals or Residuals.unknown(len(stamps))
    radius = np.exp(posterior.quantiles[:, 1, 3])
    fitted = np.isfinite(left.axis_ratio)
    ratio, angle = (
        np.where(fitted, of, other) for of, other in ((left.axis_ratio, 1.0), (left.angle, 0.0))
    )
    centre = [
        np.where(fitted, of, peak) for of, peak in ((left.dx, stamps.dx), (left.dy, stamps.dy))
    ]
    axes = np.hypot(_RADII * np.stack([radius, radius * ratio]), stamps.psf_fwhm)
    # Within the stamp, about the centre.
    room = stamps.images.shape[-1] // 2 - 1 - np.abs(centre).max(axis=0)
    axes = axes * np.minimum(1.0, room / axes[0])
    flux, error = ellipse_fluxes(stamps, centre, axes, angle)
    circular = radius * np.sqrt(left.axis_ratio)
    _, std = posterior.physical_moments()
    return {
        "axisRatio": left.axis_ratio.copy(),
        "positionAngle": np.degrees(left.angle) % 180.0,
        "circularRadius": circular * pixel_scale,
        "circularRadius_std": std[:, 1] * np.sqrt(left.axis_ratio) * pixel_scale,
        "apertureRadius": axes[0] * pixel_scale,
        "apertureFlux": flux * nanojansky,
        "apertureFlux_std": error * nanojansky,
        "misfit": left.amplitude.copy(),
        "misfitSignificance": left.significance.copy(),
    }


def ellipse_fluxes(
    stamps: Stamps, centre: list[np.ndarray], axes: np.ndarray, angle: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sum the pixels of stamps in ellipses.

    Parameters
    ----------
    stamps : `~meas_blends.morphology.stamps.Stamps`
        ``n`` stamps.
    centre : `list` of two `numpy.ndarray`, (n,)
        x and y, off the centre of the stamp's pixel ``[size // 2, size // 2]`` [pixel].
    axes : `numpy.ndarray`, (2, n)
        Semi-major and semi-minor axes [pixel].
    angle : `numpy.ndarray`, (n,)
        Of the major axis, from +x to +y [rad].

    Returns
    -------
    flux, error : `numpy.ndarray`, (n,)
        [sky noise]. A pixel across the border counts in proportion. One that is
        not usable has the value of that across the centre, or none.
    """
    n, size = len(stamps), stamps.images.shape[-1]
    offset = np.arange(size) - size // 2
    x = offset - centre[0][:, None, None]
    y = offset[:, None] - centre[1][:, None, None]
    cosine, sine = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    major, minor = axes[:, :, None, None]
    place = np.hypot((x * cosine + y * sine) / major, (y * cosine - x * sine) / minor)
    distance = np.hypot(x, y)
    inwards = np.where(place > 0, (1.0 / np.maximum(place, 1e-9) - 1.0) * distance, np.inf)
    weight = np.clip(0.5 + inwards, 0.0, 1.0)
    column, row = (
        np.rint(2 * (of + size // 2)).astype(int)[:, None] - np.arange(size) for of in centre
    )
    inside = ((column >= 0) & (column < size))[:, None, :] & ((row >= 0) & (row < size))[:, :, None]
    column, row = (np.clip(of, 0, size - 1) for of in (column, row))
    index = (np.arange(n)[:, None, None], row[:, :, None], column[:, None, :])
    images = stamps.images.astype(float)
    across = images[index] * (stamps.usable[index] & inside)
    pixels = np.where(stamps.usable, images, across)
    rho = np.clip(stamps.noise_correlation, 0.0, 0.5).astype(float)
    side = rho / (1 + np.sqrt(1 - 2 * rho**2))
    shared = (1 + 2 * side) ** 4 / (1 + 2 * side**2) ** 2
    variance = (weight**2 * (1 + np.maximum(pixels, 0.0) / _SKY_ELECTRONS)).sum(axis=(1, 2))
    level = _SKY_ERROR * weight.sum(axis=(1, 2))
    return (weight * pixels).sum(axis=(1, 2)), np.sqrt(shared * variance + level**2)
