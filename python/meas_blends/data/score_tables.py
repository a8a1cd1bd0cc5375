"""The tables of scores of an evaluation: columns, each declared here once."""

from __future__ import annotations

from .outcome_tables import CONDITION, OUTCOMES, PAIR_LIMITS, PLACES
from .schema import Column, TableSchema

__all__ = [
    "ACCURACY",
    "AGREEMENT",
    "CONFIDENCE",
    "COUNTS",
    "EVALUATION",
    "NUMBERS",
    "RELIABILITY",
    "ROBUSTNESS",
    "SCORE_TABLES",
    "STUDIES",
    "TIMING",
]

_FINDER = Column("peakFinder", "str", "Name of the peak finder")
_N_FOOTPRINTS = Column("nFootprints", "i4", "Labelled footprints", "", "meta.number")
_SCATTER = "Its standard error, from the scatter between scenes"


def _score(name: str, description: str, unit: str = "") -> tuple[Column, Column]:
    """Declare a score and its standard error."""
    return (
        Column(name, "f4", description, unit),
        Column(f"{name}Err", "f4", _SCATTER, unit, "stat.error"),
    )


_SCORES = (
    _FINDER,
    Column("model", "str", "Name and version of its model package, if it has one"),
    Column("nScenes", "i4", "Scenes it was tried on", "", "meta.number"),
    _N_FOOTPRINTS,
    Column("nBlended", "i4", "Of them truly blended", "", "meta.number"),
    *_score("unblendedAccuracy", "Share of unblended footprints called unblended"),
    *_score("blendedAccuracy", "Share of blended footprints called blended"),
    *_score("balancedAccuracy", "Mean of the two accuracies"),
    *_score(
        "crossEntropy",
        "Mean cross-entropy of the blend probability, in nats; NaN without probabilities",
    ),
    *_score(
        "calibrationError",
        "Expected calibration error of the blend probability; NaN without probabilities",
    ),
    *_score("countF1", "Macro-F1 of the counts 1, 2, 3, 4 and more, by number of peaks"),
    *_score(
        "probableCountF1",
        "The same by the most probable number; NaN without probabilities",
    ),
    *_score("placeRecall", "Share of galaxies in footprints that a peak is matched to"),
    *_score("placePrecision", "Share of peaks that a galaxy is matched to"),
    *_score("placeF1", "Harmonic mean of the two"),
    *_score("blendPlaceRecall", "The same recall in truly blended footprints alone"),
    *_score("blendPlacePrecision", "The same precision in truly blended footprints alone"),
    *_score("blendPlaceF1", "Harmonic mean of the two in truly blended footprints alone"),
    Column("placeRms", "f4", "Root mean square distance of matched peaks", "arcsec"),
    Column(
        "placePull",
        "f4",
        "Scatter of offsets over their stated errors, 1 if honest; NaN without errors",
    ),
    Column("nResolvable", "i4", "Pairs with sqrtDeltaChi2 above 5", "", "meta.number"),
    Column("resolvableFound", "f4", "Share of them called blended; NaN without pair limits"),
    Column("resolvableFoundErr", "f4", "Its binomial standard error", "", "stat.error"),
    Column("lostFraction", "f4", "Share of pairs below 3, which the pixels hardly hold"),
    Column("unusualFraction", "f4", "Share of footprints flagged as unlike the training"),
)

EVALUATION = TableSchema("blend_evaluation", "One row an evaluated peak finder", _SCORES)

ROBUSTNESS = TableSchema(
    "blend_robustness",
    "One row a condition and peak finder",
    (*CONDITION.columns, *_SCORES),
)

STUDIES = TableSchema(
    "blend_studies",
    "One row an option of a study; changes are from the first option of its study, NaN for it",
    (
        Column("study", "str", "What is studied"),
        Column("varied", "str", "What differs between the options, in a sentence"),
        Column("option", "str", "The option"),
        *_SCORES,
        *_score("balancedAccuracyChange", "Change of the balanced accuracy"),
        *_score("crossEntropyChange", "Change of the cross-entropy, in nats"),
        *_score("placeF1Change", "Change of placeF1"),
    ),
)

RELIABILITY = TableSchema(
    "blend_reliability",
    "One row a bin of blend probability: stated against observed share of blends",
    (
        _FINDER,
        Column("probabilityLow", "f4", "Lower edge of the bin", "", "stat.probability"),
        Column("probabilityHigh", "f4", "Upper edge of the bin", "", "stat.probability"),
        Column("nFootprints", "i4", "Labelled footprints in the bin", "", "meta.number"),
        Column(
            "meanProbability",
            "f4",
            "Their mean blend probability; NaN if there are none",
            "",
            "stat.probability",
        ),
        Column("blendedFraction", "f4", "Their observed share of blends; NaN if there are none"),
        Column("blendedFractionErr", "f4", "Its binomial standard error", "", "stat.error"),
    ),
)

COUNTS = TableSchema(
    "blend_counts",
    "One row a true and a given number of objects: the confusion of counts; 4 stands for more",
    (
        _FINDER,
        Column("rule", "str", "'peaks': number of peaks; 'probability': most probable number"),
        Column("nObjects", "i4", "True number", "", "meta.number"),
        Column("nGiven", "i4", "Number that the finder gives", "", "meta.number"),
        _N_FOOTPRINTS,
        Column("fraction", "f4", "Share of the footprints of this true number"),
    ),
)

