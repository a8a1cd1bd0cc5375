"""An Exposure of ``lsst.afw`` in memory as a coadd."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from astropy.io.fits import Header

from ...data.coadd import NANOJANSKY_ZERO_POINT, Coadd
from ...data.fits.header import plain_band
from ...data.fits.sky import read_wcs
from ...data.psf import CellPsf, stack_images

if TYPE_CHECKING:
    from astropy.wcs import WCS
    from lsst.afw.geom import SkyWcs
    from lsst.afw.image import Exposure, ImageD
    from lsst.cell_coadds import StitchedPsf

__all__ = ["coadd_from_exposure"]


def coadd_from_exposure(exposure: Exposure, name: str = "exposure") -> Coadd:
    """Turn an Exposure into a coadd.

    Parameters
    ----------
    exposure : `lsst.afw.image.Exposure`
        Of one band. It may lack PSF, WCS, calibration and filter.
    name : `str`, optional
        What to call it in messages.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With its own copies of the pixels. The PSF is evaluated in cells of 256
        pixels, or is that of its own cells; the zero point is that of
        the mean calibration, and a WCS that FITS has no words for is
        approximated.
    """
    x0, y0 = exposure.getXY0()
    label = exposure.getFilter()
    band = ""
    if label is not None:
        band = label.bandLabel if label.hasBandLabel() else plain_band(label.physicalLabel)
    return Coadd(
        exposure.image.array.copy(),
        exposure.variance.array.copy(),
        exposure.mask.array.copy(),
        dict(exposure.mask.getMaskPlaneDict()),
        _cell_psf(exposure),
        _array_wcs(exposure.getWcs(), (x0, y0)),
        _zero_point(exposure),
        band,
        (x0, y0),
        name=name,
        origins=dict.fromkeys(("image", "variance", "mask", "xy0"), "the Exposure"),
    )


def _cell_psf(exposure: Exposure) -> CellPsf | None:
    """The PSF as a function of place."""
    psf = exposure.getPsf()
    if psf is None:
        return None
    # The StitchedPsf of lsst.cell_coadds has images and a grid.
    if hasattr(psf, "images") and hasattr(psf, "grid"):
        return _stitched(psf)
    middle = psf.getAveragePosition()

    def image_at(x: float, y: float) -> np.ndarray | None:
        # A CoaddPsf raises where the coadd has no exposure.
        try:
            return _centred(psf.computeKernelImage(type(middle)(x, y)))
        except Exception:
            return None

    found = CellPsf.evaluated(image_at, exposure.image.array.shape, tuple(exposure.getXY0()))
    return found or CellPsf.constant(_centred(psf.computeKernelImage(middle)))


def _stitched(psf: StitchedPsf) -> CellPsf:
    """A PSF that has its own cells."""
    indices = list(psf.images.keys())
    columns, rows = ([getattr(one, axis) for one in indices] for axis in "xy")
    by_cell = dict(zip(zip(rows, columns, strict=True), indices, strict=True))
    height, width = (max(place) - min(place) + 1 for place in (rows, columns))
    images = []
    for cell in np.ndindex(height, width):
        index = by_cell.get((cell[0] + min(rows), cell[1] + min(columns)))
        images.append(None if index is None else _centred(psf.images[index]))
    stack = stack_images(images)
    box = psf.grid.bbox_of(indices[0])
    side = box.getHeight(), box.getWidth()
    origin = (
        box.getMinX() - (columns[0] - min(columns)) * side[1],
        box.getMinY() - (rows[0] - min(rows)) * side[0],
    )
    return CellPsf(stack.reshape(height, width, *stack.shape[1:]), origin, side)


def _centred(image: ImageD) -> np.ndarray:
    """Pixels of a kernel image, cut so that the PSF's centre is the middle one."""
    # The pixel (0, 0) of a kernel image is the PSF's centre.
    x, y = (-corner for corner in image.getXY0())
    height, width = image.array.shape
    half_x, half_y = min(x, width - 1 - x), min(y, height - 1 - y)
    return image.array[y - half_y : y + half_y + 1, x - half_x : x + half_x + 1].copy()


def _array_wcs(wcs: SkyWcs | None, xy0: tuple[int, int]) -> WCS | None:
    """WCS of the array; that of afw counts parent pixels."""
    if wcs is None:
        return None
    header = Header(wcs.getFitsMetadata(precise=False).toDict())
    for key, origin in zip(("CRPIX1", "CRPIX2"), xy0, strict=True):
        header[key] -= origin
    return read_wcs([header])


def _zero_point(exposure: Exposure) -> float:
    """AB magnitude of one count, NaN without a calibration."""
    calibration = exposure.getPhotoCalib()
    mean = 0.0 if calibration is None else calibration.getCalibrationMean()
    return NANOJANSKY_ZERO_POINT - 2.5 * math.log10(mean) if mean > 0 else math.nan
