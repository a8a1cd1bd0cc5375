"""The table of galaxies that a set of cutouts shows: columns, each declared here once."""

from __future__ import annotations

from .schema import Column, TableSchema

__all__ = ["GALAXY_TARGETS", "GALAXY_TRUTH"]

#: Columns that every set of galaxies must have: what a network is to predict.
GALAXY_TARGETS = ("bulgeToTotal", "halfLightRadius", "flux")


def _component(stem: str) -> tuple[Column, ...]:
    """Columns of a bulge or a disk."""
    return (
        Column(
            f"{stem}_radius",
            "f4",
            f"Half-light radius of the {stem}, major axis",
            "arcsec",
            "phys.angSize",
        ),
        Column(f"{stem}_n", "f4", f"Sersic index of the {stem}", ucd="stat.fit.param"),
        Column(
            f"{stem}_axisRatio", "f4", f"Minor over major axis of the {stem}", ucd="phys.angSize"
        ),
        Column(
            f"{stem}_angle",
            "f4",
            f"Position angle of the {stem}'s major axis, from +x to +y",
            "deg",
            "pos.posAng",
        ),
    )


GALAXY_TRUTH = TableSchema(
    "galaxies",
    "One row a cutout: what galaxy it shows, and how it was observed",
    (
        Column("galaxyId", "i8", "Number of the galaxy in its set", ucd="meta.id;meta.main"),
        Column(
            "dx",
            "f4",
            "x of the centre off that of the pixel [size//2, size//2]",
            "pix",
            "pos.cartesian.x",
        ),
        Column(
            "dy",
            "f4",
            "y of the centre off that of the pixel [size//2, size//2]",
            "pix",
            "pos.cartesian.y",
        ),
        Column("bulgeToTotal", "f4", "Bulge-to-total flux ratio", ucd="phot.flux;arith.ratio"),
        Column(
            "halfLightRadius",
            "f4",
            "Half-light radius of the whole galaxy, major axis, before the PSF",
            "arcsec",
            "phys.angSize",
        ),
        Column("flux", "f4", "Total flux", "nJy", "phot.flux"),
        *_component("bulge"),
        *_component("disk"),
        Column(
            "signalToNoise",
            "f4",
            "S/N of the flux with a matched filter in white sky noise",
            ucd="stat.snr",
        ),
        Column(
            "psf_fwhm", "f4", "FWHM of the PSF before the pixel", "arcsec", "instr.obsty.seeing"
        ),
        Column("psfRow", "i4", "Row of its PSF among the set's PSF images"),
        Column("skySigma", "f4", "Noise of the sky in a pixel", "count", "stat.stdev"),
        Column(
            "noiseCorrelation",
            "f4",
            "Correlation of the noise of pixels side by side",
            ucd="stat.correlation",
        ),
    ),
)
