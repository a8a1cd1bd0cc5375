"""The table of morphology posteriors: columns and flag bits, each declared here once."""

from __future__ import annotations

from .columns import DEC, FOOTPRINT_ID, RA
from .schema import Column, Flag, TableSchema

__all__ = ["MORPHOLOGY", "MORPHOLOGY_SAMPLES", "MORPHOLOGY_TARGETS", "QUANTILES"]

#: Targets of the morphology posterior: column stem, unit, description.
MORPHOLOGY_TARGETS = (
    ("bulgeToTotal", "", "Bulge-to-total flux ratio"),
    (
        "halfLightRadius",
        "arcsec",
        "Half-light radius of the whole galaxy, major axis, before the PSF",
    ),
    ("flux", "nJy", "Total flux"),
)

_UCDS = {
    "bulgeToTotal": "phot.flux;arith.ratio",
    "halfLightRadius": "phys.angSize",
    "flux": "phot.flux",
}

#: Percentages of the posterior quantiles and their column suffixes.
QUANTILES = {
    "p00135": 0.135,
    "p02275": 2.275,
    "p15865": 15.865,
    "p50": 50.0,
    "p84135": 84.135,
    "p97725": 97.725,
    "p99865": 99.865,
}


def _posterior_columns() -> tuple[Column, ...]:
    columns = []
    for stem, unit, text in MORPHOLOGY_TARGETS:
        ucd = _UCDS[stem]
        columns += [
            Column(f"{stem}_mean", "f4", f"{text}: posterior mean", unit, f"{ucd};stat.mean"),
            Column(
                f"{stem}_std",
                "f4",
                f"{text}: posterior standard deviation",
                unit,
                f"stat.stdev;{ucd}",
            ),
        ]
        columns += [
            Column(
                f"{stem}_{suffix}",
                "f4",
                f"{text}: {percent}% quantile of the posterior",
                unit,
                f"stat.value;{ucd}",
            )
            for suffix, percent in QUANTILES.items()
        ]
    transformed = ("logit(B/T)", "ln(Re/arcsec)", "ln(flux/nJy)")
    for i in range(3):
        columns += [
            Column(
                f"cov_{i}{j}",
                "f4",
                f"Covariance of {transformed[i]} and {transformed[j]}"
                if i != j
                else f"Variance of {transformed[i]}",
                "",
                "stat.covariance",
            )
            for j in range(i + 1)
        ]
    return tuple(columns)


#: What other codes measure too, and how well the model fits.
_COMPARABLE = (
    Column(
        "axisRatio",
        "f4",
        "Minor over major axis of the whole galaxy, before the PSF; NaN without a fit",
        "",
        "phys.size.axisRatio",
    ),
    Column(
        "positionAngle",
        "f4",
        "Of the major axis, from +x to +y; NaN without a fit",
        "deg",
        "pos.posAng",
    ),
    Column(
        "circularRadius",
        "f4",
        "Circularised half-light radius: median halfLightRadius times the root of axisRatio",
        "arcsec",
        "phys.angSize",
    ),
    Column(
        "circularRadius_std",
        "f4",
        "Its standard deviation, that of halfLightRadius in proportion",
        "arcsec",
        "stat.stdev;phys.angSize",
    ),
    Column(
        "apertureRadius",
        "f4",
        "Semi-major axis of the aperture: three median half-light radii and the PSF's FWHM in"
        " quadrature, in both axes, or as much as the stamp holds",
        "arcsec",
        "phys.angSize",
    ),
    Column(
        "apertureFlux",
        "f4",
        "Sum of the pixels in the aperture, an ellipse about the fit's centre of its shape; a"
        " circle about the peak without a fit. A pixel that is not usable has the value of the one"
        " across the centre",
        "nJy",
        "phot.flux",
    ),
    Column(
        "apertureFlux_std",
        "f4",
        "Its standard deviation: noise of sky and galaxy and the level of the sky",
        "nJy",
        "stat.stdev;phot.flux",
    ),
    Column(
        "misfit",
        "f4",
        "Root of the power beyond noise that the fit leaves, over that of the light, within 3.5"
        " half-light ellipses; NaN without a fit",
        "",
        "stat.fit.residual",
    ),
    Column(
        "misfitSignificance",
        "f4",
        "How far that power is from zero, in its standard deviations; NaN without a fit",
        "",
        "stat.snr",
    ),
)

MORPHOLOGY = TableSchema(
    "blend_morphology",
    "One row a peak: the posterior of bulge fraction, size and flux",
    (
        Column("peakId", "i8", "Peak that this row belongs to", ucd="meta.id.parent"),
        FOOTPRINT_ID,
        Column("x", "f8", "Centre of the stamp, parent pixels", "pix", "pos.cartesian.x;instr.det"),
        Column("y", "f8", "Centre of the stamp, parent pixels", "pix", "pos.cartesian.y;instr.det"),
        RA,
        DEC,
        *_posterior_columns(),
        *_COMPARABLE,
        Column(
            "label",
            "str",
            "'highly bulge-dominated', 'highly disk-dominated' or empty",
            ucd="meta.code.class",
        ),
        Column("radiusLabel", "str", "'Re below the seeing' or empty", ucd="meta.code.class"),
        Column(
            "maskedFraction",
            "f4",
            "Share of the stamp's pixels that neighbours, masks or the border took",
            "",
            "meta.number;arith.ratio",
        ),
        Column("estimator", "str", "Name of the morphology estimator", ucd="meta.id;meta.software"),
        Column("model", "str", "Name and version of its model package", ucd="meta.version"),
    ),
    (
        Flag(0, "EDGE", "the stamp reaches over the border of the image"),
        Flag(1, "BAD_PIXELS", "the stamp holds pixels without usable light, which were left out"),
        Flag(2, "NEIGHBOURS", "the stamp holds other footprints, which were left out"),
        Flag(
            3,
            "BLENDED",
            "shares its footprint with other peaks: pixels nearer to them were left out",
        ),
        Flag(4, "NO_ZERO_POINT", "flux unknown: the coadd has no zero point"),
        Flag(
            5, "NO_PIXEL_SCALE", "radius unknown: the coadd has no WCS and no pixel scale was given"
        ),
        Flag(6, "FAILED", "no posterior: too few usable pixels around the peak"),
        Flag(7, "UNRESOLVED", "median half-light radius below half the PSF's FWHM"),
        Flag(
            8, "OUTSIDE_TRAINING", "flux, PSF or pixel scale outside what the model was trained on"
        ),
        Flag(
            9,
            "NOT_REFINED",
            "of a model that refines: not fitted to the pixels, the posterior is the network's",
        ),
        Flag(
            10,
            "SHARP_PIXEL",
            "the stamp's own pixels hold single bad ones, hot or cold, that were replaced by what"
            " their neighbours let expect",
        ),
        Flag(
            11,
            "MISFIT",
            "the pixels differ from any bulge and disk: arms, knots, a cut, a companion; the"
            " posterior is as much wider as such galaxies need",
        ),
    ),
)

MORPHOLOGY_SAMPLES = TableSchema(
    "blend_morphology_samples",
    "One row a sample of a peak's posterior",
    (
        Column("peakId", "i8", "Peak that this row belongs to", ucd="meta.id.parent"),
        Column("sample", "i4", "Number of the sample, from 0", "", "meta.number"),
        *(
            Column(stem, "f4", f"{text}; NaN where it failed", unit)
            for stem, unit, text in MORPHOLOGY_TARGETS
        ),
    ),
)
