"""The tables of ground coadds that were held against space images of the same fields."""

from __future__ import annotations

from .columns import FOOTPRINT_ID, PEAK_FINDER
from .schema import Column, TableSchema
from .sky_columns import compared, with_error

__all__ = [
    "GROUND_OBJECTS",
    "SPACE_GROUND_TABLES",
    "SPACE_MATCHES",
    "SPACE_MORPHOLOGY",
    "SPACE_RATES",
]

_FIELD = Column("field", "str", "Name of the field", "", "meta.id")
_PEAK = (
    Column("f_x", "f8", "The peak's centre, parent pixels", "pix", "pos.cartesian.x;instr.det"),
    Column("f_y", "f8", "The peak's centre, parent pixels", "pix", "pos.cartesian.y;instr.det"),
)

SPACE_MATCHES = TableSchema(
    "space_ground_matches",
    "One row a significant space object with its peak, one without, or a peak without an object",
    (
        _FIELD,
        PEAK_FINDER,
        FOOTPRINT_ID,
        Column("outcome", "str", "matched, missed, or false", "", "meta.code.class"),
        Column(
            "x",
            "f8",
            "The space object's centre, parent pixels of the ground coadd; NaN without",
            "pix",
            "pos.cartesian.x;instr.det",
        ),
        Column(
            "y",
            "f8",
            "The space object's centre, parent pixels of the ground coadd; NaN without",
            "pix",
            "pos.cartesian.y;instr.det",
        ),
        *_PEAK,
        Column(
            "significance",
            "f4",
            "Point-source S/N of the space object's flux on the ground coadd; NaN without",
            "",
            "stat.snr",
        ),
        Column("offset", "f4", "Distance of the two; NaN without", "arcsec", "pos.angDistance"),
    ),
)

GROUND_OBJECTS = TableSchema(
    "space_ground_objects",
    "One row a ground object, a peak, with its label after SITCOMTN-128",
    (
        _FIELD,
        PEAK_FINDER,
        FOOTPRINT_ID,
        *_PEAK,
        Column(
            "mag",
            "f4",
            "AB magnitude of the light of the footprint that is nearest to it; NaN if unknown",
            "mag",
            "phot.mag",
        ),
        Column("significance", "f4", "Point-source S/N at the peak", "", "stat.snr"),
        Column("nGround", "i4", "Ground objects that overlap it, with itself", "", "meta.number"),
        Column("nSpace", "i4", "Space objects that overlap it and count", "", "meta.number"),
        Column("label", "str", "pure, recognised, unrecognised, or ignored", "", "meta.code.class"),
    ),
)

_BIN = (
    Column("bin", "str", "all, or a bin of S/N of the objects"),
    Column("low", "f4", "Least S/N of the bin", "", "stat.snr;stat.min"),
    Column("high", "f4", "Largest S/N of the bin", "", "stat.snr;stat.max"),
)

SPACE_RATES = TableSchema(
    "space_ground_rates",
    "One row a peak finder and bin of S/N: peaks and blends of ground coadds, held against space",
    (
        PEAK_FINDER,
        *_BIN,
        Column("nFields", "i4", "Fields", "", "meta.number"),
        Column("nSpace", "i4", "Space objects that count", "", "meta.number"),
        Column("nGround", "i4", "Ground objects that are not ignored", "", "meta.number"),
        *with_error("recall", "Share of the space objects with a peak", "stat.value"),
        *with_error(
            "precision",
            "Share of the peaks with a space object; of all peaks, whatever the bin",
            "stat.value",
        ),
        *with_error(
            "placeError", "Root mean square distance of the two", "stat.error;pos", "arcsec"
        ),
        *with_error(
            "unrecognised",
            "Share of the ground objects that are unrecognised blends, after SITCOMTN-128",
            "stat.value",
        ),
        *with_error("recognised", "Share that are recognised blends", "stat.value"),
        *with_error("pure", "Share that are single in both", "stat.value"),
    ),
)

SPACE_MORPHOLOGY = TableSchema(
    "space_ground_morphology",
    "One row a ground object with its space object: measured morphology against the space image",
    (
        _FIELD,
        PEAK_FINDER,
        FOOTPRINT_ID,
        *_PEAK,
        Column(
            "significance",
            "f4",
            "Point-source S/N of the space object's flux on the ground coadd",
            "",
            "stat.snr",
        ),
        *compared(),
        Column("measured", "bool", "Its measurement has not failed", "", "meta.code"),
        Column("unusual", "bool", "Flagged as unlike the training", "", "meta.code"),
    ),
)

SPACE_GROUND_TABLES = (SPACE_MATCHES, GROUND_OBJECTS, SPACE_RATES, SPACE_MORPHOLOGY)
