"""The Canada-France-Hawaii Telescope: MegaPipe stacks, and others of Terapix."""

from __future__ import annotations

from astropy.io import fits

from ..zero_points import card, unit_of_pixels
from .cards import any_card, card_text
from .layout import Companion, Layout

__all__ = ["MEGAPIPE"]


def _is_megapipe(hdus: fits.HDUList) -> bool:
    return "CFHT" in card_text(hdus, "TELESCOP") or (
        any_card(hdus, "PHOTZP") and "MEGA" in card_text(hdus, "INSTRUME")
    )


MEGAPIPE = Layout(
    "megapipe",
    _is_megapipe,
    zero_point=(card("PHOTZP"), card("MAGZERO"), card("MAGZP"), card("ZEROPNT"), unit_of_pixels),
    companions=(
        Companion("weight", r"(.+?)\.fits(\.\w+)?", "{0}.weight.fits*"),
        Companion("weight", r"(.+?)\.fits(\.\w+)?", "{0}_weight.fits*"),
    ),
)
