"""The galaxies that morphology networks learn from: which parameters are drawn how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..errors import BadInputError
from .conditions import Conditions, check_ranges
from .galaxies import GalaxySample

__all__ = ["LogUniform", "Population", "Table1", "draw_galaxies"]


class Population(Protocol):
    """Galaxies that can be drawn."""

    def draw(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        """Draw components, (n,) each, and ``flux`` [nJy] or ``signal_to_noise``."""


@dataclass(frozen=True)
class LogUniform:
    """Galaxies over the range of a survey, small and faint ones as often as others.

    B/T is uniform, and 0 or 1 for the single-component ones. Radii and S/N
    are log-uniform, so that small and faint galaxies, which are most of a
    survey, are not rare.

    Parameters
    ----------
    radius : `tuple` [`float`, `float`]
        Half-light radius of each component, major axis [arcsec].
    signal_to_noise : `tuple` [`float`, `float`]
        Of the whole galaxy's flux with a matched filter.
    bulge_n, disk_n : `tuple` [`float`, `float`]
        Sersic indices; uniform.
    axis_ratio : `tuple` [`float`, `float`]
        Minor over major axis of each component; uniform.
    single_share : `float`
        Share of galaxies that are a pure bulge or, as often, a pure disk.
    angle_spread : `float`
        Largest difference of the components' position angles [deg].
    """

    radius: tuple[float, float] = (0.1, 2.5)
    signal_to_noise: tuple[float, float] = (5.0, 1500.0)
    bulge_n: tuple[float, float] = (3.5, 5.0)
    disk_n: tuple[float, float] = (0.8, 1.2)
    axis_ratio: tuple[float, float] = (0.25, 1.0)
    single_share: float = 0.25
    angle_spread: float = 15.0

    def __post_init__(self) -> None:
        check_ranges(self, "radius", "signal_to_noise", "bulge_n", "disk_n", "axis_ratio")

    def draw(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        """Draw the columns of a `GalaxySample` that concern the galaxy."""
        return {
            **_shapes(rng, n, self),
            "bulge_radius": _log_uniform(rng, self.radius, n),
            "disk_radius": _log_uniform(rng, self.radius, n),
            "signal_to_noise": _log_uniform(rng, self.signal_to_noise, n),
        }


@dataclass(frozen=True)
class Table1:
    """The galaxies of Ghosh et al. (2022, ApJ 935, 138), Table 1.

    All is uniform: radii, total fluxes, and B/T of the three in four galaxies
    that have two components. The others are a single component, one half
    with a disk's Sersic index and one half with a bulge's, over the radii of
    disks.

    Parameters
    ----------
    flux : `tuple` [`float`, `float`]
        Total flux [nJy].
    radius, bulge_radius : `tuple` [`float`, `float`]
        Half-light radius of disks and of single components, and of the
        bulges beside a disk; major axis [arcsec].
    bulge_n, disk_n, axis_ratio, single_share, angle_spread
        As for `LogUniform`.
    """

    flux: tuple[float, float] = (1e3, 5e6)
    radius: tuple[float, float] = (0.1, 5.0)
    bulge_radius: tuple[float, float] = (0.1, 3.0)
    bulge_n: tuple[float, float] = (3.5, 5.0)
    disk_n: tuple[float, float] = (0.8, 1.2)
    axis_ratio: tuple[float, float] = (0.25, 1.0)
    single_share: float = 0.25
    angle_spread: float = 15.0

    def __post_init__(self) -> None:
        check_ranges(self, "flux", "radius", "bulge_radius", "bulge_n", "disk_n", "axis_ratio")

    def draw(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        """Draw the columns of a `GalaxySample` that concern the galaxy."""
        shapes = _shapes(rng, n, self)
        radius, bulge = rng.uniform(*self.radius, n), rng.uniform(*self.bulge_radius, n)
        alone = shapes["bulge_to_total"] == 1
        return {
            **shapes,
            "bulge_radius": np.where(alone, radius, bulge),
            "disk_radius": radius,
            "flux": rng.uniform(*self.flux, n),
        }


def draw_galaxies(
    rng: np.random.Generator, n: int, population: Population, conditions: Conditions
) -> GalaxySample:
    """Draw galaxies and the images that they are seen in.

    Centres lie anywhere in the central pixel, and off it by what noise does
    to the place of a peak.

    Parameters
    ----------
    rng : `numpy.random.Generator`
    n : `int`
        How many.
    population : `Population`
    conditions : `~meas_blends.morphology.conditions.Conditions`

    Returns
    -------
    sample : `~meas_blends.morphology.galaxies.GalaxySample`

    Raises
    ------
    BadInputError
        If fluxes are drawn in nJy and the conditions do not say how many of
        them the noise is.
    """
    unknown = np.full(n, np.nan)
    columns = {"flux": unknown, "signal_to_noise": unknown, **population.draw(rng, n)}
    columns |= conditions.draw(rng, n)
    columns["flux"] = columns["flux"] / conditions.sky_sigma
    if not (np.isfinite(columns["flux"]) | np.isfinite(columns["signal_to_noise"])).all():
        raise BadInputError("galaxies: drawn by their flux, which takes a survey; name one.")
    # The error of a centre, about FWHM / (S/N), more for extended galaxies.
    signal = np.where(np.isnan(columns["signal_to_noise"]), np.inf, columns["signal_to_noise"])
    wander = np.minimum(1.5 * columns["psf_fwhm"] / columns["pixel_scale"] / signal, 1.0)
    for axis in ("dx", "dy"):
        columns[axis] = rng.uniform(-0.5, 0.5, n) + wander * rng.standard_normal(n)
    return GalaxySample(**columns)


def _shapes(
    rng: np.random.Generator, n: int, population: LogUniform | Table1
) -> dict[str, np.ndarray]:
    """B/T, Sersic indices, axis ratios and angles."""
    share = rng.uniform(0.0, 1.0, n)
    single = rng.uniform(0.0, 1.0, n) < population.single_share
    angle = rng.uniform(0.0, np.pi, n)
    spread = np.deg2rad(population.angle_spread)
    return {
        "bulge_to_total": np.where(single, np.round(share), share),
        "bulge_n": rng.uniform(*population.bulge_n, n),
        "bulge_axis_ratio": rng.uniform(*population.axis_ratio, n),
        "bulge_angle": angle + rng.uniform(-spread, spread, n),
        "disk_n": rng.uniform(*population.disk_n, n),
        "disk_axis_ratio": rng.uniform(*population.axis_ratio, n),
        "disk_angle": angle,
    }


def _log_uniform(rng: np.random.Generator, ends: tuple[float, float], n: int) -> np.ndarray:
    return np.exp(rng.uniform(*np.log(ends), n))
