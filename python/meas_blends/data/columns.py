"""Columns that several tables share."""

from __future__ import annotations

from .schema import Column

__all__ = ["DEC", "FOOTPRINT_ID", "MODEL", "PEAK_FINDER", "RA"]

FOOTPRINT_ID = Column(
    "footprintId", "i8", "Footprint that this row belongs to", ucd="meta.id.parent"
)
RA = Column("coord_ra", "f8", "Right ascension, ICRS; NaN without a WCS", "deg", "pos.eq.ra")
DEC = Column("coord_dec", "f8", "Declination, ICRS; NaN without a WCS", "deg", "pos.eq.dec")
PEAK_FINDER = Column("peakFinder", "str", "Name of the peak finder", ucd="meta.id;meta.software")
MODEL = Column(
    "model", "str", "Name and version of its model package, if it has one", ucd="meta.version"
)
