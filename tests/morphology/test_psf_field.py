"""Radii and fluxes of galaxies in a coadd whose PSF varies from cell to cell."""

import galsim
import numpy as np
import pytest

from meas_blends.data.catalogs import PEAKS
from meas_blends.data.coadd import NANOJANSKY_ZERO_POINT, Coadd
from meas_blends.data.footprints import labels_to_spans
from meas_blends.data.psf import CellPsf
from meas_blends.tasks.measure_morphology import MeasureMorphologyTask

PITCH, SIDE, SCALE, NOISE, RADIUS = 66, 6, 0.2, 7.0, 0.6

#: FWHM of the PSF in the cells, of 3 x 3 galaxies each [arcsec].
FWHM = np.array([[0.60, 0.70], [0.76, 0.86]])


@pytest.fixture(scope="module")
def scene():
    """Coadd of exponential disks of one size and an S/N of 150, labels, peaks and true fluxes."""
    rng = np.random.default_rng(77)
    n = SIDE**2
    cell = np.stack(np.divmod(np.arange(n), SIDE)[::-1], axis=1)
    x, y = ((cell + 0.5) * PITCH + rng.uniform(-0.5, 0.5, (n, 2))).T
    side = PITCH * SIDE
    image, flux = galsim.ImageF(side, side, xmin=0, ymin=0), np.zeros(n)
    psfs = [galsim.Kolmogorov(fwhm=fwhm) for fwhm in FWHM.ravel()]
    which = 2 * (cell[:, 1] * 2 // SIDE) + cell[:, 0] * 2 // SIDE
    for i in range(n):
        q = rng.uniform(0.6, 1)
        shape = galsim.Shear(q=q, beta=rng.uniform(0, np.pi) * galsim.radians)
        # The radius is that along the major axis.
        disk = galsim.Exponential(half_light_radius=RADIUS * np.sqrt(q))
        stamp = galsim.ImageF(PITCH, PITCH)
        stamp.setCenter(round(x[i]), round(y[i]))
        seen = galsim.Convolve(disk.shear(shape), psfs[which[i]])
        seen.drawImage(stamp, scale=SCALE, center=galsim.PositionD(x[i], y[i]))
        flux[i] = 150 * NOISE / np.sqrt(np.sum(stamp.array**2))
        inside = stamp.bounds & image.bounds
        image[inside] += flux[i] * stamp[inside]
    images = [psf.drawImage(nx=41, ny=41, scale=SCALE).array for psf in psfs]
    coadd = Coadd(
        image.array + rng.normal(0, NOISE, image.array.shape),
        np.full(image.array.shape, NOISE**2),
        psf=CellPsf(np.reshape(images, (2, 2, 41, 41)), (0, 0), (side / 2, side / 2)),
        zero_point=27.0,
        pixel_scale=SCALE,
    )
    py, px = np.indices(coadd.shape)
    labels = (py // PITCH) * SIDE + px // PITCH + 1
    labels[(py % PITCH - PITCH // 2) ** 2 + (px % PITCH - PITCH // 2) ** 2 > 20**2] = 0
    row = dict.fromkeys((column.name for column in PEAKS.all_columns), 0)
    row |= {"id": np.arange(n), "footprintId": np.arange(n) + 1, "f_x": x, "f_y": y}
    row |= {"i_x": np.rint(x), "i_y": np.rint(y)}
    flux *= 10 ** (0.4 * (NANOJANSKY_ZERO_POINT - 27.0))
    return coadd, labels_to_spans(labels), PEAKS.make(row), flux, which


@pytest.mark.parametrize("refine", [False, True])
def test_morphology_is_unbiased_in_every_cell(scene, refine):
    coadd, spans, peaks, flux, which = scene
    config = MeasureMorphologyTask.ConfigClass()
    config.estimator["compact"].device = "cpu"
    config.estimator["compact"].refine = refine
    off = {}
    for name, psf in (("place", coadd.psf), ("one", coadd.psf.at([100.0], [300.0])[0])):
        task = MeasureMorphologyTask(config=config)
        table = task.run(coadd=coadd.replace(psf=psf), spans=spans, peaks=peaks).morphology
        ratios = np.log([table["halfLightRadius_p50"] / RADIUS, table["flux_p50"] / flux])
        off[name] = np.array([np.median(ratios[:, which == k], axis=1) for k in range(4)])
    radius, light = np.abs(off["place"]).max(axis=0)
    assert radius < 0.04 and light < 0.04
    # The sharpest and the blurriest cell under one PSF between them.
    assert np.ptp(off["one"][:, 0]) > 0.08
    assert np.ptp(off["place"][:, 0]) < 0.5 * np.ptp(off["one"][:, 0])
