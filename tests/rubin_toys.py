"""Images of ``lsst.images`` with known contents, for the tests of Rubin's own products."""

import astropy.units as u
import numpy as np
from astropy.wcs import WCS
from scipy.ndimage import correlate1d

from meas_blends.detection.psf import gaussian_psf
from toys import SIGMA, draw

#: First pixel of the coadd in its tract, side of a cell, and of the PSF's images.
XY0 = (11900, 23800)
CELL = 50
STAMP = 25

#: Sources (x, y, height) of the coadd, array pixels: pairs and single ones.
SOURCES = [(20, 16, 60), (70, 20, 60), (78, 20, 40), (120, 30, 50), (30, 80, 60), (125, 85, 45)]


def sip_wcs(distortion=0.0):
    """A tangential projection with a scale of 0.2 arcsec, distorted or not."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [150.0, 2.0]
    wcs.wcs.crpix = [60.0, 40.0]
    wcs.wcs.cdelt = [-0.2 / 3600, 0.2 / 3600]
    if distortion:
        from astropy.wcs import Sip

        wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
        a, none = np.zeros((3, 3)), np.zeros((3, 3))
        a[2, 0] = distortion
        wcs.sip = Sip(a, a.T.copy(), none, none, wcs.wcs.crpix)
    wcs.wcs.set()
    return wcs


def boxed(shape, xy0):
    """The Box of an array."""
    from lsst.images import Box

    return Box.factory[xy0[1] : xy0[1] + shape[0], xy0[0] : xy0[0] + shape[1]]


def mask_planes(*names):
    """A schema of planes, as Rubin keeps it: bytes."""
    from lsst.images import MaskPlane, MaskSchema

    return MaskSchema([MaskPlane(name, name.lower()) for name in names], dtype=np.uint8)


def cell_sigma(row, column):
    """Width of the PSF of a cell [pixel]."""
    return SIGMA + 0.05 * row + 0.02 * column


def make_cell_coadd(
    shape=(100, 150), missing=((1, 0),), planes=(), band="i", seed=5, realizations=1, taps=(1.0,)
):
    """A CellCoadd of 2 x 3 cells, its PSF another in each, one of them missing.

    Its noise is correlated by some taps along each axis.
    """
    from lsst.images import YX, Image, SkyProjection, TractFrame
    from lsst.images.cells import CellCoadd, CellGrid, CellGridBounds, CellIJ
    from lsst.images.cells import CellPointSpreadFunction as CellPsf

    box = boxed(shape, XY0)
    frame = TractFrame(skymap="blend_coadds", tract=0, bbox=box)
    projection = SkyProjection.from_fits_wcs(sip_wcs(), frame, box, *XY0)
    noise = np.random.default_rng(seed).normal(0, 0.3, (1 + realizations, *shape))
    for axis in (1, 2):
        noise = correlate1d(noise, np.array(taps) / np.linalg.norm(taps), axis)
    image = (draw(SOURCES, shape).image + noise[0]).astype(np.float32)
    variance = np.full(shape, 0.09, np.float32)
    rows, columns = (side // CELL for side in shape)
    psf = np.full((rows, columns, STAMP, STAMP), np.nan)
    for row, column in np.ndindex(rows, columns):
        cell = np.s_[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL]
        if (row, column) in missing:
            image[cell], variance[cell] = 0, np.inf
            continue
        one = gaussian_psf(cell_sigma(row, column))
        edge = (one.shape[0] - STAMP) // 2
        psf[row, column] = one[edge:-edge, edge:-edge] if edge > 0 else np.pad(one, -edge)
    grid = CellGrid(bbox=box, cell_shape=YX(CELL, CELL))
    gone = frozenset(CellIJ(i=row, j=column) for row, column in missing)
    coadd = CellCoadd(
        Image(image, bbox=box, unit=u.nJy, sky_projection=projection),
        variance=Image(variance, bbox=box, unit=u.nJy**2),
        mask_schema=mask_planes("NO_DATA", "SATURATED", "INEXACT_PSF", *planes),
        psf=CellPsf(psf, CellGridBounds(grid=grid, bbox=box, missing=gone)),
        band=band,
        noise_realizations=[
            Image(one.astype(np.float32), bbox=box, unit=u.nJy) for one in noise[1:]
        ],
    )
    coadd.mask.set("SATURATED", np.hypot(*(np.indices(shape) - [[[16]], [[20]]])) < 3)
    coadd.mask.set("INEXACT_PSF", np.indices(shape)[1] >= 75)
    return coadd


def make_visit_image(
    psf=None, unit=u.nJy, scaling=None, projection=None, shape=(100, 150), kind=None
):
    """A VisitImage of the same sources, its PSF a Gaussian unless another is given."""
    from astro_metadata_translator import makeObservationInfo
    from lsst.images import DetectorFrame, Image, SkyProjection, VisitImage
    from lsst.images.psfs import GaussianPointSpreadFunction

    box = boxed(shape, (40, 8))
    frame = DetectorFrame(instrument="LSSTCam", detector=3, visit=17, bbox=box)
    if projection is None:
        projection = SkyProjection.from_fits_wcs(sip_wcs(), frame, box, 40, 8)
    noise = np.random.default_rng(6).normal(0, 0.3, shape)
    return (kind or VisitImage)(
        Image(
            (draw(SOURCES, shape).image + noise).astype(np.float32),
            bbox=box,
            unit=unit,
            sky_projection=projection,
        ),
        variance=Image(np.full(shape, 0.09, np.float32), bbox=box, unit=unit**2),
        mask_schema=mask_planes("NO_DATA", "SAT"),
        obs_info=makeObservationInfo(physical_filter="i_39"),
        photometric_scaling=scaling,
        psf=GaussianPointSpreadFunction(SIGMA, box, STAMP) if psf is None else psf,
        detector=None,
        band="i",
    )
