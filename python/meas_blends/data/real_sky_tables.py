"""The tables of peak finders on real galaxies and real skies."""

from __future__ import annotations

from .columns import FOOTPRINT_ID, PEAK_FINDER
from .schema import Column, TableSchema

__all__ = [
    "GROUND_OBJECTS",
    "PAIRS",
    "PAIR_RATES",
    "REAL_SKY_TABLES",
    "SINGLES",
    "SINGLE_RATES",
    "SPACE_MATCHES",
    "SPACE_RATES",
]

_HALF = Column(
    "half", "str", "Half of the real galaxies: choose or held; empty for others", "", "meta.code"
)
_SNR = Column(
    "snr", "f4", "S/N of the galaxy by a filter of its own shape, noise of the sky", "", "stat.snr"
)
_RADIUS = Column(
    "radius", "f4", "Half-light radius before the PSF; 0 for a star", "arcsec", "phys.angSize"
)
_SAMPLE = Column("sample", "str", "real, one of its controls, or a profile that is known")
_KIND = Column("kind", "str", "smooth, structured, or star", "", "src.class")
_SEEING = Column("seeing", "f4", "FWHM of the PSF", "arcsec", "instr.obsty.seeing")


def _with_error(name: str, description: str, ucd: str, unit: str = "") -> tuple[Column, Column]:
    """A number and its standard error."""
    told = f"Standard error of {name}, by drawing galaxies anew"
    error = Column(f"{name}Err", "f4", told, unit, "stat.error")
    return Column(name, "f4", description, unit, ucd), error


SINGLES = TableSchema(
    "real_single_outcomes",
    "One row a single galaxy, drawn as the ground sees it, and peak finder",
    (
        Column("galaxy", "str", "Identifier of the galaxy", "", "meta.id"),
        _SAMPLE,
        _KIND,
        _HALF,
        _SNR,
        _RADIUS,
        _SEEING,
        PEAK_FINDER,
        Column("detected", "bool", "A footprint holds its centre", "", "meta.code"),
        Column("nPeaks", "i4", "Peaks in that footprint", "", "meta.number"),
        Column(
            "blendProbability",
            "f4",
            "Probability of more than one object; NaN if not estimated",
            "",
            "stat.probability",
        ),
        Column(
            "mainFlux",
            "f4",
            "Share of the footprint's light that the peak with most of it keeps",
            "",
            "phot.flux;arith.ratio",
        ),
        Column(
            "offset", "f4", "Distance of the nearest peak; NaN without", "arcsec", "pos.angDistance"
        ),
        Column("unusual", "bool", "Flagged as unlike the training", "", "meta.code"),
    ),
)


SINGLE_RATES = TableSchema(
    "real_single_rates",
    "One row a peak finder, sample, kind, half, seeing, radius and S/N of single galaxies",
    (
        PEAK_FINDER,
        _SAMPLE,
        _KIND,
        _HALF,
        _SEEING,
        _RADIUS,
        _SNR,
        Column("nGalaxies", "i4", "Different galaxies", "", "meta.number"),
        Column("nDrawn", "i4", "Times that one of them was drawn", "", "meta.number"),
        Column("detected", "f4", "Share of which a footprint holds the centre", "", "stat.value"),
        *_with_error("falseBlends", "Share with more than one peak", "stat.value"),
        *_with_error("meanPeaks", "Mean number of peaks", "meta.number;stat.mean"),
        *_with_error(
            "blendProbability", "Mean blend probability; NaN if not estimated", "stat.probability"
        ),
        *_with_error(
            "mainFlux",
            "Median share of the light that the main peak keeps",
            "phot.flux;arith.ratio",
        ),
        Column("unusual", "f4", "Share flagged as unlike the training", "", "stat.value"),
    ),
)

_PAIR = (
    Column("separation", "f4", "Distance of the two centres", "arcsec", "pos.angDistance"),
    Column(
        "fluxRatio",
        "f4",
        "Flux of the companion over that of the galaxy",
        "",
        "phot.flux;arith.ratio",
    ),
    Column("snr", "f4", "S/N of the galaxy alone by a filter of its own shape", "", "stat.snr"),
    Column("radius", "f4", "Half-light radius of both before the PSF", "arcsec", "phys.angSize"),
)

PAIRS = TableSchema(
    "real_pair_outcomes",
    "One row an injected pair of galaxies and peak finder",
    (
        Column("galaxy", "str", "Identifier of the brighter galaxy", "", "meta.id"),
        Column("companion", "str", "Identifier of the other", "", "meta.id"),
        _SAMPLE,
        _HALF,
        *_PAIR,
        _SEEING,
        PEAK_FINDER,
        Column("nPeaks", "i4", "Peaks of the pair's footprints", "", "meta.number"),
        Column("nFound", "i4", "Of the two galaxies, how many have a peak", "", "meta.number"),
        Column("nFalse", "i4", "Peaks that are neither's", "", "meta.number"),
        Column(
            "blendProbability",
            "f4",
            "Probability that the footprint in the middle holds more than one object; NaN if not"
            " estimated",
            "",
            "stat.probability",
        ),
        Column(
            "offset",
            "f4",
            "Distance of the galaxy's peak; NaN without one",
            "arcsec",
            "pos.angDistance",
        ),
        Column(
            "companionOffset",
            "f4",
            "Distance of the companion's peak; NaN without one",
            "arcsec",
            "pos.angDistance",
        ),
    ),
)

PAIR_RATES = TableSchema(
    "real_pair_rates",
    "One row a peak finder, sample, half, seeing, radius, S/N, flux ratio and separation of pairs",
    (
        PEAK_FINDER,
        _SAMPLE,
        _HALF,
        _SEEING,
        *reversed(_PAIR),
        Column("nPairs", "i4", "Pairs", "", "meta.number"),
        *_with_error("blended", "Share with more than one peak", "stat.value"),
        *_with_error("bothFound", "Share of which each galaxy has a peak", "stat.value"),
        *_with_error("completeness", "Share of the galaxies that have a peak", "stat.value"),
        *_with_error("overcounted", "Share with more than two peaks", "stat.value"),
        *_with_error("falsePeaks", "Mean number of peaks that are neither's", "meta.number"),
        *_with_error(
            "blendProbability", "Mean blend probability; NaN if not estimated", "stat.probability"
        ),
        *_with_error(
            "placeError", "Root mean square distance of peaks", "stat.error;pos", "arcsec"
        ),
        *_with_error(
            "companionPlaceError", "The same of the companions' peaks", "stat.error;pos", "arcsec"
        ),
    ),
)

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
        *_with_error("recall", "Share of the space objects with a peak", "stat.value"),
        *_with_error(
            "precision",
            "Share of the peaks with a space object; of all peaks, whatever the bin",
            "stat.value",
        ),
        *_with_error(
            "placeError", "Root mean square distance of the two", "stat.error;pos", "arcsec"
        ),
        *_with_error(
            "unrecognised",
            "Share of the ground objects that are unrecognised blends, after SITCOMTN-128",
            "stat.value",
        ),
        *_with_error("recognised", "Share that are recognised blends", "stat.value"),
        *_with_error("pure", "Share that are single in both", "stat.value"),
    ),
)

REAL_SKY_TABLES = (
    SINGLES,
    SINGLE_RATES,
    PAIRS,
    PAIR_RATES,
    SPACE_MATCHES,
    GROUND_OBJECTS,
    SPACE_RATES,
)
