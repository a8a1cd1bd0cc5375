"""Columns that several tables share."""

from __future__ import annotations

from .schema import Column

__all__ = ["DEC", "FOOTPRINT_ID", "RA"]

FOOTPRINT_ID = Column(
    "footprintId", "i8", "Footprint that this row belongs to", ucd="meta.id.parent"
)
RA = Column("coord_ra", "f8", "Right ascension, ICRS; NaN without a WCS", "deg", "pos.eq.ra")
DEC = Column("coord_dec", "f8", "Declination, ICRS; NaN without a WCS", "deg", "pos.eq.dec")
