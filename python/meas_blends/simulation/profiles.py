"""Sersic profiles: their Fourier transforms and their surface brightness."""

from __future__ import annotations

import functools

import galsim
import numpy as np
from scipy.special import gamma, gammaincinv

__all__ = ["sersic_brightness", "sersic_transform", "shape_matrix"]

# The transform is tabulated against log2(s^2), s = k x half-light radius. Below
# and above, it is flat to 1e-6 and hidden behind any PSF.
_LOG_MIN, _LOG_MAX, _PER_OCTAVE = -24.0, 24.0, 64


def shape_matrix(
    radius: np.ndarray, ellipticity: np.ndarray, position_angle: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn sizes and shapes into the quadratic form that scales wave numbers.

    Parameters
    ----------
    radius : array-like, (n,)
        Half-light radius, geometric mean of the axes.
    ellipticity : array-like, (n,)
        ``(a - b) / (a + b)``.
    position_angle : array-like, (n,)
        Of the major axis, from +x to +y [deg].

    Returns
    -------
    xx, xy, yy : `numpy.ndarray`, (n,)
        ``s^2 = xx kx^2 + 2 xy kx ky + yy ky^2``, in units of ``radius^2``.
    """
    radius, ellipticity = np.asarray(radius, float), np.asarray(ellipticity, float)
    ratio = (1.0 - ellipticity) / (1.0 + ellipticity)
    major, minor = radius**2 / ratio, radius**2 * ratio
    angle = np.deg2rad(np.asarray(position_angle, float))
    cosine, sine = np.cos(angle), np.sin(angle)
    return (
        major * cosine**2 + minor * sine**2,
        (major - minor) * cosine * sine,
        major * sine**2 + minor * cosine**2,
    )


def sersic_transform(s_squared: np.ndarray, index: float) -> np.ndarray:
    """Fourier transform of a round Sersic profile of unit flux.

    Parameters
    ----------
    s_squared : `numpy.ndarray` of float32
        Square of wave number times half-light radius; overwritten.
    index : `float`
        Sersic index, as GalSim takes it: 0.3 to 6.2.

    Returns
    -------
    transform : `numpy.ndarray` of float32
        From a table of GalSim's transform, to 1e-5.
    """
    table, slope = _table(index)
    position = s_squared
    # Zero frequency has no logarithm; it belongs at the table's start.
    np.maximum(position, np.float32(2.0**_LOG_MIN), out=position)
    np.log2(position, out=position)
    position -= np.float32(_LOG_MIN)
    position *= np.float32(_PER_OCTAVE)
    np.minimum(position, np.float32(len(slope) - 1), out=position)
    cell = position.astype(np.int32)
    position -= cell
    position *= slope[cell]
    position += table[cell]
    return position


def sersic_brightness(
    distance: float, radius: np.ndarray, index: np.ndarray, axis_ratio: np.ndarray
) -> np.ndarray:
    """Surface brightness of Sersic profiles of unit flux on their major axis.

    Parameters
    ----------
    distance : `float`
        Distance from the centre.
    radius : array-like, (n,)
        Half-light radius, geometric mean of the axes, in the same unit; 0 for
        a point.
    index : array-like, (n,)
        Sersic index.
    axis_ratio : array-like, (n,)
        ``b / a``.

    Returns
    -------
    brightness : `numpy.ndarray`, (n,)
        Share of the flux per square unit of ``distance`` (Graham & Driver
        2005, PASA 22, 118, Eqs. 1-4).
    """
    index = np.asarray(index, float)
    b = gammaincinv(2.0 * index, 0.5)
    total = 2.0 * np.pi * index * b ** (-2.0 * index) * gamma(2.0 * index)
    radius = np.asarray(radius, float)
    # A point has no light off its centre.
    extent = np.where(radius > 0, radius, 1.0)
    brightness = np.exp(-b * (distance * np.sqrt(axis_ratio) / extent) ** (1.0 / index))
    return np.where(radius > 0, brightness / (total * extent**2), 0.0)


@functools.lru_cache(maxsize=64)
def _table(index: float) -> tuple[np.ndarray, np.ndarray]:
    """Values of the transform at equal steps of log2(s^2), and their differences."""
    profile = galsim.Sersic(n=index, half_light_radius=1.0)
    log = np.linspace(_LOG_MIN, _LOG_MAX, int((_LOG_MAX - _LOG_MIN) * _PER_OCTAVE) + 1)
    values = np.array([profile.kValue(s, 0.0).real for s in 2.0 ** (0.5 * log)])
    return values[:-1].astype(np.float32), np.diff(values).astype(np.float32)
