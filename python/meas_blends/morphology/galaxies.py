"""The galaxies that the morphology network learns from: drawn parameters, true radii."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaincinv

from ..errors import BadInputError

__all__ = [
    "BULGE_INDICES",
    "DISK_INDICES",
    "GalaxyRanges",
    "GalaxySample",
    "draw_galaxies",
    "half_light_radius",
]

#: Sersic indices of the components: the ranges of Ghosh et al. (2022), Table
#: 1, on a grid, so that each profile is transformed once.
BULGE_INDICES = (3.5, 3.75, 4.0, 4.25, 4.5, 4.75, 5.0)
DISK_INDICES = (0.8, 0.9, 1.0, 1.1, 1.2)


@dataclass(frozen=True)
class GalaxyRanges:
    """What galaxies and images are drawn: low and high ends.

    Parameters
    ----------
    radius : `tuple` [`float`, `float`]
        Half-light radius of each component, major axis [arcsec];
        log-uniform.
    axis_ratio : `tuple` [`float`, `float`]
        Minor over major axis of each component; uniform.
    signal_to_noise : `tuple` [`float`, `float`]
        Of the whole galaxy's flux with a matched filter; log-uniform.
    psf_fwhm : `tuple` [`float`, `float`]
        Kolmogorov PSF before the pixel [arcsec]; uniform.
    pixel_scale : `tuple` [`float`, `float`]
        [arcsec]; uniform.
    single_share : `float`
        Share of galaxies that are a pure bulge or, as often, a pure disk.
    angle_spread : `float`
        Largest difference of the components' position angles [deg].
    """

    radius: tuple[float, float] = (0.1, 2.5)
    axis_ratio: tuple[float, float] = (0.25, 1.0)
    signal_to_noise: tuple[float, float] = (5.0, 1500.0)
    psf_fwhm: tuple[float, float] = (0.5, 1.1)
    pixel_scale: tuple[float, float] = (0.165, 0.202)
    single_share: float = 0.25
    angle_spread: float = 15.0

    def __post_init__(self) -> None:
        for name in ("radius", "axis_ratio", "signal_to_noise", "psf_fwhm", "pixel_scale"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise BadInputError(
                    f"{name}: the range is {low} to {high};"
                    " give two positive numbers, the lower first."
                )


@dataclass(frozen=True)
class GalaxySample:
    """Parameters of ``n`` galaxies and of the images that they are seen in.

    All are `numpy.ndarray`, (n,). Radii are half-light radii along the major
    axis [arcsec], angles go from +x to +y [rad], ``bulge_index`` and
    ``disk_index`` count in `BULGE_INDICES` and `DISK_INDICES`, ``dx`` and
    ``dy`` are offsets from the centre of the stamp's central pixel [pixel].
    """

    bulge_to_total: np.ndarray
    bulge_index: np.ndarray
    bulge_radius: np.ndarray
    bulge_axis_ratio: np.ndarray
    bulge_angle: np.ndarray
    disk_index: np.ndarray
    disk_radius: np.ndarray
    disk_axis_ratio: np.ndarray
    disk_angle: np.ndarray
    psf_fwhm: np.ndarray
    pixel_scale: np.ndarray
    dx: np.ndarray
    dy: np.ndarray
    signal_to_noise: np.ndarray

    def __len__(self) -> int:
        return len(self.bulge_to_total)

    def select(self, rows: slice | np.ndarray) -> GalaxySample:
        """Return some of the galaxies."""
        columns = (field.name for field in dataclasses.fields(self))
        return GalaxySample(**{name: getattr(self, name)[rows] for name in columns})

    @property
    def half_light_radius(self) -> np.ndarray:
        """Of the whole galaxy [arcsec], see `half_light_radius`."""
        return half_light_radius(
            self.bulge_to_total,
            self.bulge_radius,
            np.asarray(BULGE_INDICES)[self.bulge_index],
            self.disk_radius,
            np.asarray(DISK_INDICES)[self.disk_index],
        )


def draw_galaxies(rng: np.random.Generator, n: int, ranges: GalaxyRanges) -> GalaxySample:
    """Draw galaxies as Ghosh et al. (2022, Table 1) do, at ground-based depth.

    B/T is uniform, and 0 or 1 for the single-component ones. Radii and S/N
    are log-uniform rather than uniform, so that small and faint galaxies,
    which are most of a survey, are not rare. Centres lie anywhere in the
    central pixel, and off it by what noise does to the place of a peak.

    Parameters
    ----------
    rng : `numpy.random.Generator`
    n : `int`
        How many.
    ranges : `GalaxyRanges`

    Returns
    -------
    sample : `GalaxySample`
    """
    share = rng.uniform(0.0, 1.0, n)
    single = rng.uniform(0.0, 1.0, n) < ranges.single_share
    share = np.where(single, np.round(share), share)
    angle = rng.uniform(0.0, np.pi, n)
    spread = np.deg2rad(ranges.angle_spread)
    pixel_scale = rng.uniform(*ranges.pixel_scale, n)
    psf_fwhm = rng.uniform(*ranges.psf_fwhm, n)
    signal_to_noise = _log_uniform(rng, ranges.signal_to_noise, n)
    # The error of a centre, about FWHM / (S/N), more for extended galaxies.
    wander = np.minimum(1.5 * psf_fwhm / pixel_scale / signal_to_noise, 1.0)
    return GalaxySample(
        bulge_to_total=share,
        bulge_index=rng.integers(len(BULGE_INDICES), size=n),
        bulge_radius=_log_uniform(rng, ranges.radius, n),
        bulge_axis_ratio=rng.uniform(*ranges.axis_ratio, n),
        bulge_angle=angle + rng.uniform(-spread, spread, n),
        disk_index=rng.integers(len(DISK_INDICES), size=n),
        disk_radius=_log_uniform(rng, ranges.radius, n),
        disk_axis_ratio=rng.uniform(*ranges.axis_ratio, n),
        disk_angle=angle,
        psf_fwhm=psf_fwhm,
        pixel_scale=pixel_scale,
        dx=rng.uniform(-0.5, 0.5, n) + wander * rng.standard_normal(n),
        dy=rng.uniform(-0.5, 0.5, n) + wander * rng.standard_normal(n),
        signal_to_noise=signal_to_noise,
    )


def half_light_radius(
    bulge_to_total: np.ndarray,
    bulge_radius: np.ndarray,
    bulge_index: np.ndarray,
    disk_radius: np.ndarray,
    disk_index: np.ndarray,
) -> np.ndarray:
    """Half-light radius of a bulge and a disk together, along the major axis.

    The semi-major axis R at which the light of both components within their
    own isophotes of semi-major axis R is half of the total: for components of
    one shape, the isophote that holds half of the light. The flux of a Sersic
    profile within R is ``gammainc(2 n, b (R / R_e)^(1/n))``.

    Parameters
    ----------
    bulge_to_total : array-like, (n,)
        Share of the bulge in the flux, 0 to 1.
    bulge_radius, disk_radius : array-like, (n,)
        Half-light radii of the components, major axis; any unit.
    bulge_index, disk_index : array-like, (n,)
        Sersic indices.

    Returns
    -------
    radius : `numpy.ndarray`, (n,)
        In the unit of the radii.
    """
    share, r_bulge, n_bulge, r_disk, n_disk = np.broadcast_arrays(
        *(np.asarray(a, float) for a in (bulge_to_total, bulge_radius, bulge_index)),
        *(np.asarray(a, float) for a in (disk_radius, disk_index)),
    )
    b_bulge, b_disk = gammaincinv(2 * n_bulge, 0.5), gammaincinv(2 * n_disk, 0.5)

    def enclosed(radius: np.ndarray) -> np.ndarray:
        bulge = gammainc(2 * n_bulge, b_bulge * (radius / r_bulge) ** (1 / n_bulge))
        disk = gammainc(2 * n_disk, b_disk * (radius / r_disk) ** (1 / n_disk))
        return share * bulge + (1 - share) * disk

    # It lies between the two radii, for at the smaller one component has half
    # its light inside and the other less. Bisection in ln R, to 1e-9.
    low = np.log(np.minimum(r_bulge, r_disk))
    high = np.log(np.maximum(r_bulge, r_disk))
    for _ in range(32):
        middle = 0.5 * (low + high)
        inside = enclosed(np.exp(middle)) > 0.5
        low, high = np.where(inside, low, middle), np.where(inside, middle, high)
    radius = np.exp(0.5 * (low + high))
    # With no light in one component, its radius is no bound.
    return np.where(share <= 0, r_disk, np.where(share >= 1, r_bulge, radius))


def _log_uniform(rng: np.random.Generator, ends: tuple[float, float], n: int) -> np.ndarray:
    return np.exp(rng.uniform(*np.log(ends), n))
