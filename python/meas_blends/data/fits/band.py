"""The band of an image, without its pixels."""

from __future__ import annotations

import os

from .archive import Archive
from .cell_coadd import cell_coadd_band, is_cell_coadd
from .exposure import exposure_band, is_exposure
from .header import band_name
from .opening import open_fits

__all__ = ["read_band"]


def read_band(path: str | os.PathLike[str]) -> str:
    """Read the name of an image's band.

    Parameters
    ----------
    path : path-like
        A FITS file of any layout that `read_coadd` takes.

    Returns
    -------
    band : `str`
        ``""`` if the file does not say.

    Raises
    ------
    BadInputError
        If the file is missing, damaged, or not FITS.
    """
    with open_fits(path) as hdus:
        headers = [hdu.header for hdu in hdus]
        if is_cell_coadd(hdus):
            return cell_coadd_band(hdus)
        if is_exposure(hdus):
            return exposure_band(Archive(hdus), headers)
        return band_name(headers)
