"""Coadds from and to FITS: our own layout and the LSST pipelines' Exposures; afw's footprints."""

from .band import read_band
from .footprint_reader import read_afw_footprints
from .footprint_writer import write_afw_footprints
from .opening import open_fits
from .reader import read_coadd
from .writer import write_coadd

__all__ = [
    "open_fits",
    "read_afw_footprints",
    "read_band",
    "read_coadd",
    "write_afw_footprints",
    "write_coadd",
]
