"""The tables that a deblender makes, and those of the study of it: each column declared once."""

from __future__ import annotations

from .columns import DEC, FOOTPRINT_ID, RA
from .schema import Column, Flag, TableSchema

__all__ = [
    "CHILDREN",
    "CHILD_FLUXES",
    "CHILD_MATCHES",
    "DEBLENDING_SCORES",
    "DEBLENDING_TABLES",
]

_PEAK_ID = Column("peakId", "i8", "Peak that the child was made from", ucd="meta.id")
_BAND = Column("band", "str", "Name of the band", "", "instr.bandpass")

CHILDREN = TableSchema(
    "blend_children",
    "One row a peak: the child that the deblender made of it, in the order of the peaks",
    (
        _PEAK_ID,
        Column("footprintId", "i8", "Footprint that is its parent", ucd="meta.id.parent"),
        Column("nPeaks", "i4", "Peaks of the parent, deblended together", "", "meta.number"),
        Column("x", "f8", "Fitted centre, parent pixels", "pix", "pos.cartesian.x;instr.det"),
        Column("y", "f8", "Fitted centre, parent pixels", "pix", "pos.cartesian.y;instr.det"),
        RA,
        DEC,
        Column(
            "radius",
            "f4",
            "Half-light radius of its Sersic profile, geometric mean of the axes",
            "pix",
            "phys.angSize",
        ),
        Column("sersicIndex", "f4", "Index of the profile, between 0.5 and 4"),
        Column(
            "e1",
            "f4",
            "Ellipticity (a^2 - b^2) / (a^2 + b^2) of the profile along x",
            "",
            "src.ellipticity",
        ),
        Column("e2", "f4", "The same along the diagonal x = y", "", "src.ellipticity"),
        Column(
            "chi2",
            "f4",
            "Of the whole parent, a usable pixel; below one where noise is correlated",
            "",
            "stat.fit.chi2",
        ),
        Column(
            "ownChi2",
            "f4",
            "The same over the footprint alone, each pixel counted by the child's share of it",
            "",
            "stat.fit.chi2",
        ),
        Column("nSteps", "i4", "Steps of the fit of the parent", "", "meta.number"),
    ),
    (
        Flag(0, "TOO_LARGE", "not deblended: the parent has too many pixels or peaks"),
        Flag(1, "FAILED", "not deblended: the fit of the parent broke down"),
        Flag(2, "SINGLE", "the only peak of its parent"),
        Flag(3, "NOT_CONVERGED", "the fit of the parent still moved at its last step"),
        Flag(4, "DARK", "the fit left it no light in any band"),
        Flag(5, "FREE_FORM", "its profile did not fit: its model is a free image started from it"),
        Flag(6, "MISFIT", "its profile did not fit, nor did a free image: it keeps the profile"),
    ),
)

CHILD_FLUXES = TableSchema(
    "blend_child_fluxes",
    "One row a child and band",
    (
        _PEAK_ID,
        Column("footprintId", "i8", "Footprint that is its parent", ucd="meta.id.parent"),
        _BAND,
        Column("flux", "f8", "Flux of its model, never negative", "nJy", "phot.flux"),
        Column(
            "fluxErr",
            "f8",
            "Its standard error, with all parameters of the profiles of the parent left free",
            "nJy",
            "stat.error;phot.flux",
        ),
        Column(
            "sharedFlux",
            "f8",
            "Flux of its share of the footprint's pixels; those of all children make up the whole",
            "nJy",
            "phot.flux",
        ),
        Column(
            "sharedFluxErr",
            "f8",
            "Its standard error by the noise of the pixels, as if the shares were known",
            "nJy",
            "stat.error;phot.flux",
        ),
    ),
    (
        Flag(0, "NOT_DEBLENDED", "the child has no model: TOO_LARGE or FAILED"),
        Flag(1, "NO_ZERO_POINT", "flux in nJy unknown: the coadd has no zero point"),
        Flag(2, "NO_DATA", "the parent has no usable pixel in this band"),
    ),
)

CHILD_MATCHES = TableSchema(
    "blend_child_matches",
    "One row a true galaxy or a child, matched one to one, for each peak finder",
    (
        FOOTPRINT_ID,
        Column("peakFinder", "str", "Where the peaks came from"),
        Column("galaxyId", "i8", "Galaxy; 0 if none is matched", ucd="meta.id"),
        Column("peakId", "i8", "Child; 0 if none is matched", ucd="meta.id"),
        Column("blended", "bool", "More than one significant galaxy in the footprint"),
        Column("measured", "bool", "The child has a model"),
        Column("significance", "f4", "Point-source S/N of the galaxy", "", "stat.snr"),
        Column("offset", "f4", "Distance of the child's centre from the galaxy's", "arcsec"),
        Column("peakOffset", "f4", "The same of the peak that it was made from", "arcsec"),
        Column("flux", "f8", "True flux in the reference band", "nJy", "phot.flux"),
        Column("childFlux", "f8", "Flux of the child there", "nJy", "phot.flux"),
        Column("childFluxErr", "f8", "Its standard error", "nJy", "stat.error"),
        Column("childSharedFlux", "f8", "That of its share of the footprint", "nJy", "phot.flux"),
        Column("colour", "f4", "True colour, bluest less reference band", "mag", "phot.color"),
        Column("childColour", "f4", "The same of the child; NaN without light", "mag"),
        Column("e1", "f4", "Of the galaxy alone without noise, by adaptive moments"),
        Column("e2", "f4", "The same along the diagonal"),
        Column("childE1", "f4", "Of the child's stamp, by adaptive moments"),
        Column("childE2", "f4", "The same along the diagonal"),
    ),
)


def _score(name: str, description: str, unit: str = "") -> tuple[Column, Column]:
    return (
        Column(name, "f4", description, unit),
        Column(f"{name}Err", "f4", "Its standard error, from the scatter between scenes", unit),
    )


DEBLENDING_SCORES = TableSchema(
    "blend_deblending_scores",
    "One row a peak finder and kind of footprint: how the children compare with the truth",
    (
        Column("peakFinder", "str", "Where the peaks came from"),
        Column("kind", "str", "Footprints: all, unblended or blended"),
        Column("nGalaxies", "i4", "Significant galaxies in them", "", "meta.number"),
        Column("nChildren", "i4", "Children in them", "", "meta.number"),
        *_score("missed", "Share of galaxies without a child"),
        *_score("spurious", "Share of children without a galaxy"),
        *_score("position", "Median distance of matched centres", "arcsec"),
        *_score("fluxBias", "Median of ln(flux / truth) of matched children"),
        *_score("fluxScatter", "Its robust scatter"),
        *_score("fluxOutliers", "Share of matched children off by more than 50% of the flux"),
        *_score("sharedFluxBias", "Median of ln(flux of the share of the footprint / truth)"),
        *_score("sharedFluxScatter", "Its robust scatter"),
        *_score("fluxPull", "Robust scatter of the flux error over its standard error"),
        *_score("colourScatter", "Robust scatter of the colour error", "mag"),
        *_score("ellipticityScatter", "Robust scatter of both components' errors"),
        *_score("ellipticityOutliers", "Share of ellipticities off by more than 0.2, or lost"),
    ),
)

DEBLENDING_TABLES = (CHILDREN, CHILD_FLUXES, CHILD_MATCHES, DEBLENDING_SCORES)
