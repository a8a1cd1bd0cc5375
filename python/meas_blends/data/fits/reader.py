"""Reading a coadd from a FITS file of any layout that we know."""

from __future__ import annotations

import os

from ..coadd import Coadd
from ..fill_values import blank_fill_values
from .cell_coadd import is_cell_coadd, read_cell_coadd
from .exposure import is_exposure, read_exposure
from .opening import open_fits
from .own_layout import read_own
from .range import fit_range

__all__ = ["read_coadd"]


def read_coadd(path: str | os.PathLike[str], zero_point: float | None = None) -> Coadd:
    """Read a coadd.

    Parameters
    ----------
    path : path-like
        A FITS file, plain or compressed: our own layout (`write_coadd`), an
        LSST Exposure, a CellCoadd or VisitImage of ``lsst.images``, or any file with one 2-D image.
    zero_point : `float`, optional
        AB magnitude of one count of the file, in place of what it says
        itself.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        Its ``origins`` say where each part came from. Nothing is estimated:
        what the file does not hold is missing. Counts too large or too small
        for 32-bit arithmetic are multiplied by a power of ten, and the zero
        point moved with them.

    Raises
    ------
    BadInputError
        If the file is missing, damaged, not FITS, or holds no usable image.
    """
    name = str(path)
    with open_fits(path) as hdus:
        if is_cell_coadd(hdus):
            parts = read_cell_coadd(hdus, name)
        else:
            parts = read_exposure(hdus, name) if is_exposure(hdus) else read_own(hdus, name)
        if zero_point is not None:
            parts["zero_point"] = zero_point
            parts["origins"]["zero_point"] = "given by the user"
        return Coadd(name=name, **fit_range(blank_fill_values(parts)))
