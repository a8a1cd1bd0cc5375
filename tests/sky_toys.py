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
