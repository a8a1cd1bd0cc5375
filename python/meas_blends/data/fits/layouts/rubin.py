"""Rubin and Hyper Suprime-Cam: what ``lsst.images`` and ``lsst.afw`` persist."""

from __future__ import annotations

from astropy.io import fits

from ..archive import Archive
from ..cell_coadd import cell_coadd_band, is_cell_coadd, read_cell_coadd
from ..exposure import exposure_band, is_exposure, read_exposure
from .layout import Layout

__all__ = ["EXPOSURE", "LSST_IMAGES"]


def _exposure_band(hdus: fits.HDUList) -> str:
    return exposure_band(Archive(hdus), [hdu.header for hdu in hdus])


#: Coadds, visit images and difference images of DP2.
LSST_IMAGES = Layout("lsst_images", is_cell_coadd, read=read_cell_coadd, band=cell_coadd_band)

#: Also the coadds and cutouts of HSC's public data releases.
EXPOSURE = Layout("exposure", is_exposure, read=read_exposure, band=_exposure_band)
