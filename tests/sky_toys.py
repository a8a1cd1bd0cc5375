"""Analytic galaxies as a space telescope sees them, for the tests of real skies."""

import galsim
import numpy as np
from astropy.io import fits
from astropy.table import Table

from meas_blends.data.space_galaxies import SpaceGalaxy

SCALE = 0.03
SPACE_PSF = galsim.Gaussian(fwhm=0.1)


def space_psf(size=33):
    return SPACE_PSF.drawImage(nx=size, ny=size, scale=SCALE).array.astype(float)


def space_galaxy(profile, name="7", size=96, noise=5e-5, seed=1):
    """A profile in arcsec behind the PSF and the pixel, with white noise."""
    seen = galsim.Convolve([profile, SPACE_PSF])
    image = seen.drawImage(nx=size, ny=size, scale=SCALE).array.astype(float)
    image += noise * np.random.default_rng(seed).standard_normal(image.shape)
    psf = space_psf()
    return SpaceGalaxy(name, image, psf / psf.sum(), SCALE, noise**2, 22.0)


def write_catalogue(path, galaxies):
    """Write galaxies as one file with the table GALAXIES."""
    table = Table(
        {
            "IDENT": [int(galaxy.name) for galaxy in galaxies],
            "MAG": [galaxy.mag for galaxy in galaxies],
            "PIXEL_SCALE": [galaxy.pixel_scale for galaxy in galaxies],
            "NOISE_VARIANCE": [galaxy.noise_variance for galaxy in galaxies],
        }
    )
    hdus = [fits.PrimaryHDU(), fits.BinTableHDU(table, name="GALAXIES")]
    for galaxy in galaxies:
        hdus.append(fits.ImageHDU(galaxy.image, name=f"GALAXY_{galaxy.name}"))
        hdus.append(fits.ImageHDU(galaxy.psf, name=f"PSF_{galaxy.name}"))
    fits.HDUList(hdus).writeto(path)


def write_galsim_catalogue(folder, galaxies):
    """Write galaxies as a GalSim RealGalaxyCatalog: a catalogue, and two files beside it."""
    for kind, arrays in (("gal", [g.image for g in galaxies]), ("psf", [g.psf for g in galaxies])):
        hdus = [fits.PrimaryHDU(arrays[0]), *(fits.ImageHDU(array) for array in arrays[1:])]
        fits.HDUList(hdus).writeto(folder / f"{kind}.fits")
    numbers = np.arange(len(galaxies))
    table = Table(
        {
            "IDENT": [int(galaxy.name) for galaxy in galaxies],
            "MAG": [galaxy.mag for galaxy in galaxies],
            "GAL_FILENAME": ["gal.fits"] * len(galaxies),
            "PSF_FILENAME": ["psf.fits"] * len(galaxies),
            "GAL_HDU": numbers,
            "PSF_HDU": numbers,
            "PIXEL_SCALE": [galaxy.pixel_scale for galaxy in galaxies],
            "NOISE_VARIANCE": [galaxy.noise_variance for galaxy in galaxies],
        }
    )
    path = folder / "catalog.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(table)]).writeto(path)
    return path


def two_telescopes(places, flux, survey, shape=(120, 120), space_scale=0.05, shift=(0.0, 0.0)):
    """Round galaxies seen from the ground and from space, as two coadds.

    ``places`` are x, y in ground pixels, ``flux`` photons on the ground, and
    ``shift`` the error of the space image's WCS [ground pixel].
    """
    from meas_blends.data.coadd import Coadd
    from meas_blends.simulation.noise import add_noise, pixel_variance
    from meas_blends.simulation.psf import effective_psf, psf_image
    from meas_blends.simulation.scenes import scene_wcs

    rng = np.random.default_rng(8)
    ny, nx = shape
    scale = survey.pixel_scale
    galaxies = [
        galsim.Exponential(half_light_radius=0.15, flux=one).shift(
            scale * (x - (nx - 1) / 2), scale * (y - (ny - 1) / 2)
        )
        for (x, y), one in zip(places, flux, strict=True)
    ]
    sky = galsim.Add(galaxies)
    image = galsim.Convolve([sky, effective_psf(survey)]).drawImage(
        nx=nx, ny=ny, scale=scale, method="no_pixel"
    )
    counts = np.float32(survey.counts_per_photon)
    image = image.array.astype(np.float32)
    variance = add_noise(image, survey, rng) * np.float32(pixel_variance(survey) * counts**2)
    ground = Coadd(
        image * counts,
        variance,
        psf=psf_image(survey),
        wcs=scene_wcs(survey, shape),
        zero_point=27.0,
        name="ground",
    )
    side_y, side_x = (round(n * scale / space_scale) for n in shape)
    fine = survey.replace(pixel_scale=space_scale)
    psf = galsim.Gaussian(fwhm=0.12)
    seen = galsim.Convolve([sky, psf]).drawImage(nx=side_x, ny=side_y, scale=space_scale)
    noise = 0.02 * float(np.median(flux)) * 0.01
    wcs = scene_wcs(fine, (side_y, side_x))
    wcs.wcs.crpix -= np.array(shift) * scale / space_scale
    space = Coadd(
        # In other units than the ground's.
        3.0 * (seen.array + noise * rng.standard_normal(seen.array.shape)),
        np.full((side_y, side_x), (3.0 * noise) ** 2),
        psf=psf.drawImage(nx=25, ny=25, scale=space_scale).array,
        wcs=wcs,
        name="space",
    )
    return ground, space
