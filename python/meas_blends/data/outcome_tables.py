"""The tables that hold what is true beside what a peak finder says."""

from __future__ import annotations

from .columns import FOOTPRINT_ID, MODEL, PEAK_FINDER
from .schema import Column, TableSchema

__all__ = ["CONDITION", "OUTCOMES", "PAIR_LIMITS", "PLACES"]

PAIR_LIMITS = TableSchema(
    "blend_pair_limits",
    "One row a footprint with exactly two significant galaxies: how much tells them from one",
    (
        FOOTPRINT_ID,
        Column("brighterId", "i8", "Its brighter galaxy", ucd="meta.id"),
        Column("fainterId", "i8", "Its fainter galaxy", ucd="meta.id"),
        Column("separation", "f4", "Distance of their centres", "arcsec", "pos.angDistance"),
        Column(
            "fluxRatio",
            "f4",
            "Flux of the fainter over that of the brighter galaxy",
            "",
            "phot.flux;arith.ratio",
        ),
        Column(
            "sqrtDeltaChi2",
            "f4",
            "Root of chi^2 between the noiseless pair and the best single bulge + disk galaxy",
            "",
            "stat.fit.chi2",
        ),
    ),
)

OUTCOMES = TableSchema(
    "blend_outcomes",
    "One row a footprint and peak finder: what is true, and what the finder says",
    (
        FOOTPRINT_ID,
        PEAK_FINDER,
        MODEL,
        Column("nObjects", "i4", "Significant galaxies in it, at least one", "", "meta.number"),
        Column("nPeaks", "i4", "Peaks that the finder gives", "", "meta.number"),
        Column("called", "bool", "Called a blend", ucd="meta.code.class"),
        Column(
            "blendProbability",
            "f4",
            "Probability of more than one object; NaN if not estimated",
            "",
            "stat.probability",
        ),
        Column(
            "nProbable",
            "i4",
            "Probable number of objects that the finder gives, 4 for more; 0 if not estimated",
            "",
            "meta.number",
        ),
        Column(
            "unusual", "bool", "Flagged as unlike what the model was trained on", ucd="meta.code"
        ),
        Column("mag", "f4", "AB magnitude of its brightest galaxy", "mag", "phot.mag"),
        Column(
            "secondMag",
            "f4",
            "AB magnitude of its second galaxy; NaN without one",
            "mag",
            "phot.mag",
        ),
        Column(
            "separation",
            "f4",
            "Distance between the two brightest; NaN without two",
            "arcsec",
            "pos.angDistance",
        ),
        Column(
            "fluxRatio",
            "f4",
            "Flux of the second over that of the brightest; NaN without two",
            "",
            "phot.flux;arith.ratio",
        ),
        Column(
            "significance",
            "f4",
            "S/N of a point source of its brightest galaxy's flux in the coadd",
            "",
            "stat.snr",
        ),
        Column(
            "radius",
            "f4",
            "Half-light radius of its brightest galaxy's larger part, bulge or disk; 0 of a star",
            "arcsec",
            "phys.angSize",
        ),
        Column(
            "structured",
            "bool",
            "Its brightest galaxy has structure, no Sersic profiles",
            ucd="meta.code",
        ),
        Column("footprintArea", "i4", "Number of pixels", "pix", "phys.angArea"),
        Column(
            "sqrtDeltaChi2",
            "f4",
            "Of blend_pair_limits; NaN unless it holds exactly two galaxies",
            "",
            "stat.fit.chi2",
        ),
    ),
)

PLACES = TableSchema(
    "blend_places",
    "One row a galaxy with its peak, a galaxy without one, or a peak without a galaxy",
    (
        FOOTPRINT_ID,
        PEAK_FINDER,
        Column("galaxyId", "i8", "The galaxy; 0 if there is none", ucd="meta.id"),
        Column("peakId", "i8", "The peak; 0 if there is none", ucd="meta.id"),
        Column("mag", "f4", "AB magnitude of the galaxy; NaN without one", "mag", "phot.mag"),
        Column(
            "x",
            "f8",
            "True centre, parent pixels; NaN without a galaxy",
            "pix",
            "pos.cartesian.x;instr.det",
        ),
        Column(
            "y",
            "f8",
            "True centre, parent pixels; NaN without a galaxy",
            "pix",
            "pos.cartesian.y;instr.det",
        ),
        Column(
            "f_x",
            "f8",
            "The peak's centre, parent pixels; NaN without one",
            "pix",
            "pos.cartesian.x;instr.det",
        ),
        Column(
            "f_y",
            "f8",
            "The peak's centre, parent pixels; NaN without one",
            "pix",
            "pos.cartesian.y;instr.det",
        ),
        Column("f_xErr", "f4", "Standard error of f_x; NaN if not estimated", "pix", "stat.error"),
        Column("f_yErr", "f4", "Standard error of f_y; NaN if not estimated", "pix", "stat.error"),
        Column(
            "offset", "f4", "Distance of the two; NaN without both", "arcsec", "pos.angDistance"
        ),
    ),
)

CONDITION = TableSchema(
    "blend_condition",
    "One row: under which named conditions a scene was made",
    (
        Column("condition", "str", "Its name"),
        Column("settings", "str", "What of the scene's configuration is changed"),
    ),
)
