"""Stars of the Milky Way: how many, how bright, of what colours."""

from __future__ import annotations

import functools

import numpy as np
from astropy.table import Table

from .scenes import SCENE_CENTRE, scene_wcs
from .survey import Survey
from .templates import BANDS
from .truth import make_truth

__all__ = ["draw_stars", "star_colours", "star_counts"]

#: V - i of the stars that dominate faint counts, halo dwarfs near the turn-off
#: and M dwarfs taken together [mag].
_V_MINUS_I = 0.9

#: Mean r - i of halo and disk stars, scatter, and share of disk stars: the two
#: peaks of the colours of faint stars in Juric et al. (2008, ApJ 673, 864).
_HALO, _HALO_SCATTER = 0.12, 0.06
_DISK, _DISK_SCATTER = 1.1, 0.45
_DISK_SHARE = 0.45

#: Width of the frame around an image from which stars shine in [arcsec].
_MARGIN = 10.0


def star_counts(mag: np.ndarray, latitude: float = 60.0, longitude: float = 90.0) -> np.ndarray:
    """Stars brighter than a V magnitude.

    Parameters
    ----------
    mag : array-like
        V magnitude, up to 30.
    latitude, longitude : `float`
        Galactic coordinates [deg], the latitude at least 20 either way.

    Returns
    -------
    counts : `numpy.ndarray`
        Stars to that magnitude [deg^-2], disk and halo: Bahcall & Soneira
        (1980, ApJS 44, 73), Appendix B, good to 15%.
    """
    mag = np.asarray(mag, float)
    sine, cosine = np.sin(np.deg2rad(abs(latitude))), np.cos(np.deg2rad(latitude))
    towards = np.cos(np.deg2rad(longitude))
    mu = np.clip(0.0075 * (mag - 12.0) + 0.03, 0.03, 0.09)
    gamma = np.clip(0.04 * (12.0 - mag) + 0.36, 0.04, 0.36)
    disk = 925.0 * 10 ** (0.035 * (mag - 15.75)) / (1 + 10 ** (-0.132 * (mag - 15.75))) ** 3.0
    disk /= (sine * (1.0 - mu * cosine / sine * towards)) ** (3.0 - 5.0 * gamma)
    halo = 1050.0 * 10 ** (0.087 * (mag - 17.5)) / (1 + 10 ** (-0.18 * (mag - 17.5))) ** 2.5
    halo /= (1.0 - cosine * towards) ** (1.45 - 0.20 * towards * cosine)
    return disk + halo


def star_colours(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw colours of stars along the stellar locus.

    Parameters
    ----------
    n : `int`
        How many.
    rng : `numpy.random.Generator`
        Source of randomness.

    Returns
    -------
    colours : `numpy.ndarray`, (n, 6)
        ``mag - mag_i`` in ugrizy: g - r from r - i by Juric et al. (2008),
        Eq. 4; the others by straight lines through the median locus of Covey
        et al. (2007, AJ 134, 2398).
    """
    disk = rng.uniform(size=n) < _DISK_SHARE
    centre = np.where(disk, _DISK, _HALO)
    width = np.where(disk, _DISK_SCATTER, _HALO_SCATTER)
    ri = np.clip(centre + width * rng.standard_normal(n), 0.0, 2.2)
    gr = 1.39 * -np.expm1(-4.9 * ri**3 - 2.45 * ri**2 - 1.68 * ri - 0.050)
    ug = np.interp(gr, [0.2, 0.5, 0.8, 1.2, 1.4], [0.9, 1.25, 1.85, 2.5, 2.5])
    iz = np.interp(ri, [0.0, 0.2, 1.0, 2.2], [0.0, 0.10, 0.57, 1.20])
    zy = 0.5 * iz
    return np.stack([ug + gr + ri, gr + ri, ri, np.zeros(n), -iz, -iz - zy], axis=1)


def draw_stars(
    survey: Survey,
    shape: tuple[int, int],
    rng: np.random.Generator,
    density: float = 1.0,
    mag_bright: float = 18.0,
    mag_faint: float = 28.0,
    one_colour: float | None = None,
    xy0: tuple[int, int] = (0, 0),
    centre: tuple[float, float] = SCENE_CENTRE,
) -> Table:
    """Draw the stars of a scene, at random places.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        Band, pixel scale, calibration and depth.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image.
    rng : `numpy.random.Generator`
        Source of randomness.
    density : `float`
        Factor on the published number at 60 degrees from the galactic plane.
    mag_bright, mag_faint : `float`
        i magnitudes between which stars are drawn; brighter ones would
        saturate.
    one_colour : `float`, optional
        Colour ``mag - mag_i`` of all stars, in place of the locus.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of the first pixel.
    centre : `tuple` [`float`, `float`]
        ICRS position of the middle of the image [deg].

    Returns
    -------
    stars : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`, brightest first in i: disks of
        radius 0, and ``isStar``.
    """
    margin = round(_MARGIN / survey.pixel_scale)
    area = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    limits = np.array([mag_bright, mag_faint])
    square_degrees = area[0] * area[1] * (survey.pixel_scale / 3600.0) ** 2
    bright, faint = star_counts(limits + _V_MINUS_I) * square_degrees * density
    number = rng.poisson(faint - bright)
    grid, counts = _cumulative()
    first, last = np.interp(limits, grid, counts)
    mag = np.sort(np.interp(first + rng.uniform(size=number) * (last - first), counts, grid))
    x = rng.uniform(-margin - 0.5, shape[1] + margin - 0.5, number) + xy0[0]
    y = rng.uniform(-margin - 0.5, shape[0] + margin - 0.5, number) + xy0[1]
    colours = star_colours(number, rng)
    if one_colour is not None:
        mag = mag + one_colour
    elif survey.band and survey.band in BANDS:
        mag = mag + colours[:, BANDS.index(survey.band)]
    zero = np.zeros(number)
    columns = {
        "x": x,
        "y": y,
        "mag": mag,
        "bulgeToTotal": zero,
        "bulgeHalfLightRadius": zero,
        "diskHalfLightRadius": zero,
        "bulgeSersicIndex": zero + 4.0,
        "diskSersicIndex": zero + 1.0,
        "bulgeEllipticity": zero,
        "diskEllipticity": zero,
        "positionAngle": zero,
        "redshift": zero,
        "isStar": np.ones(number, bool),
    }
    return make_truth(columns, survey, scene_wcs(survey, shape, centre), xy0)


@functools.lru_cache(maxsize=1)
def _cumulative() -> tuple[np.ndarray, np.ndarray]:
    """i magnitudes, and stars brighter than them."""
    grid = np.linspace(10.0, 30.0, 401)
    return grid, star_counts(grid + _V_MINUS_I)
