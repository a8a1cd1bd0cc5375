"""The DESI Legacy Imaging Surveys: bricks, and cutouts of the viewer."""

from __future__ import annotations

from astropy.io import fits

from ..zero_points import card, given_by_layout, unit_of_pixels
from .cards import any_card, card_text
from .layout import ANY_BIT, Companion, Layout

__all__ = ["BRICK", "CUTOUT"]

_NANOMAGGIES = given_by_layout(22.5, "nanomaggies")


def _is_brick(hdus: fits.HDUList) -> bool:
    return any_card(hdus, "BRICKNAM") or any_card(hdus, "LEGPIPEV")


def _is_cutout(hdus: fits.HDUList) -> bool:
    return any_card(hdus, "BANDS", "BAND0") or (
        any_card(hdus, "BANDS") and "LEGACY" in card_text(hdus, "SURVEY")
    )


#: ``legacysurvey-BRICK-image-BAND.fits.fz``, inverse variances beside it or in the file.
BRICK = Layout(
    "legacy_brick",
    _is_brick,
    mask_bits=ANY_BIT,
    zero_point=(unit_of_pixels, card("MAGZERO"), _NANOMAGGIES),
    companions=(
        Companion("weight", r"(.+)-image-(\w+)\.fits(\.\w+)?", "{0}-invvar-{1}.fits*"),
        Companion("weight", r"(.+)-image-(\w+)\.fits(\.\w+)?", "{0}-ivar-{1}.fits*"),
    ),
)

#: Bands along the third axis, their names in BANDS and BAND0, BAND1...
CUTOUT = Layout(
    "legacy_cutout",
    _is_cutout,
    mask_bits=ANY_BIT,
    zero_point=(unit_of_pixels, _NANOMAGGIES),
)
