"""Coadds from FITS of many layouts, and to our own; afw's footprints."""

from .footprint_reader import read_afw_footprints
from .footprint_writer import write_afw_footprints
from .opening import open_fits
from .reader import companions_of, read_band, read_coadd
from .writer import write_coadd

__all__ = [
    "companions_of",
    "open_fits",
    "read_afw_footprints",
    "read_band",
    "read_coadd",
    "write_afw_footprints",
    "write_coadd",
]
