"""The tables of peak finders on real galaxies and real skies."""

from __future__ import annotations

from .columns import PEAK_FINDER
from .schema import Column, TableSchema
from .sky_columns import TARGETS, compared, with_error

__all__ = [
    "PAIRS",
    "PAIR_RATES",
    "REAL_MORPHOLOGY",
    "REAL_MORPHOLOGY_RATES",
    "REAL_SKY_TABLES",
    "SINGLES",
    "SINGLE_RATES",
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
        *with_error("falseBlends", "Share with more than one peak", "stat.value"),
        *with_error("meanPeaks", "Mean number of peaks", "meta.number;stat.mean"),
        *with_error(
            "blendProbability", "Mean blend probability; NaN if not estimated", "stat.probability"
        ),
        *with_error(
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
        *with_error("blended", "Share with more than one peak", "stat.value"),
        *with_error("bothFound", "Share of which each galaxy has a peak", "stat.value"),
        *with_error("completeness", "Share of the galaxies that have a peak", "stat.value"),
        *with_error("overcounted", "Share with more than two peaks", "stat.value"),
        *with_error("falsePeaks", "Mean number of peaks that are neither's", "meta.number"),
        *with_error(
            "blendProbability", "Mean blend probability; NaN if not estimated", "stat.probability"
        ),
        *with_error(
            "placeError",
            "Root mean square distance of the peak, of pairs of which both are found",
            "stat.error;pos",
            "arcsec",
        ),
        *with_error(
            "companionPlaceError", "The same of the companions' peaks", "stat.error;pos", "arcsec"
        ),
    ),
)

REAL_MORPHOLOGY = TableSchema(
    "real_morphology_outcomes",
    "One row a single galaxy, drawn as the ground sees it, with its measured morphology",
    (
        Column("galaxy", "str", "Identifier of the galaxy", "", "meta.id"),
        _SAMPLE,
        _KIND,
        _HALF,
        _SNR,
        _RADIUS,
        _SEEING,
        *compared(),
        Column("measured", "bool", "Detected, and its measurement has not failed", "", "meta.code"),
        Column("unusual", "bool", "Flagged as unlike the training", "", "meta.code"),
        Column("notRefined", "bool", "Flagged as not refined by a fit", "", "meta.code"),
    ),
)

_COVERED = "of which the middle {} percent of the posterior hold the truth"

REAL_MORPHOLOGY_RATES = TableSchema(
    "real_morphology_rates",
    "One row a sample, kind, half, seeing, radius and S/N: how true measured morphology is",
    (
        _SAMPLE,
        _KIND,
        _HALF,
        _SEEING,
        _RADIUS,
        _SNR,
        Column("nGalaxies", "i4", "Different galaxies", "", "meta.number"),
        Column("nDrawn", "i4", "Times that one of them was drawn", "", "meta.number"),
        Column("measured", "f4", "Share that was measured", "", "stat.value"),
        Column("unusual", "f4", "Share flagged as unlike the training", "", "stat.value"),
        Column("notRefined", "f4", "Share flagged as not refined by a fit", "", "stat.value"),
        *(
            column
            for name in TARGETS
            for column in (
                *with_error(
                    f"{name}Bias", f"Median of ln(measured / true) of {name}", "stat.value"
                ),
                *with_error(
                    f"{name}Scatter", "Scatter of the same, from its quartiles", "stat.stdev"
                ),
                *with_error(f"{name}Covered68", f"Share {_COVERED.format(68)}", "stat.value"),
                *with_error(f"{name}Covered95", f"Share {_COVERED.format(95)}", "stat.value"),
            )
        ),
    ),
)

REAL_SKY_TABLES = (
    SINGLES,
    SINGLE_RATES,
    PAIRS,
    PAIR_RATES,
    REAL_MORPHOLOGY,
    REAL_MORPHOLOGY_RATES,
)
