"""Writing a coadd to FITS in our own layout."""

from __future__ import annotations

import math
import os
import warnings

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from ..coadd import Coadd
from ..files import write_whole
from .psf_cells import psf_hdu

__all__ = ["write_coadd"]


def write_coadd(coadd: Coadd, path: str | os.PathLike[str]) -> None:
    """Write a coadd as FITS, whole or not at all.

    HDUs IMAGE and MASK, and VARIANCE, PSF and NOISE_CORRELATION where the
    coadd has them, the PSF an image, or one a cell where it varies
    (`~meas_blends.data.fits.psf_cells.psf_hdu`). The header of IMAGE carries
    the WCS, the zero point (MAGZERO), the band (BAND), the parent-pixel origin
    (LTV1 and LTV2, its negative) and, without a WCS, the pixel scale (PIXSCALE,
    arcsec); that of MASK the bit number of each plane (MP_ and its name).

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        What to write.
    path : path-like
        Where to; with ``.gz`` at the end it is compressed.
    """
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(coadd.image, _image_header(coadd), name="IMAGE")]
    if coadd.variance is not None:
        hdus.append(fits.ImageHDU(coadd.variance, name="VARIANCE"))
    mask = fits.ImageHDU(coadd.mask, name="MASK")
    for plane, bit in sorted(coadd.mask_planes.items(), key=lambda item: item[1]):
        card = f"MP_{plane}"
        mask.header[card if len(card) <= 8 else f"HIERARCH {card}"] = bit
    hdus.append(mask)
    if coadd.psf is not None:
        hdus.append(psf_hdu(coadd.psf))
    if coadd.noise_correlation is not None:
        hdus.append(fits.ImageHDU(coadd.noise_correlation, name="NOISE_CORRELATION"))
    with write_whole(path) as temporary:
        fits.HDUList(hdus).writeto(temporary)


def _image_header(coadd: Coadd) -> fits.Header:
    """Calibration, WCS and origin."""
    header = fits.Header() if coadd.wcs is None else _wcs_header(coadd.wcs)
    if math.isfinite(coadd.zero_point):
        header["MAGZERO"] = (float(coadd.zero_point), "[mag] AB magnitude of one count")
    if coadd.band:
        header["BAND"] = coadd.band
    if coadd.wcs is None and np.isfinite(coadd.pixel_scale):
        header["PIXSCALE"] = (float(coadd.pixel_scale), "[arcsec] pixel scale")
    header["LTV1"] = (-coadd.xy0[0], "minus the parent pixel of the first column")
    header["LTV2"] = (-coadd.xy0[1], "minus the parent pixel of the first row")
    return header


def _wcs_header(wcs: WCS) -> fits.Header:
    """Cards of a WCS, with its distortions."""
    with warnings.catch_warnings():
        # What it warns of, such as cards in another order, changes no position.
        warnings.simplefilter("ignore")
        return wcs.to_header(relax=True)
