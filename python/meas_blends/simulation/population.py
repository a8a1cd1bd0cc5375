"""The galaxies of a scene: drawn from published relations, or given and completed by them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS

from .colours import draw_colours
from .lensing import draw_lensing, magnification
from .positions import clustered_positions
from .relations import Population
from .scenes import scene_wcs
from .shapes import draw_shapes
from .survey import Survey
from .truth import make_truth

__all__ = ["Population", "draw_galaxies", "furnish", "galaxies_at"]

#: Magnitudes of the bright galaxies that are added, and how many times larger than
#: others of their magnitude they are.
_BRIGHT, _TIMES_LARGER = (17.0, 21.5), (0.6, 3.0)

#: Distances of close companions [arcsec], and how much fainter they are at most [mag].
_COMPANION_DISTANCE, _COMPANION_FAINTER = (0.4, 1.6), 2.5

#: Width of the frame around an image from which galaxies shine in [arcsec].
_MARGIN = 10.0


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
        Band, pixel scale, calibration and depth.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image.
    rng : `numpy.random.Generator`
        Source of randomness; in the same state it gives the same galaxies in
        every band and at every depth.
    population : `Population`, optional
        The relations; published ones if not given.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of the first pixel.

    Returns
    -------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`, brightest first in the i band and
        before lensing; some lie within 10 arcsec outside the image.
    """
    population = population or Population()
    margin = round(_MARGIN / survey.pixel_scale)
    area = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    expected = _counts(population) * area[0] * area[1] * (survey.pixel_scale / 60.0) ** 2
    number = rng.poisson(expected * np.exp(population.density_scatter * rng.standard_normal()))
    x, y, group = clustered_positions(
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
    mag = mag[order]
    columns = furnish(
        x[order] - margin, y[order] - margin, mag, survey, rng, population, group[order]
    )
    # Streams of their own, so that those that are added leave the others as they are.
    bright_rng, companion_rng = rng.spawn(2)
    added = []
    if population.bright_density > 0:
        added.append(_bright_galaxies(area, margin, survey, bright_rng, population))
    if population.companion_fraction > 0:
        centres = columns["x"], columns["y"], mag
        added.append(_companions(*centres, survey, companion_rng, population))
    for more, their_mag in added:
        mag = np.append(mag, their_mag)
        columns = {name: np.append(of, more[name]) for name, of in columns.items()}
    order = np.argsort(mag, kind="stable")
    columns = {name: of[order] for name, of in columns.items()}
    columns["x"] += xy0[0]
    columns["y"] += xy0[1]
    return make_truth(columns, survey, scene_wcs(survey, shape), xy0)


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
    """Give published shapes and colours to galaxies of known positions and magnitudes.

    Parameters
    ----------
    x, y : array-like, (n,)
        Centres, parent pixels.
    mag : array-like, (n,)
        AB magnitudes in the i band, lensed as observed; in a band other than
        ugrizy, in that band.
    survey : `~meas_blends.simulation.survey.Survey`
        Band of the table, and depth, for the S/N.
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
        `~meas_blends.data.catalogs.TRUTH`, in the order given.
    """
    columns = furnish(x, y, mag, survey, rng, population or Population(), observed=True)
    return make_truth(columns, survey, wcs, xy0)


def furnish(
    x: np.ndarray,
    y: np.ndarray,
    mag: np.ndarray,
    survey: Survey,
    rng: np.random.Generator,
    population: Population,
    group: np.ndarray | None = None,
    observed: bool = False,
    known: Mapping[str, np.ndarray] | None = None,
    radius: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Complete galaxies of given positions and i magnitudes.

    Parameters
    ----------
    x, y : array-like, (n,)
        Centres [pixel].
    mag : array-like, (n,)
        AB magnitudes in the i band.
    survey : `~meas_blends.simulation.survey.Survey`
        Band and pixel scale.
    rng : `numpy.random.Generator`
        Source of randomness.
    population : `Population`
        The relations.
    group : `numpy.ndarray` of int, (n,), optional
        Number of the group that each is a member of, -1 for none.
    observed : `bool`
        The magnitudes include lensing; otherwise they are before it.
    known : mapping of `str` to `numpy.ndarray`, optional
        Columns of `~meas_blends.data.catalogs.TRUTH` that are not drawn;
        ``mag`` is then in the survey's band, and as observed.
    radius : `numpy.ndarray`, (n,), optional
        Half-light radii of the galaxies [arcsec] that are not drawn.

    Returns
    -------
    columns : `dict` [`str`, `numpy.ndarray`]
        For `~meas_blends.simulation.truth.make_truth`.
    """
    known = known or {}
    x, y, mag = (np.array(values, float) for values in (x, y, mag))
    # A stream each, so that a change of one relation leaves the others' draws alone.
    shape_rng, colour_rng, lensing_rng, structure_rng = rng.spawn(4)
    colours = draw_colours(mag, colour_rng, group, population.one_colour, known.get("redshift"))
    scale = survey.pixel_scale
    lensing = draw_lensing(x * scale, y * scale, colours.redshift, population.lensing, lensing_rng)
    if known.keys() & lensing.keys():
        lensing = {name: known.get(name, np.zeros(len(mag))) for name in lensing}
    star = known.get("isStar", np.zeros(len(mag), bool))
    lensing = {name: np.where(star, 0.0, values) for name, values in lensing.items()}
    brighter = 2.5 * np.log10(magnification(**lensing))
    intrinsic = mag + brighter if observed else mag
    shapes = {**draw_shapes(intrinsic, population, shape_rng, radius), **known}
    structured = structure_rng.uniform(size=len(mag)) < population.structured
    structured &= (intrinsic <= population.structured_mag) & ~star
    number = structure_rng.integers(1, 2**31, len(mag))
    for name in ("bulgeToTotal", "bulgeHalfLightRadius", "diskHalfLightRadius"):
        shapes[name] = np.where(star, 0.0, shapes[name])
    colour, bulge = colours.in_band(survey.band, shapes["bulgeToTotal"])
    return {
        **shapes,
        **lensing,
        "x": x,
        "y": y,
        "mag": known.get("mag", intrinsic - brighter + colour),
        "bulgeToTotal": bulge,
        "redshift": colours.redshift,
        "isStar": star,
        "structure": known.get("structure", np.where(structured, number, 0)),
    }


def _bright_galaxies(
    area: tuple[int, int],
    margin: int,
    survey: Survey,
    rng: np.random.Generator,
    population: Population,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The bright galaxies that are added, and their magnitudes in i."""
    arcmin2 = area[0] * area[1] * (survey.pixel_scale / 60.0) ** 2
    number = rng.poisson(population.bright_density * arcmin2)
    y, x = (rng.uniform(-0.5, side - 0.5, number) - margin for side in area)
    mag = rng.uniform(*_BRIGHT, number)
    larger = np.exp(rng.uniform(*np.log(_TIMES_LARGER), number))
    columns = furnish(x, y, mag, survey, rng, population)
    for name in ("bulgeHalfLightRadius", "diskHalfLightRadius"):
        columns[name] = columns[name] * larger
    return columns, mag


def _companions(
    x: np.ndarray,
    y: np.ndarray,
    mag: np.ndarray,
    survey: Survey,
    rng: np.random.Generator,
    population: Population,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Close companions of some of the galaxies, and their magnitudes in i."""
    chosen = rng.uniform(size=len(mag)) < population.companion_fraction
    chosen &= mag <= population.companion_mag
    x, y, mag = x[chosen], y[chosen], mag[chosen]
    distance = rng.uniform(*_COMPANION_DISTANCE, len(mag)) / survey.pixel_scale
    angle = rng.uniform(0.0, 2.0 * np.pi, len(mag))
    mag = mag + rng.uniform(0.0, _COMPANION_FAINTER, len(mag))
    x, y = x + distance * np.cos(angle), y + distance * np.sin(angle)
    return furnish(x, y, mag, survey, rng, population), mag


def _counts(population: Population) -> float:
    """Galaxies between the magnitude limits [arcmin^-2]."""
    limits = np.array([population.mag_bright, population.mag_faint])
    bright, faint = population.density * 10 ** (population.count_slope * (limits - 25.0))
    return faint - bright
