"""Simulated coadds at full depth, in one go."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS

from ..data.catalogs import TRUTH
from ..data.coadd import Coadd
from ..errors import BadInputError
from .conditions import Conditions
from .noise import add_noise, pixel_variance
from .psf import psf_image
from .stamps import draw_light
from .survey import Survey

__all__ = ["SCENE_CENTRE", "check_scene", "render_scene", "scene_wcs"]

#: Where simulated scenes lie on the sky: in the COSMOS field [deg].
SCENE_CENTRE = (150.1, 2.2)


def render_scene(
    galaxies: Table,
    survey: Survey,
    shape: tuple[int, int],
    rng: np.random.Generator,
    xy0: tuple[int, int] = (0, 0),
    name: str = "simulated scene",
    conditions: Conditions | None = None,
    centre: tuple[float, float] = SCENE_CENTRE,
) -> Coadd:
    """Draw a coadd of galaxies.

    The mean of the exposures' PSFs, their summed photon noise, and what their
    resampling does to both are put in directly, so nothing is drawn exposure
    by exposure. The mean sky is subtracted.

    Parameters
    ----------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`; positions in parent pixels, and
        galaxies beyond the border shine in.
    survey : `~meas_blends.simulation.survey.Survey`
        What the coadd is made of.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)``.
    rng : `numpy.random.Generator`
        Draws the noise.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of the first pixel.
    name : `str`
        The coadd's name.
    conditions : `~meas_blends.simulation.conditions.Conditions`, optional
        How PSF and depth vary over the image; constant if not given.
    centre : `tuple` [`float`, `float`]
        ICRS position of the middle of the array [deg].

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        In counts of the survey's ``coadd_zero_point``, with WCS, the PSF of
        each cell of the conditions, and the variance of single pixels.

    Raises
    ------
    BadInputError
        If the table lacks columns or the shape is not positive.

    Notes
    -----
    The scenes follow Buchanan et al. (2022), ApJ 924, 94, Sec. 2.1.
    """
    check_scene(galaxies, shape, name)
    conditions = conditions or Conditions.constant(shape)
    image = draw_light(galaxies, survey, shape, xy0, conditions)
    variance = add_noise(image, survey, rng, conditions.coverage)
    counts = np.float32(survey.counts_per_photon)
    return Coadd(
        image=image * counts,
        variance=variance * np.float32(pixel_variance(survey) * float(counts) ** 2),
        psf=conditions.psf_cells(
            xy0,
            lambda fwhm, shear: psf_image(survey.replace(psf_fwhm=survey.psf_fwhm * fwhm), shear),
        ),
        wcs=scene_wcs(survey, shape, centre),
        zero_point=survey.coadd_zero_point,
        band=survey.band,
        xy0=xy0,
        name=name,
        origins={"image": f"simulated, survey {survey.name}"},
    )


def check_scene(galaxies: Table, shape: tuple[int, int], name: str) -> None:
    """Check that a scene can be drawn.

    Raises
    ------
    BadInputError
        If the table lacks columns or the shape is not positive.
    """
    try:
        TRUTH.check(galaxies)
    except ValueError as error:
        raise BadInputError(
            f"{name}: {error}; give a table of galaxies with all of them."
        ) from error
    if min(shape) < 1:
        raise BadInputError(f"{name}: an image of shape {shape}; give two positive numbers.")


def scene_wcs(
    survey: Survey, shape: tuple[int, int], centre: tuple[float, float] = SCENE_CENTRE
) -> WCS:
    """Gnomonic WCS of a scene, north up, east left.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        Gives the pixel scale.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)``.
    centre : `tuple` [`float`, `float`]
        ICRS position of the middle of the array [deg].

    Returns
    -------
    wcs : `astropy.wcs.WCS`
        Of the array, as `~meas_blends.data.coadd.Coadd` wants it.
    """
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crval = centre
    # FITS counts pixels from 1.
    wcs.wcs.crpix = [(shape[1] + 1) / 2, (shape[0] + 1) / 2]
    wcs.wcs.cdelt = [-survey.pixel_scale / 3600, survey.pixel_scale / 3600]
    wcs.wcs.radesys = "ICRS"
    return wcs
