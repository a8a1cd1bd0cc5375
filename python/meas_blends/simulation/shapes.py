"""Shapes of galaxies from published relations: sizes, bulges, ellipticities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .relations import Population

__all__ = ["draw_shapes"]

#: Half-light radius of an exponential disk over its scale length.
_SCALE_LENGTHS = 1.6783


def draw_shapes(
    mag: np.ndarray,
    population: Population,
    rng: np.random.Generator,
    radius: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Draw the shapes of galaxies of given magnitudes.

    Parameters
    ----------
    mag : `numpy.ndarray`, (n,)
        AB magnitudes in the i band, before lensing.
    population : `~meas_blends.simulation.relations.Population`
        The relations.
    rng : `numpy.random.Generator`
        Source of randomness.
    radius : `numpy.ndarray`, (n,), optional
        Half-light radii [arcsec], if they are known.

    Returns
    -------
    columns : `dict` [`str`, `numpy.ndarray`]
        The shape columns of `~meas_blends.data.catalogs.TRUTH`. Disks have
        Sersic index 1 and bulges 4.
    """
    n = len(mag)
    log_radius = population.radius_slope * np.log(10.0) * (mag - 25.0)
    log_radius += population.radius_scatter * rng.standard_normal(n)
    if radius is None:
        radius = population.radius * population.size_scale * np.exp(log_radius)
    all_bulge = rng.uniform(size=n) < population.bulge_dominated
    bulge = np.minimum(np.abs(population.bulge_scatter * rng.standard_normal(n)), 0.5)
    return {
        "bulgeToTotal": np.where(all_bulge, 1.0, bulge),
        # A bulge's half-light radius is its disk's scale length (Miller et al. 2013).
        "bulgeHalfLightRadius": np.where(all_bulge, radius, radius / _SCALE_LENGTHS),
        "diskHalfLightRadius": radius,
        "bulgeSersicIndex": np.full(n, 4.0),
        "diskSersicIndex": np.full(n, 1.0),
        "bulgeEllipticity": _draw(_bulge_ellipticity, n, rng),
        "diskEllipticity": _draw(_disk_ellipticity, n, rng),
        "positionAngle": rng.uniform(0.0, 180.0, n),
    }


def _disk_ellipticity(e: np.ndarray) -> np.ndarray:
    """Density of disks' ellipticities, Miller et al. (2013), Appendix B; rms 0.26 a component."""
    maximum, roundest, width = 0.804, 0.0256, 0.2539
    density = e * -np.expm1((e - maximum) / width) / ((1.0 + e) * np.hypot(e, roundest))
    return np.maximum(density, 0.0)


def _bulge_ellipticity(e: np.ndarray) -> np.ndarray:
    """Density of bulges' ellipticities, Miller et al. (2013), Appendix B; rms 0.22 a component."""
    return e * np.exp(-2.368 * e - 6.691 * e**2)


def _draw(
    density: Callable[[np.ndarray], np.ndarray], n: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw ellipticities below 0.8 from their density."""
    grid = np.linspace(0.0, 0.8, 2001)
    cumulative = np.cumsum(density(grid))
    return np.interp(rng.uniform(size=n), cumulative / cumulative[-1], grid)