ACCURACY = TableSchema(
    "blend_accuracy",
    "One row a bin of a quantity: share of footprints called right",
    (
        _FINDER,
        Column("quantity", "str", "Column of blend_outcomes"),
        Column("blended", "bool", "Of truly blended footprints, or of unblended ones"),
        Column("low", "f4", "Lower edge of the bin, in the quantity's unit"),
        Column("high", "f4", "Upper edge of the bin, in the quantity's unit"),
        Column("middle", "f4", "Median of the quantity in the bin; NaN if it is empty"),
        _N_FOOTPRINTS,
        Column("nRight", "i4", "Of them called right", "", "meta.number"),
        Column("accuracy", "f4", "Their share; NaN if there are none"),
        Column(
            "accuracyLow", "f4", "Lower end of its 68% Wilson interval", "", "stat.value;stat.min"
        ),
        Column(
            "accuracyHigh", "f4", "Upper end of its 68% Wilson interval", "", "stat.value;stat.max"
        ),
    ),
)

BRIGHTNESS = TableSchema(
    "blend_brightness",
    "One row a bin of the brightest galaxy's S/N and size: probabilities and peaks against truth",
    (
        _FINDER,
        Column("kind", "str", "What the brightest object is: 'sersic', 'structured' or 'star'"),
        Column("significanceLow", "f4", "Least point-source S/N of the brightest", "", "stat.snr"),
        Column("significanceHigh", "f4", "The largest; infinite in the last bin", "", "stat.snr"),
        Column("radiusLow", "f4", "Least half-light radius of the brightest", "arcsec"),
        Column("radiusHigh", "f4", "Largest of them; infinite in the last bin", "arcsec"),
        _N_FOOTPRINTS,
        Column("nObjects", "f4", "True objects a footprint, in the mean"),
        Column("nPeaks", "f4", "Peaks a footprint, in the mean"),
        Column(
            "meanProbability",
            "f4",
            "Mean blend probability; NaN if not estimated",
            "",
            "stat.probability",
        ),
        Column("blendedFraction", "f4", "True share of blends"),
        Column("blendedFractionErr", "f4", "Its binomial standard error", "", "stat.error"),
        Column("precision", "f4", "Share of peaks with a galaxy; NaN without a peak"),
        Column("recall", "f4", "Share of galaxies with a peak; NaN without one"),
        Column("nSingles", "i4", "Footprints that hold one object", "", "meta.number"),
        Column("peaksOfSingles", "f4", "Peaks that these get, in the mean; NaN without them"),
        Column("splitFraction", "f4", "Share of them with several peaks; NaN without them"),
        Column("unusualFraction", "f4", "Share flagged as unlike what the model was trained on"),
    ),
)

CONFIDENCE = TableSchema(
    "blend_confidence",
    "One row a bin of confidence, the probability that a finder gives to its own call",
    (
        _FINDER,
        Column("right", "bool", "Of calls that are right, or of wrong ones"),
        Column("confidenceLow", "f4", "Lower edge of the bin", "", "stat.probability"),
        Column("confidenceHigh", "f4", "Upper edge of the bin", "", "stat.probability"),
        _N_FOOTPRINTS,
    ),
)

AGREEMENT = TableSchema(
    "blend_agreement",
    "One row two peak finders: how often they are right together",
    (
        Column("firstFinder", "str", "Name of a peak finder"),
        Column("secondFinder", "str", "Name of another"),
        _N_FOOTPRINTS,
        Column("bothRight", "f4", "Share of footprints that both call right"),
        Column("firstRight", "f4", "Share that only the first calls right"),
        Column("secondRight", "f4", "Share that only the second calls right"),
        Column("bothWrong", "f4", "Share that both call wrong"),
    ),
)

TIMING = TableSchema(
    "blend_timing",
    "One row a peak finder: processor time, all cores together, of one scene",
    (
        _FINDER,
        Column("nFootprints", "i4", "Footprints in the scene", "", "meta.number"),
        Column("preparation", "f4", "Background and matched filter, the same for all", "s"),
        Column("seconds", "f4", "Classification and peaks of all footprints", "s", "time.duration"),
        Column("perFootprint", "f4", "The same, for each footprint", "us", "time.duration"),
    ),
)

NUMBERS = TableSchema(
    "blend_numbers",
    "One row a number of the report",
    (
        Column("figure", "str", "Table or picture of the report"),
        _FINDER,
        Column("item", "str", "What is counted or averaged over"),
        Column("low", "f8", "Lower edge of the bin; NaN without bins"),
        Column("high", "f8", "Upper edge of the bin; NaN without bins"),
        Column("number", "i8", "Footprints, galaxies or peaks behind the value", "", "meta.number"),
        Column("quantity", "str", "What the value is"),
        Column("value", "f8", "The value"),
        Column("valueErr", "f8", "Its standard error; NaN if not estimated"),
    ),
)

SCORE_TABLES = (
    PAIR_LIMITS,
    OUTCOMES,
    PLACES,
    EVALUATION,
    RELIABILITY,
    COUNTS,
    ACCURACY,
    BRIGHTNESS,
    CONFIDENCE,
    AGREEMENT,
    TIMING,
    CONDITION,
    ROBUSTNESS,
    STUDIES,
    NUMBERS,
)
