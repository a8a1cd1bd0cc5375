"""Simulated coadds, exposure by exposure: photons shot through a silicon sensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import galsim
import numpy as np
from astropy.table import Table

from ..data.coadd import Coadd
from .conditions import Conditions
from .noise import lanczos_taps, pixel_variance
from .parts import galaxy_parts
from .psf import psf_image, seeing_profile
from .scenes import SCENE_CENTRE, check_scene, scene_wcs
from .structured import StructuredGalaxy, structured_galaxies
from .survey import Survey

__all__ = ["render_exposures", "shoot_exposure"]

#: GalSim's model of LSST's ITL sensors.
_SENSOR = "lsst_itl_32"

#: Relative scatter of the sky level between exposures.
_SKY_SCATTER = 0.05

#: Photons that are shot at once.
_BATCH = 1_000_000

#: How often in an exposure the sensor computes anew how the charge in its
#: pixels bends the paths of further electrons: a small effect at these fluxes,
#: and costly. Never more often than after so many photons.
_RECALCULATIONS, _LEAST_PHOTONS = 3, 10_000

#: Half-light radii across the image that a galaxy with structure is drawn on.
_SHAPE_REACH = 24.0

#: Beyond this many pixels from the image, galaxies are not shot.
_REACH = 100.0


def render_exposures(
    galaxies: Table,
    survey: Survey,
    shape: tuple[int, int],
    rng: np.random.Generator,
    xy0: tuple[int, int] = (0, 0),
    name: str = "simulated scene",
    conditions: Conditions | None = None,
    centre: tuple[float, float] = SCENE_CENTRE,
) -> Coadd:
    """Draw a coadd of galaxies as it comes about.

    As `~meas_blends.simulation.scenes.render_scene`, of which it is the
    measure: each exposure has its own PSF, sub-pixel dither and
    sky; photons are shot, spread by the charge diffusion of GalSim's
    ``lsst_itl_32`` sensor, brighter-fatter effect included, and counted; sky
    photons are added and their mean subtracted; the exposure is shifted onto
    the coadd's grid by interpolation, and added (Buchanan et al.
    2022, ApJ 924, 94, Sec. 2.1).

    Parameters
    ----------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`.
    survey : `~meas_blends.simulation.survey.Survey`
        What the coadd is made of; its number of exposures is rounded.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)``.
    rng : `numpy.random.Generator`
        Draws everything but the galaxies.
    xy0, name, conditions, centre
        As for `~meas_blends.simulation.scenes.render_scene`.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        In counts of the survey's ``coadd_zero_point``. The PSF is, in each
        cell of the conditions, that of the
        exposures that were drawn, without the sensor's brighter-fatter effect.

    Raises
    ------
    BadInputError
        If the table lacks columns or the shape is not positive.

    Notes
    -----
    A megapixel of LSST's i band takes about 5 s an exposure on one core: half
    an hour for 2048 x 2048 pixels and 100 exposures.
    """
    check_scene(galaxies, shape, name)
    conditions = conditions or Conditions.constant(shape)
    number = max(1, round(survey.n_exposures))
    widths = survey.psf_fwhm * (1.0 + survey.psf_scatter) ** rng.standard_normal(number)
    skies = survey.sky_level / number * (1.0 + _SKY_SCATTER * rng.standard_normal(number))
    parts = galaxy_parts(galaxies, survey, xy0)
    near = np.ones(len(parts["x"]), bool)
    for axis, side in (("x", shape[1]), ("y", shape[0])):
        near &= (parts[axis] > -_REACH) & (parts[axis] < side + _REACH)
    parts = {key: values[near] for key, values in parts.items()}
    parts["flux"] = parts["flux"] / number
    parts, structured = structured_galaxies(galaxies, parts)
    shapes = [_Shape.of(galaxy, shape) for galaxy in structured]
    total = np.zeros(shape, np.float64)
    variance = np.zeros(shape, np.float64)
    wanted = None if conditions.coverage is None else np.round(conditions.coverage * number)
    for k, (width, sky) in enumerate(zip(widths, skies, strict=True)):
        local = survey.replace(psf_fwhm=float(width))
        image = _expose(parts, shapes, local, shape, max(float(sky), 0.0), conditions, rng)
        # Exposures are alike, so the first ones stand for those that cover a pixel.
        covered = 1.0 if wanted is None else k < np.maximum(wanted, 1.0)
        total += covered * image
        variance += covered * sky
    variance += np.maximum(total, 0.0)
    if wanted is not None:
        share = np.maximum(wanted, 1.0) / number
        total, variance = total / share, variance / share**2
    counts = survey.counts_per_photon
    return Coadd(
        image=total * counts,
        variance=variance * pixel_variance(survey) * counts**2,
        psf=conditions.psf_cells(
            xy0, lambda fwhm, shear: psf_image(survey, shear, tuple(widths * fwhm))
        ),
        wcs=scene_wcs(survey, shape, centre),
        zero_point=survey.coadd_zero_point,
        band=survey.band,
        xy0=xy0,
        name=name,
        origins={"image": f"simulated exposure by exposure, survey {survey.name}"},
    )


@dataclass(frozen=True)
class _Shape:
    """A galaxy with structure, as what its photons are drawn from.

    Parameters
    ----------
    flux : `float`
        Expected photons.
    cumulative : `numpy.ndarray` of float64, (n^2,)
        Share of the light up to each element of its image.
    size : `int`
        Side of the image, in elements.
    pitch : `float`
        Side of an element [pixel].
    column, row : `float`
        Array pixel of the first element's centre.
    """

    flux: float
    cumulative: np.ndarray
    size: int
    pitch: float
    column: float
    row: float

    @classmethod
    def of(cls, galaxy: StructuredGalaxy, shape: tuple[int, int]) -> _Shape:
        """Draw a galaxy once for all exposures."""
        radius = galaxy.components["radius"].max()
        side = 2 * int(np.clip(0.5 * _SHAPE_REACH * radius, 16, max(shape)))
        light, column, row = galaxy.light(side)
        return cls(
            galaxy.flux,
            np.cumsum(light.ravel()) / light.sum(),
            len(light),
            side / len(light),
            column,
            row,
        )

    def sources(
        self, dx: float, dy: float, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where the photons of an exposure, dithered so far, come from [array pixel]."""
        number = rng.poisson(self.flux)
        row, column = np.divmod(
            np.searchsorted(self.cumulative, rng.uniform(size=number)), self.size
        )
        jitter = rng.uniform(-0.5, 0.5, (2, number))
        x = self.column + dx + self.pitch * (np.minimum(column, self.size - 1) + jitter[0])
        return x, self.row + dy + self.pitch * (np.minimum(row, self.size - 1) + jitter[1])


def shoot_exposure(
    parts: dict[str, np.ndarray],
    survey: Survey,
    shape: tuple[int, int],
    conditions: Conditions,
    rng: np.random.Generator,
    sources: Sequence[tuple[np.ndarray, np.ndarray]] = (),
) -> np.ndarray:
    """Shoot the photons of one exposure onto a sensor.

    Parameters
    ----------
    parts : `dict` [`str`, `numpy.ndarray`]
        `~meas_blends.simulation.parts.galaxy_parts`, with the flux of the
        exposure [photon].
    survey : `~meas_blends.simulation.survey.Survey`
        With the exposure's ``psf_fwhm``.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the sensor.
    conditions : `~meas_blends.simulation.conditions.Conditions`
        How the PSF varies over the image.
    rng : `numpy.random.Generator`
        Source of randomness.
    sources : sequence of pairs of `numpy.ndarray`, (n,)
        Where further photons come from, ``x`` and ``y`` [array pixel], before
        any seeing: a pair a galaxy.

    Returns
    -------
    image : `numpy.ndarray` of float32, (ny, nx)
        Photons counted in each pixel.
    """
    seed = galsim.BaseDeviate(int(rng.integers(1, 2**31)))
    photons = rng.poisson(parts["flux"])
    number = int(photons.sum()) + sum(len(x) for x, _ in sources)
    recalculate = max(number // _RECALCULATIONS, _LEAST_PHOTONS)
    sensor = galsim.SiliconSensor(name=_SENSOR, rng=seed, nrecalc=recalculate)
    image = galsim.ImageF(shape[1], shape[0], xmin=0, ymin=0)
    started = False
    for rows, index in _batches(photons, parts["index"]):
        batch = {key: values[rows] for key, values in parts.items()}
        shot = _see(*_emit(batch, index, seed), survey, conditions, seed)
        sensor.accumulate(shot, image, resume=started)
        started = True
    for x, y in sources:
        sensor.accumulate(_see(x, y, x, y, survey, conditions, seed), image, resume=started)
        started = True
    return image.array


def _expose(
    parts: dict[str, np.ndarray],
    shapes: Sequence[_Shape],
    survey: Survey,
    shape: tuple[int, int],
    sky: float,
    conditions: Conditions,
    rng: np.random.Generator,
) -> np.ndarray:
    """One exposure on the coadd's grid, its mean sky subtracted."""
    if survey.resampling == "none":
        sources = [of.sources(0.0, 0.0, rng) for of in shapes]
        image = shoot_exposure(parts, survey, shape, conditions, rng, sources)
        return image + rng.poisson(sky, shape) - sky
    dx, dy = rng.uniform(size=2)
    if survey.resampling == "bilinear":
        before, by_shift = 0, [np.array([1.0 - shift, shift]) for shift in (dy, dx)]
    else:
        before, by_shift = 2, [lanczos_taps(shift) for shift in (dy, dx)]
    dithered = {**parts, "x": parts["x"] + dx + before, "y": parts["y"] + dy + before}
    more = len(by_shift[0]) - 1
    larger = (shape[0] + more, shape[1] + more)
    sources = [of.sources(dx + before, dy + before, rng) for of in shapes]
    image = shoot_exposure(dithered, survey, larger, conditions, rng, sources)
    image = image + (rng.poisson(sky, larger) - sky)
    for axis, taps in enumerate(by_shift):
        length = image.shape[axis] - more
        image = sum(tap * image.take(range(k, k + length), axis) for k, tap in enumerate(taps))
    return image


def _batches(photons: np.ndarray, index: np.ndarray) -> Iterator[tuple[np.ndarray, float]]:
    """Rows of `galaxy_parts`, once a photon, of one Sersic index at a time."""
    for value in np.unique(index):
        rows = np.flatnonzero(index == value)
        rows = np.repeat(rows, photons[rows])
        for start in range(0, len(rows), _BATCH):
            yield rows[start : start + _BATCH], float(value)


def _emit(
    parts: dict[str, np.ndarray], index: float, seed: galsim.BaseDeviate
) -> tuple[np.ndarray, ...]:
    """Where photons, one a row, come from, and the centres of their galaxies [pixel]."""
    number = len(parts["x"])
    source = galsim.Sersic(n=index, half_light_radius=1.0).makePhot(n_photons=number, rng=seed)
    # A root of the shape matrix takes the round profile to the ellipse.
    root = np.sqrt(np.maximum(parts["xx"], 1e-30))
    lower = parts["xy"] / root
    rest = np.sqrt(np.maximum(parts["yy"] - lower**2, 0.0))
    x = parts["x"] + root * source.x
    return x, parts["y"] + lower * source.x + rest * source.y, parts["x"], parts["y"]


def _see(
    x: np.ndarray,
    y: np.ndarray,
    centre_x: np.ndarray,
    centre_y: np.ndarray,
    survey: Survey,
    conditions: Conditions,
    seed: galsim.BaseDeviate,
) -> galsim.PhotonArray:
    """Photons where they meet the sensor, seen through the PSF at the centres [pixel]."""
    number = len(x)
    seeing = seeing_profile(survey, 1.0).makePhot(n_photons=number, rng=seed)
    cell = conditions.cells(centre_x, centre_y)
    width = survey.psf_fwhm / survey.pixel_scale * conditions.fwhm.flat[cell]
    g1, g2 = conditions.shear1.flat[cell], conditions.shear2.flat[cell]
    width = width / np.sqrt(1.0 - g1**2 - g2**2)
    shot = galsim.PhotonArray(number)
    shot.x = x + width * ((1.0 + g1) * seeing.x + g2 * seeing.y)
    shot.y = y + width * (g2 * seeing.x + (1.0 - g1) * seeing.y)
    shot.flux = 1.0
    return shot
