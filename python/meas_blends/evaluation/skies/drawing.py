"""Drawing galaxies as a ground survey sees them, one in each cell of a mosaic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import galsim
import numpy as np

from ...data.coadd import Coadd
from ...simulation.noise import add_noise, pixel_variance
from ...simulation.psf import effective_psf, psf_image
from ...simulation.scenes import scene_wcs
from ...simulation.survey import Survey

__all__ = ["Mosaic", "cell_side", "draw_profile", "make_mosaic", "scaled_to"]


@dataclass(frozen=True)
class Mosaic:
    """A coadd of cells, and where the middle pixel of each lies.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        With variance, PSF and noise.
    light : `numpy.ndarray` of float32, (ny, nx)
        What was drawn, without noise [count].
    x, y : `numpy.ndarray` of int, (n,)
        Array pixels of the cells' middles.
    side : `int`
        Of a cell [pixel].
    """

    coadd: Coadd
    light: np.ndarray
    x: np.ndarray
    y: np.ndarray
    side: int


def cell_side(survey: Survey, radius: float) -> int:
    """Side of a cell that holds a galaxy of a half-light radius [arcsec], even [pixel]."""
    reach = 10.0 * radius + 5.0 * survey.psf_fwhm
    return 2 * int(np.ceil(max(reach, 5.0) / survey.pixel_scale))


def draw_profile(
    profile: galsim.GSObject,
    survey: Survey,
    side: int,
    offset: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:
    """Draw a profile through a survey's PSF.

    Parameters
    ----------
    profile : `galsim.GSObject`
        [arcsec].
    survey : `~meas_blends.simulation.survey.Survey`
        PSF and pixels.
    side : `int`
        Of the image, even [pixel].
    offset : `tuple` [`float`, `float`]
        Of the origin from the pixel ``[side // 2, side // 2]`` [pixel].

    Returns
    -------
    image : `numpy.ndarray`, (side, side)
    """
    seen = galsim.Convolve([profile, effective_psf(survey)])
    # The middle of an even image lies half a pixel below that pixel's centre.
    place = galsim.PositionD(offset[0] + 0.5, offset[1] + 0.5)
    return seen.drawImage(
        nx=side, ny=side, scale=survey.pixel_scale, offset=place, method="no_pixel"
    ).array.astype(float)


def scaled_to(image: np.ndarray, survey: Survey, snr: float) -> np.ndarray:
    """Scale noiseless light to a S/N.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Light of one galaxy, in any unit.
    survey : `~meas_blends.simulation.survey.Survey`
        Its sky.
    snr : `float`
        Of all the light by a filter of its own shape in the noise of the sky:
        ``sqrt(sum(photons^2) / sky)``.

    Returns
    -------
    photons : `numpy.ndarray`, (ny, nx)
        In the whole coadd.
    """
    return image * (snr * np.sqrt(survey.sky_level / np.sum(image**2)))


def make_mosaic(
    cells: Sequence[np.ndarray], survey: Survey, rng: np.random.Generator, name: str
) -> Mosaic:
    """Lay images of galaxies side by side and add the noise of sky and sources.

    Parameters
    ----------
    cells : sequence of `numpy.ndarray`, (side, side)
        Photons in the whole coadd.
    survey : `~meas_blends.simulation.survey.Survey`
        Calibration, noise and its correlation.
    rng : `numpy.random.Generator`
        Draws the noise.
    name : `str`
        The coadd's.

    Returns
    -------
    mosaic : `Mosaic`
        About square. Its sky is empty beside the galaxies and known to be zero.
    """
    side = len(cells[0])
    columns = int(np.ceil(np.sqrt(len(cells))))
    rows = -(-len(cells) // columns)
    image = np.zeros((rows * side, columns * side), np.float32)
    row, column = np.divmod(np.arange(len(cells)), columns)
    for cell, j, i in zip(cells, row * side, column * side, strict=True):
        image[j : j + side, i : i + side] = cell
    counts = np.float32(survey.counts_per_photon)
    light = image * counts
    variance = add_noise(image, survey, rng)
    coadd = Coadd(
        image=image * counts,
        variance=variance * np.float32(pixel_variance(survey) * float(counts) ** 2),
        psf=psf_image(survey),
        wcs=scene_wcs(survey, image.shape),
        zero_point=survey.coadd_zero_point,
        band=survey.band,
        name=name,
        origins={"image": f"real galaxies as {survey.name} would see them"},
    )
    return Mosaic(coadd, light, column * side + side // 2, row * side + side // 2, side)
