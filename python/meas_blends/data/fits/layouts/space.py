"""Hubble, JWST, Roman and Euclid, and the mosaics that grizli makes of the first two."""

from __future__ import annotations

from astropy.io import fits

from ..zero_points import card, photflam, photfnu, photmjsr, unit_of_pixels
from .cards import any_card, card_text, names
from .layout import ANY_BIT, JWST_BITS, Companion, Layout

__all__ = ["EUCLID", "GRIZLI", "HST", "JWST", "ROMAN"]

_WHT = Companion("weight", r"(.+)_(?:sci|drz|drc)\.fits(\.\w+)?", "{0}_wht.fits*")

#: Bad detector pixels, hot, bad reference, traps...; full wells; cosmic rays.
_HST_BITS = {"BAD": 1 | 4 | 8 | 16 | 128 | 512, "SAT": 256 | 2048, "CR": 4096 | 8192}


def _is_grizli(hdus: fits.HDUList) -> bool:
    grizli = any("GRIZLI" in key for hdu in hdus for key in hdu.header)
    return grizli or (any_card(hdus, "PHOTFNU", "BUNIT") and "NANOJANSKY" in _unit(hdus))


def _unit(hdus: fits.HDUList) -> str:
    return card_text(hdus, "BUNIT")


def _is_hst(hdus: fits.HDUList) -> bool:
    return card_text(hdus, "TELESCOP") == "HST" or any_card(hdus, "PHOTFLAM", "PHOTPLAM")


def _is_jwst(hdus: fits.HDUList) -> bool:
    return card_text(hdus, "TELESCOP") == "JWST" or any_card(hdus, "PHOTMJSR", "PIXAR_SR")


def _is_roman(hdus: fits.HDUList) -> bool:
    return "ROMAN" in card_text(hdus, "TELESCOP")


def _is_euclid(hdus: fits.HDUList) -> bool:
    return "EUCLID" in card_text(hdus, "TELESCOP") or (
        any_card(hdus, "MAGZEROP") and "IMAGE" not in names(hdus)
    )


#: Mosaics of the DJA: pixels of 10 nJy, inverse variances in ``_wht``.
GRIZLI = Layout("grizli", _is_grizli, zero_point=(unit_of_pixels, photfnu, photflam),
                companions=(_WHT,))  # fmt: skip

#: Drizzled images: electrons a second, or totals with EXPTIME; the context is of no use here.
HST = Layout(
    "hst",
    _is_hst,
    image=("SCI",),
    mask_bits=_HST_BITS,
    ignored=("CTX", "CON", "D2IMARR", "WCSDVARR", "WCSCORR", "NPOLARR", "HDRLET", "SIPWCS"),
    zero_point=(unit_of_pixels, photflam, photfnu),
    companions=(_WHT,),
)

#: The error counts: what is called WHT is how long each pixel was looked at.
JWST = Layout(
    "jwst",
    _is_jwst,
    image=("SCI",),
    variance=("VARIANCE",),
    weight=(),
    mask_bits=JWST_BITS,
    ignored=("WHT", "CON", "VAR_*", "AREA", "HDRTAB", "ASDF", "WEIGHT", "CONTEXT"),
    zero_point=(unit_of_pixels, photmjsr),
    companions=(),
)

ROMAN = Layout(
    "roman",
    _is_roman,
    image=("SCI", "DATA"),
    variance=("VARIANCE",),
    weight=(),
    mask_bits=JWST_BITS,
    ignored=("WHT", "CON", "VAR_*", "AREA", "ASDF", "WEIGHT", "CONTEXT"),
    zero_point=(unit_of_pixels, photmjsr),
    companions=(),
)

#: Mosaics of the MER pipeline: standard deviations and flags beside them.
EUCLID = Layout(
    "euclid",
    _is_euclid,
    mask_bits=ANY_BIT,
    zero_point=(card("MAGZEROP"), unit_of_pixels, card("MAGZERO")),
    companions=(
        Companion(
            "rms",
            r"EUC_MER_BGSUB-MOSAIC-([\w-]+?)_(TILE\d+)-.+\.fits(\.\w+)?",
            "EUC_MER_MOSAIC-{0}-RMS_{1}-*.fits*",
        ),
        Companion("rms", r"(.+?)\.fits(\.\w+)?", "{0}[._-]rms.fits*"),
        Companion("rms", r"(.+?)\.fits(\.\w+)?", "{0}[._-]RMS.fits*"),
    ),
)
