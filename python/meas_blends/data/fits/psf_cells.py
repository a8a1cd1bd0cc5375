"""A PSF a cell in one HDU of our own layout."""

from __future__ import annotations

import numpy as np
from astropy.io import fits

from ..psf import CellPsf
from .header import number

__all__ = ["psf_hdu", "read_psf_cells"]

#: Cards of the first pixel of the first cell [parent pixel], and of the cells' width and height.
_ORIGIN = ("CELLX0", "CELLY0")
_SHAPE = ("CELLNX", "CELLNY")


def psf_hdu(psf: CellPsf) -> fits.ImageHDU:
    """The HDU of a PSF.

    Parameters
    ----------
    psf : `~meas_blends.data.psf.CellPsf`

    Returns
    -------
    hdu : `astropy.io.fits.ImageHDU`
        PSF, a 2-D image where it is the same everywhere; else (rows, columns,
        odd, odd) with the grid in its header, NaN in cells without one.
    """
    if psf.is_constant:
        return fits.ImageHDU(psf.middle, name="PSF")
    hdu = fits.ImageHDU(psf.images, name="PSF")
    for key, value, axis in zip(_ORIGIN, psf.origin, "xy", strict=True):
        hdu.header[key] = (value, f"parent pixel {axis} of the first cell's first pixel")
    for key, value, axis in zip(_SHAPE, psf.cell_shape[::-1], "xy", strict=True):
        # What serves all beyond it has no side; FITS has no infinity either.
        if np.isfinite(value):
            hdu.header[key] = (value, f"[pixel] side of a cell along {axis}")
    return hdu


def read_psf_cells(hdu: fits.ImageHDU, name: str) -> CellPsf | None:
    """Read what `psf_hdu` made of a PSF that varies.

    Parameters
    ----------
    hdu : `astropy.io.fits.ImageHDU`
        PSF.
    name : `str`
        What to call the file in a message.

    Returns
    -------
    psf : `~meas_blends.data.psf.CellPsf` or `None`
        `None` if it is another kind of PSF.

    Raises
    ------
    BadInputError
        If its images are none of a PSF.
    """
    origin = [number([hdu.header], key) for key in _ORIGIN]
    if not hdu.is_image or len(hdu.shape) != 4 or not np.isfinite(origin).all():
        return None
    sides = [number([hdu.header], key) for key in _SHAPE[::-1]]
    shape = tuple(side if side > 0 else np.inf for side in sides)
    return CellPsf(hdu.data, tuple(round(value) for value in origin), shape, name)
