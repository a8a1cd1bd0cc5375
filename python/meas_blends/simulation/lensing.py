"""Weak lensing: a smooth random field of convergence and shear."""

from __future__ import annotations

import numpy as np

__all__ = ["draw_lensing", "lens_shape", "magnification"]

#: Scatter of the convergence per unit redshift: Jonsson et al. (2010, MNRAS
#: 405, 535) measure a scatter of lensed magnitudes of 0.055 z, and a
#: magnitude changes by 2.17 times the convergence.
_SCATTER = 0.055 / 2.17

#: The relation is measured to redshift 1; it flattens further out.
_FURTHEST = 2.0

#: Plane waves that the field is made of, and their wavelengths [arcsec].
_N_WAVES = 64
_SHORTEST, _LONGEST = 30.0, 1800.0


def draw_lensing(
    x: np.ndarray, y: np.ndarray, redshift: np.ndarray, strength: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw the lensing of galaxies by the structure in front of them.

    Parameters
    ----------
    x, y : `numpy.ndarray`, (n,)
        Positions as observed [arcsec].
    redshift : `numpy.ndarray`, (n,)
        Redshifts: the field is one projected structure whose strength grows
        with the distance behind it.
    strength : `float`
        Factor on the published scatter.
    rng : `numpy.random.Generator`
        Source of randomness.

    Returns
    -------
    columns : `dict` [`str`, `numpy.ndarray`]
        ``shear1``, ``shear2`` and ``convergence`` of
        `~meas_blends.data.catalogs.TRUTH`.

    Notes
    -----
    Each plane wave of convergence has the shear that belongs to it (Kaiser &
    Squires 1993, ApJ 404, 441): the field has no B modes, and its shear has
    the mean square of its convergence.
    """
    wavelength = np.exp(rng.uniform(np.log(_SHORTEST), np.log(_LONGEST), _N_WAVES))
    direction = rng.uniform(0.0, 2.0 * np.pi, _N_WAVES)
    phase = rng.uniform(0.0, 2.0 * np.pi, _N_WAVES)
    amplitude = strength * _SCATTER * np.clip(redshift, 0.0, _FURTHEST) * np.sqrt(2.0 / _N_WAVES)
    convergence, shear1, shear2 = np.zeros((3, len(amplitude)))
    for k, angle, start in zip(2.0 * np.pi / wavelength, direction, phase, strict=True):
        wave = np.cos(k * (np.cos(angle) * x + np.sin(angle) * y) + start)
        convergence += wave
        shear1 += np.cos(2.0 * angle) * wave
        shear2 += np.sin(2.0 * angle) * wave
    return {
        "shear1": amplitude * shear1,
        "shear2": amplitude * shear2,
        "convergence": amplitude * convergence,
    }


def magnification(shear1: np.ndarray, shear2: np.ndarray, convergence: np.ndarray) -> np.ndarray:
    """Factor by which lensing raises the flux."""
    return 1.0 / ((1.0 - convergence) ** 2 - shear1**2 - shear2**2)


def lens_shape(
    shape: tuple[np.ndarray, np.ndarray, np.ndarray],
    shear1: np.ndarray,
    shear2: np.ndarray,
    convergence: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stretch ellipses as lensing does.

    Parameters
    ----------
    shape : `tuple` of `numpy.ndarray`, (n,)
        ``xx``, ``xy``, ``yy`` of `~meas_blends.simulation.profiles.shape_matrix`.
    shear1, shear2, convergence : `numpy.ndarray`, (n,)
        Columns of `~meas_blends.data.catalogs.TRUTH`.

    Returns
    -------
    xx, xy, yy : `numpy.ndarray`, (n,)
        Of the lensed ellipses: the inverse of the lensing Jacobian on both
        sides of the matrix.
    """
    xx, xy, yy = shape
    scale = magnification(shear1, shear2, convergence)
    a, b, c = (
        scale * (1.0 - convergence + shear1),
        scale * shear2,
        scale * (1.0 - convergence - shear1),
    )
    return (
        a * a * xx + 2.0 * a * b * xy + b * b * yy,
        a * b * xx + (a * c + b * b) * xy + b * c * yy,
        b * b * xx + 2.0 * b * c * xy + c * c * yy,
    )
