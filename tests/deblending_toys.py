"""Analytic blends with known fluxes, shared by the tests of deblending."""

import numpy as np

from meas_blends.data.catalogs import PEAKS
from meas_blends.data.coadd import Coadd
from meas_blends.data.footprints import labels_to_spans, pixel_lists
from meas_blends.detection.psf import gaussian_psf

SHAPE = (40, 90)
PSF = {"g": 1.7, "i": 1.4}
#: A pair five pixels apart, of different colours and sizes, and a galaxy alone:
#: x, y, sigma before the PSF, fluxes in g and i [count].
GALAXIES = [
    (18.3, 20.1, 1.8, 900.0, 3000.0),
    (23.2, 19.6, 0.9, 1500.0, 1000.0),
    (70.4, 18.8, 1.2, 800.0, 1600.0),
]


def galaxy(x, y, sigma, flux, psf):
    """Image of a Gaussian galaxy behind a Gaussian PSF."""
    py, px = np.indices(SHAPE)
    variance = sigma**2 + psf**2
    profile = np.exp(-0.5 * ((px - x) ** 2 + (py - y) ** 2) / variance)
    return flux * profile / (2 * np.pi * variance)


def scene(more=0.0):
    """Coadds in g and i with white noise, the footprints, and one peak a galaxy.

    ``more`` is light to add to every band, an image or a number.
    """
    rng = np.random.default_rng(3)
    coadds, light = {}, np.zeros(SHAPE)
    for number, (band, psf) in enumerate(PSF.items()):
        image = sum(galaxy(*g[:3], g[3 + number], psf) for g in GALAXIES)
        light += image
        coadds[band] = Coadd(
            image + more + rng.normal(0, 1, SHAPE),
            variance=np.ones(SHAPE),
            psf=gaussian_psf(psf),
            band=band,
            zero_point=31.4,
            xy0=(100, 50),
        )
    labels = np.zeros(SHAPE, int)
    labels[light > 1.0] = 1
    labels[:, 45:] *= 2
    pixels = pixel_lists(labels_to_spans(labels, (100, 50)), SHAPE, (100, 50))
    return coadds, pixels, peaks_at([(g[0] + 0.4, g[1] - 0.3) for g in GALAXIES], [1, 1, 2])


def peaks_at(places, footprints):
    """Peaks at array pixels."""
    x, y = np.array(places, float).T + np.array([[100], [50]])
    columns = {column.name: 0 for column in PEAKS.all_columns}
    columns |= {"id": np.arange(1, len(x) + 1) * 10, "footprintId": footprints}
    columns |= {"f_x": x, "f_y": y, "i_x": np.rint(x), "i_y": np.rint(y)}
    return PEAKS.make(columns)
