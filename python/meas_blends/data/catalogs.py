"""Every table of the package: columns and flag bits, each declared here once."""

from __future__ import annotations

from .columns import DEC, FOOTPRINT_ID, MODEL, PEAK_FINDER, RA
from .deblending_tables import DEBLENDING_TABLES
from .galaxy_score_tables import GALAXY_SCORE_TABLES
from .galaxy_tables import GALAXY_TRUTH
from .morphology_tables import MORPHOLOGY, MORPHOLOGY_SAMPLES
from .real_sky_tables import REAL_SKY_TABLES
from .schema import Column, Flag, TableSchema
from .score_tables import SCORE_TABLES
from .space_ground_tables import SPACE_GROUND_TABLES

__all__ = [
    "CLASSIFICATION",
    "FOOTPRINTS",
    "FOOTPRINT_LABELS",
    "MERGED_FOOTPRINTS",
    "MERGED_PEAKS",
    "PEAKS",
    "SCHEMAS",
    "SPANS",
    "TRUTH",
]

_X, _Y = "pos.cartesian.x;instr.det", "pos.cartesian.y;instr.det"

FOOTPRINTS = TableSchema(
    "blend_footprints",
    "One row a footprint: connected pixels above the detection threshold, grown by the PSF",
    (
        Column(
            "footprintId",
            "i8",
            "Identifier of the footprint, from 1 in each image",
            ucd="meta.id;meta.main",
        ),
        Column(
            "x0", "i4", "First column of the bounding box, parent pixels", "pix", f"{_X};stat.min"
        ),
        Column("y0", "i4", "First row of the bounding box, parent pixels", "pix", f"{_Y};stat.min"),
        Column(
            "x1",
            "i4",
            "Last column of the bounding box (inclusive), parent pixels",
            "pix",
            f"{_X};stat.max",
        ),
        Column(
            "y1",
            "i4",
            "Last row of the bounding box (inclusive), parent pixels",
            "pix",
            f"{_Y};stat.max",
        ),
        Column("x", "f8", "Flux-weighted centroid, parent pixels", "pix", _X),
        Column("y", "f8", "Flux-weighted centroid, parent pixels", "pix", _Y),
        RA,
        DEC,
        Column("footprintArea", "i4", "Number of pixels", "pix", "phys.angArea"),
        Column("nPixelsBad", "i4", "Pixels of it without usable light", "pix", "meta.number"),
        Column("significance", "f4", "Largest point-source S/N in the footprint", "", "stat.snr"),
        Column(
            "flux",
            "f8",
            "Sum of its pixels less the background; NaN without a zero point",
            "nJy",
            "phot.flux",
        ),
        Column(
            "fluxErr",
            "f8",
            "Its standard error from the variance plane",
            "nJy",
            "stat.error;phot.flux",
        ),
    ),
    (
        Flag(0, "EDGE", "touches the border of the image"),
        Flag(1, "BAD_PIXELS", "contains pixels without usable light"),
        Flag(2, "SATURATED", "contains saturated pixels"),
        Flag(3, "NO_ZERO_POINT", "flux in nJy unknown: the coadd has no zero point"),
        Flag(
            4,
            "FILLED_CORE",
            "holds pixels without usable light that light encloses, such as a saturated star's"
            " core, filled in for detection; flux does not count them",
        ),
        Flag(
            5,
            "SHARP_PIXEL",
            "holds single pixels brighter or fainter than any light through the PSF can be beside"
            " its neighbours; flux counts what they were replaced by",
        ),
        Flag(6, "STAR_HALO", "has pixels in the core, the halo or the spikes of a saturated star"),
    ),
)

SPANS = TableSchema(
    "blend_spans",
    "One row a run of pixels of a footprint, as afw persists spans",
    (
        FOOTPRINT_ID,
        Column("y", "i4", "Row, parent pixels", "pix", _Y),
        Column("x0", "i4", "First column, parent pixels", "pix", f"{_X};stat.min"),
        Column("x1", "i4", "Last column (inclusive), parent pixels", "pix", f"{_X};stat.max"),
    ),
)

