"""Coadds from and to FITS: our own layout and the LSST pipelines' Exposures."""

from .reader import read_coadd
from .writer import write_coadd

__all__ = ["read_coadd", "write_coadd"]
