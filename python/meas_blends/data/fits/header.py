"""What FITS headers say about an image: numbers, band, origin, mask planes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from astropy.io.fits import Header

__all__ = [
    "band_name",
    "mask_planes",
    "number",
    "pixel_origin",
    "plain_band",
    "text_number",
]

#: Filter names of Hyper Suprime-Cam, whose second-generation filters end in 2; those of DECam
#: and of Pan-STARRS.
_FILTERS = (
    re.compile(r"^HSC-([GRIZY])2?$", re.IGNORECASE),
    re.compile(r"^([ugrizY]|VR) DECam ", re.IGNORECASE),
    re.compile(r"^([grizyw])\.00000$"),
)
_NO_FILTER = ("", "unknown", "_unknown_", "none")

#: A wheel of filters without one in the way.
_CLEAR = re.compile(r"^(CLEAR\d?[LS]?|N/A)$", re.IGNORECASE)

_TEXT_NUMBER = re.compile(r"^\s*([+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?)(\s|$)")

_BAND_CARDS = ("BAND", "FILTER", "FPA.FILTERID", "FILTER1", "FILTER2", "FILTNAM1")


def number(headers: Sequence[Header], key: str) -> float:
    """First finite number under a key in some headers, or NaN."""
    for header in headers:
        value = header.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return float("nan")


def text_number(headers: Sequence[Header], key: str) -> float:
    """First finite number under a key in some headers, as a number or as text; or NaN."""
    for header in headers:
        value = header.get(key)
        if isinstance(value, str):
            match = _TEXT_NUMBER.match(value)
            value = float(match[1].lower().replace("d", "e")) if match else None
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return float("nan")


def band_name(headers: Sequence[Header]) -> str:
    """Band from BAND, FILTER or a survey's own card, as `plain_band`; ``""`` if none."""
    for key in _BAND_CARDS:
        for header in headers:
            band = plain_band(str(header.get(key, "")))
            if band:
                return band
    return ""


def plain_band(name: str) -> str:
    """Band of a filter's name: ``HSC-I2`` and ``i DECam SDSS`` are ``i``, others stay."""
    name = name.strip()
    if name.lower() in _NO_FILTER or _CLEAR.match(name):
        return ""
    for pattern in _FILTERS:
        match = pattern.match(name)
        if match:
            return match[1].lower()
    return name


def pixel_origin(headers: Sequence[Header]) -> tuple[int, int] | None:
    """Parent-pixel position of the first pixel, or `None` if not said.

    From the linear WCS ``A`` that ``lsst.afw`` writes, else from IRAF's
    LTV1 and LTV2, which are its negative.
    """
    for header in headers:
        origin = []
        for axis in "12":
            if not str(header.get(f"CTYPE{axis}A", "")).startswith("LINEAR"):
                continue
            reference = number([header], f"CRPIX{axis}A")
            shift = 0.0 if math.isnan(reference) else reference - 1.0
            origin.append(number([header], f"CRVAL{axis}A") - shift)
        if len(origin) != 2:
            origin = [-number([header], "LTV1"), -number([header], "LTV2")]
        if all(math.isfinite(value) for value in origin):
            return round(origin[0]), round(origin[1])
    return None


def mask_planes(header: Header) -> dict[str, object]:
    """Mask planes that a header names in MP_ cards, with what these hold: bit numbers."""
    return {
        key.upper().removeprefix("MP_"): header[key]
        for key in header
        if key.upper().startswith("MP_")
    }
