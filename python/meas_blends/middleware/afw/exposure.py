"""An Exposure of ``lsst.afw`` in memory as a coadd."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from astropy.io.fits import Header

from ...data.coadd import NANOJANSKY_ZERO_POINT, Coadd
from ...data.fits.header import plain_band
from ...data.fits.sky import read_wcs

if TYPE_CHECKING:
    from astropy.wcs import WCS
    from lsst.afw.geom import SkyWcs
    from lsst.afw.image import Exposure

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
        With its own copies of the pixels. The PSF is that of its average
        position, where LSST's detection takes it; the zero point is that of
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
        _psf_image(exposure),
        _array_wcs(exposure.getWcs(), (x0, y0)),
        _zero_point(exposure),
        band,
        (x0, y0),
        name=name,
        origins=dict.fromkeys(("image", "variance", "mask", "xy0"), "the Exposure"),
    )


def _psf_image(exposure: Exposure) -> np.ndarray | None:
    """Kernel image of the PSF, cut so that its centre is the middle pixel."""
    psf = exposure.getPsf()
    if psf is None:
        return None
    image = psf.computeKernelImage(psf.getAveragePosition())
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
