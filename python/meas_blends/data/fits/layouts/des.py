"""The Dark Energy Survey and other data of DECam."""

from __future__ import annotations

from astropy.io import fits

from ..zero_points import card, unit_of_pixels
from .cards import any_card, card_text, names
from .layout import ANY_BIT, Companion, Layout

__all__ = ["DECAM", "DES"]


def _is_des(hdus: fits.HDUList) -> bool:
    return {"SCI", "WGT"} <= names(hdus)


def _is_decam(hdus: fits.HDUList) -> bool:
    return any_card(hdus, "CCDNUM") or "DECAM" in card_text(hdus, "INSTRUME")


#: Coadd tiles and single CCDs: SCI, MSK and WGT, often compressed by fpack.
DES = Layout(
    "des",
    _is_des,
    image=("SCI",),
    weight=("WGT",),
    mask=("MSK",),
    mask_bits=ANY_BIT,
    zero_point=(card("MAGZERO"), unit_of_pixels),
)

#: The community pipeline: a CCD an HDU, weights and data quality in files beside it.
DECAM = Layout(
    "decam",
    _is_decam,
    mask_bits=ANY_BIT,
    zero_point=(card("MAGZERO"), card("MAGZPT"), unit_of_pixels),
    companions=(
        Companion("weight", r"(.+_oo)i(_.+)\.fits(\.\w+)?", "{0}w{1}.fits*"),
        Companion("mask", r"(.+_oo)i(_.+)\.fits(\.\w+)?", "{0}d{1}.fits*"),
    ),
)