PEAKS = TableSchema(
    "blend_peaks",
    "One row a peak, an object to deblend, after afw's PeakTable; brightest first in a footprint",
    (
        Column("id", "i8", "Identifier of the peak, from 1 in each image", ucd="meta.id;meta.main"),
        FOOTPRINT_ID,
        Column("f_x", "f8", "Sub-pixel centre, parent pixels", "pix", _X),
        Column("f_y", "f8", "Sub-pixel centre, parent pixels", "pix", _Y),
        Column(
            "f_xErr", "f4", "Standard error of f_x; NaN if not estimated", "pix", "stat.error;pos"
        ),
        Column(
            "f_yErr", "f4", "Standard error of f_y; NaN if not estimated", "pix", "stat.error;pos"
        ),
        Column("i_x", "i4", "Pixel that holds the peak, parent pixels", "pix", _X),
        Column("i_y", "i4", "Pixel that holds the peak, parent pixels", "pix", _Y),
        RA,
        DEC,
        Column("peakValue", "f4", "Value of the smoothed image at (i_x, i_y)", "ct", "phot.count"),
        Column("significance", "f4", "Point-source S/N at (i_x, i_y)", "", "stat.snr"),
        PEAK_FINDER,
        Column(
            "probability",
            "f4",
            "Probability that this peak is an object of its own; NaN if not estimated",
            "",
            "stat.probability",
        ),
        Column(
            "rank",
            "i4",
            "Rank in its footprint by peakValue: 0 for the brightest, the centre of an object",
            "",
            "meta.number",
        ),
        Column(
            "partOf",
            "i8",
            "Identifier of the brighter peak that it may be structure of: less than surely an"
            " object, in one light with it; 0 for none",
            "",
            "meta.id.parent",
        ),
    ),
    (
        Flag(0, "EDGE", "within one PSF width of the border of the image"),
        Flag(1, "NO_MAXIMUM", "the footprint has no local maximum: its brightest pixel stands in"),
        Flag(
            2, "HIDDEN", "no local maximum at its pixel or beside it: the classifier tells it apart"
        ),
        Flag(3, "TOO_LARGE", "a local maximum of a footprint that is too large to classify"),
        Flag(4, "FILLED_CORE", "its pixel has no usable light and was filled in for detection"),
        Flag(5, "SHARP_PIXEL", "within one PSF FWHM of a single bad pixel, hot or cold"),
        Flag(6, "SATURATED_STAR", "a saturated star, at the centre of its halo"),
        Flag(
            7,
            "STAR_HALO",
            "in the halo or a spike of a saturated star, whose light explains it: no object",
        ),
    ),
)

_COUNTS = {1: "one object", 2: "two objects", 3: "three objects", 4: "four or more objects"}

CLASSIFICATION = TableSchema(
    "blend_classification",
    "One row a footprint: how many objects it holds",
    (
        FOOTPRINT_ID,
        Column(
            "blendProbability",
            "f4",
            "Probability of more than one object; NaN if not estimated",
            "",
            "stat.probability",
        ),
        Column(
            "blended",
            "bool",
            "Called a blend: its probability exceeds the threshold, or it has several peaks where"
            " there is no probability",
            ucd="meta.code.class",
        ),
        Column(
            "nProbable",
            "i4",
            "Number of objects that it probably holds, 4 for four or more, whether or not they can"
            " be placed",
            "",
            "meta.number",
        ),
        Column(
            "nPeaks",
            "i4",
            "Rows in blend_peaks, never less than one: objects that the pixels place, for a"
            " deblender",
            "",
            "meta.number",
        ),
        *(
            Column(
                f"probability{number}",
                "f4",
                f"Probability of {text}; NaN if not estimated",
                "",
                "stat.probability",
            )
            for number, text in _COUNTS.items()
        ),
        PEAK_FINDER,
        MODEL,
    ),
    (
        Flag(0, "CLIPPED", "larger than the classifier's cutout, which saw only its middle"),
        Flag(
            1, "BAD_PIXELS", "contains pixels without usable light, seen by the classifier as empty"
        ),
        Flag(
            2,
            "NO_PROBABILITY",
            "the peak finder gives no probability, or could not for this footprint",
        ),
        Flag(
            3,
            "OUTSIDE_TRAINING",
            "unlike what the model was trained on: the coadd's PSF, or the footprint itself",
        ),
        Flag(
            4,
            "TOO_LARGE",
            "too large to classify: its peaks are its local maxima, probabilities are NaN",
        ),
        Flag(
            5,
            "SHARP_PIXEL",
            "contains single bad pixels, hot or cold, replaced by what their neighbours let expect",
        ),
        Flag(6, "STAR_HALO", "has pixels in the core, the halo or the spikes of a saturated star"),
    ),
)

