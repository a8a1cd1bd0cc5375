"""Coadds from and to FITS: our own layout and the LSST pipelines' Exposures."""

from .band import read_band
from .opening import open_fits
from .reader import read_coadd
from .writer import write_coadd

__all__ = ["open_fits", "read_band", "read_coadd", "write_coadd"]
