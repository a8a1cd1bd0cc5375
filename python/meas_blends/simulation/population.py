"""The galaxy population: counts, sizes, shapes and bulges from published relations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS

from ..data.catalogs import TRUTH
from ..data.coadd import NANOJANSKY_ZERO_POINT
from ..errors import BadInputError
from .positions import clustered_positions
from .scenes import scene_wcs
from .survey import Survey

__all__ = ["Population", "draw_galaxies", "galaxies_at"]

#: Half-light radius of an exponential disk over its scale length.
_SCALE_LENGTHS = 1.6783

#: Width of the frame around an image from which galaxies shine in [arcsec].
_MARGIN = 10.0

#: Parameters that must be positive.
_POSITIVE = (
    "count_slope",
    "radius",
    "size_scale",
    "bulge_scatter",
    "group_size",
    "group_radius",
)


@dataclass(frozen=True)
class Population:
    """Relations that galaxies are drawn from, in the i band.

    Parameters
    ----------
    density : `float`
        Galaxies brighter than i = 25 [arcmin^-2].
    count_slope : `float`
        ``N(<i) = density * 10 ** (count_slope * (i - 25))``. Defaults: LSST
        Science Book (2009, arXiv:0912.0201), Sec. 3.7.2.
    density_scatter : `float`
        Log-normal scatter of the density between scenes [nat]: the large-scale
        structure that scenes of 7 arcmin show in cosmoDC2.
    mag_bright, mag_faint : `float`
        AB magnitudes between which galaxies are drawn. The power law has too
        many bright ones.
    radius : `float`
        Median half-light radius at i = 25 [arcsec].
    radius_slope : `float`
        ``log10`` of the radius per magnitude.
    radius_scatter : `float`
        Its log-normal scatter [nat]. Between the steeper relation of Miller
        et al. (2013, MNRAS 429, 2858), -0.117 a magnitude from 0.53 arcsec
        at i = 23, and the small faint galaxies of Shibuya et al. (2015, ApJS
        219, 15); these defaults give nearly the shares of detected galaxies
        and of blended footprints of Buchanan et al. (2022, ApJ 924, 94).
    size_scale : `float`
        Factor on all radii.
    bulge_dominated : `float`
        Share of galaxies that are all bulge. The others' bulge fraction is
        half a normal distribution below 0.5.
    bulge_scatter : `float`
        Width of that distribution (both: Miller et al. 2013, Appendix B).
    clustered_fraction : `float`
        Share of the galaxies that lie in groups.
    group_size : `float`
        Mean number of members of a group.
    group_radius : `float`
        Radius of the groups [arcsec]. The defaults give the angular
        correlation of close pairs in cosmoDC2 (Korytov et al. 2019, ApJS 245,
        26): 0.07 at 1.5 and 0.03 at 7 arcsec.

    Raises
    ------
    BadInputError
        If a value is not one that it can have.
    """

    density: float = 46.0
    count_slope: float = 0.31
    density_scatter: float = 0.065
    mag_bright: float = 18.0
    mag_faint: float = 29.0
    radius: float = 0.26
    radius_slope: float = -0.085
    radius_scatter: float = 0.38
    size_scale: float = 1.0
    bulge_dominated: float = 0.1
    bulge_scatter: float = 0.1
    clustered_fraction: float = 0.3
    group_size: float = 20.0
    group_radius: float = 15.0

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            if not 0 < getattr(self, name) < np.inf:
                raise BadInputError(
                    f"population: {name} is {getattr(self, name)}; give a positive number."
                )
        for name in ("density", "density_scatter", "radius_scatter"):
            if not 0 <= getattr(self, name) < np.inf:
                raise BadInputError(f"population: {name} is {getattr(self, name)}; give 0 or more.")
        for name in ("clustered_fraction", "bulge_dominated"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadInputError(
                    f"population: {name} is {getattr(self, name)}; give a share from 0 to 1."
                )
        if not self.mag_bright < self.mag_faint:
            raise BadInputError(
                f"population: mag_bright {self.mag_bright} is not brighter than mag_faint"
                f" {self.mag_faint}; give them the other way round."
            )


def draw_galaxies(
    survey: Survey,
    shape: tuple[int, int],
    rng: np.random.Generator,
    population: Population | None = None,
    xy0: tuple[int, int] = (0, 0),
) -> Table:
    """Draw the galaxies of a scene.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        Pixel scale, calibration and depth.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image.
    rng : `numpy.random.Generator`
        Source of randomness.
    population : `Population`, optional
        The relations; published ones if not given.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of the first pixel.

    Returns
    -------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`, brightest first; some lie within
        10 arcsec outside the image.
    """
    population = population or Population()
    margin = round(_MARGIN / survey.pixel_scale)
    area = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    expected = _counts(population) * area[0] * area[1] * (survey.pixel_scale / 60.0) ** 2
    number = rng.poisson(expected * np.exp(population.density_scatter * rng.standard_normal()))
    x, y = clustered_positions(
        number,
        area,
        rng,
        population.clustered_fraction,
        population.group_size,
        population.group_radius / survey.pixel_scale,
    )
    share = rng.uniform(size=number)
    # Inverse of the cumulative counts between the two limits.
    span = 10 ** (population.count_slope * (population.mag_bright - population.mag_faint))
    mag = population.mag_faint + np.log10(span + share * (1.0 - span)) / population.count_slope
    order = np.argsort(mag)
    x, y = x[order] - margin + xy0[0], y[order] - margin + xy0[1]
    return galaxies_at(x, y, mag[order], survey, rng, population, scene_wcs(survey, shape), xy0)


def galaxies_at(
    x: np.ndarray,
    y: np.ndarray,
    mag: np.ndarray,
    survey: Survey,
    rng: np.random.Generator,
    population: Population | None = None,
    wcs: WCS | None = None,
    xy0: tuple[int, int] = (0, 0),
) -> Table:
    """Give published shapes to galaxies of known positions and magnitudes.

    Parameters
    ----------
    x, y : array-like, (n,)
        Centres, parent pixels.
    mag : array-like, (n,)
        AB magnitudes.
    survey : `~meas_blends.simulation.survey.Survey`
        Depth, for the S/N.
    rng : `numpy.random.Generator`
        Source of randomness.
    population : `Population`, optional
        The relations; its counts and clustering are not used.
    wcs : `astropy.wcs.WCS`, optional
        Of the array, for sky coordinates.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of the array's first pixel.

    Returns
    -------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`, in the order given. Disks have
        Sersic index 1 and bulges 4.
    """
    population = population or Population()
    x, y, mag = (np.asarray(values, float) for values in (x, y, mag))
    n = len(mag)
    log_radius = population.radius_slope * np.log(10.0) * (mag - 25.0)
    log_radius += population.radius_scatter * rng.standard_normal(n)
    radius = population.radius * population.size_scale * np.exp(log_radius)
    all_bulge = rng.uniform(size=n) < population.bulge_dominated
    bulge = np.minimum(np.abs(population.bulge_scatter * rng.standard_normal(n)), 0.5)
    ra = dec = np.full(n, np.nan)
    if wcs is not None and n:
        world = wcs.pixel_to_world(x - xy0[0], y - xy0[1])
        ra, dec = world.ra.deg, world.dec.deg
    return TRUTH.make(
        {
            "galaxyId": np.arange(1, n + 1),
            "x": x,
            "y": y,
            "coord_ra": ra,
            "coord_dec": dec,
            "mag": mag,
            "flux": 10 ** (0.4 * (NANOJANSKY_ZERO_POINT - mag)),
            "significance": survey.significance(survey.photons(mag)),
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
    )


def _counts(population: Population) -> float:
    """Galaxies between the magnitude limits [arcmin^-2]."""
    limits = np.array([population.mag_bright, population.mag_faint])
    bright, faint = population.density * 10 ** (population.count_slope * (limits - 25.0))
    return faint - bright


def _disk_ellipticity(e: np.ndarray) -> np.ndarray:
    """Density of disks' ellipticities, Miller et al. (2013), Appendix B; rms 0.26 a component."""
    maximum, roundest, width = 0.804, 0.0256, 0.2539
    density = e * -np.expm1((e - maximum) / width) / ((1.0 + e) * np.hypot(e, roundest))
    return np.maximum(density, 0.0)


def _bulge_ellipticity(e: np.ndarray) -> np.ndarray:
    """Density of bulges' ellipticities, Miller et al. (2013), Appendix B; rms 0.22 a component."""
    return e * np.exp(-2.368 * e - 6.691 * e**2)


def _draw(density: object, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw ellipticities below 0.8 from their density."""
    grid = np.linspace(0.0, 0.8, 2001)
    cumulative = np.cumsum(density(grid))
    return np.interp(rng.uniform(size=n), cumulative / cumulative[-1], grid)