TRUTH = TableSchema(
    "blend_truth",
    "One row a simulated galaxy or star",
    (
        Column(
            "galaxyId",
            "i8",
            "Identifier of the galaxy, from 1 in each scene",
            ucd="meta.id;meta.main",
        ),
        Column("x", "f8", "Centre, parent pixels", "pix", _X),
        Column("y", "f8", "Centre, parent pixels", "pix", _Y),
        RA,
        DEC,
        Column("mag", "f4", "AB magnitude", "mag", "phot.mag"),
        Column("flux", "f8", "Total flux", "nJy", "phot.flux"),
        Column(
            "significance", "f4", "S/N of a point source of this flux in the coadd", "", "stat.snr"
        ),
        Column("bulgeToTotal", "f4", "Bulge-to-total flux ratio", "", "phot.flux;arith.ratio"),
        Column(
            "bulgeHalfLightRadius",
            "f4",
            "Half-light radius of the bulge, geometric mean of its axes",
            "arcsec",
            "phys.angSize",
        ),
        Column(
            "diskHalfLightRadius",
            "f4",
            "Half-light radius of the disk, geometric mean of its axes",
            "arcsec",
            "phys.angSize",
        ),
        Column("bulgeSersicIndex", "f4", "Sersic index of the bulge", "", "src.morph.param"),
        Column("diskSersicIndex", "f4", "Sersic index of the disk", "", "src.morph.param"),
        Column("bulgeEllipticity", "f4", "(a - b) / (a + b) of the bulge", "", "src.ellipticity"),
        Column("diskEllipticity", "f4", "(a - b) / (a + b) of the disk", "", "src.ellipticity"),
        Column("positionAngle", "f4", "Of the major axis, from +x to +y", "deg", "pos.posAng"),
        Column("shear1", "f4", "Lensing shear that stretches it along x; sizes are before lensing"),
        Column("shear2", "f4", "Lensing shear that stretches it along the diagonal x = y"),
        Column("convergence", "f4", "Lensing convergence; magnitude and flux include it"),
        Column("redshift", "f4", "Redshift; NaN if not known", "", "src.redshift"),
        Column("isStar", "bool", "A star: drawn as a point", ucd="src.class.starGalaxy"),
        Column(
            "structure",
            "i8",
            "Number that its arms, bars, knots and the like are drawn from; 0 for Sersic profiles",
        ),
    ),
)

FOOTPRINT_LABELS = TableSchema(
    "blend_labels",
    "One row a footprint: how many galaxies of sufficient S/N have their centre in it",
    (
        FOOTPRINT_ID,
        Column(
            "nObjects",
            "i4",
            "Galaxies of sufficient point-source S/N whose centre lies in it",
            "",
            "meta.number",
        ),
        Column("blended", "bool", "More than one of them", ucd="meta.code.class"),
    ),
    (
        Flag(
            0, "EMPTY", "holds none: neither blended nor unblended, left out of training and scores"
        ),
    ),
)

_BANDS = "by name, with commas between them, in the order of their priority"

MERGED_FOOTPRINTS = TableSchema(
    "merged_blend_footprints",
    "One row a footprint merged over bands, measured in the band of the highest priority",
    (
        *FOOTPRINTS.columns,
        Column(
            "bands",
            "str",
            f"Bands in which a footprint overlaps it, {_BANDS}",
            ucd="instr.bandpass",
        ),
    ),
    FOOTPRINTS.flags,
)

MERGED_PEAKS = TableSchema(
    "merged_blend_peaks",
    "One row a peak merged over bands, as the first of its bands has it; the most significant"
    " first in a footprint",
    (
        *PEAKS.columns,
        Column("bands", "str", f"Bands that saw the peak, {_BANDS}", ucd="instr.bandpass"),
    ),
    PEAKS.flags,
)

#: Every schema by dataset type name.
SCHEMAS = {
    schema.name: schema
    for schema in (
        FOOTPRINTS,
        SPANS,
        CLASSIFICATION,
        PEAKS,
        MORPHOLOGY,
        MORPHOLOGY_SAMPLES,
        MERGED_FOOTPRINTS,
        MERGED_PEAKS,
        TRUTH,
        FOOTPRINT_LABELS,
        *SCORE_TABLES,
        GALAXY_TRUTH,
        *GALAXY_SCORE_TABLES,
        *DEBLENDING_TABLES,
        *REAL_SKY_TABLES,
        *SPACE_GROUND_TABLES,
    )
}
