"""What FITS headers say about an image: calibration, band, WCS, origin, mask planes."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Sequence

import numpy as np
from astropy import units
from astropy.io.fits import Header
from astropy.wcs import WCS

from ..coadd import NANOJANSKY_ZERO_POINT

__all__ = [
    "UNUSABLE_WCS",
    "band_name",
    "has_wcs",
    "mask_planes",
    "number",
    "pixel_origin",
    "plain_band",
    "read_wcs",
    "unit_zero_point",
]

#: Origin of the WCS that a coadd lacks although the header has one.
UNUSABLE_WCS = "none: that of the header is not celestial, or is damaged"

#: Cards of the primary WCS of an image, with SIP and PV distortions. Dates and
#: alternate WCSs are left out: they only give astropy something to warn about.
_WCS_CARDS = re.compile(
    r"^(NAXIS[12]?|WCSAXES|C(TYPE|RVAL|RPIX|UNIT|DELT|ROTA)[12]|(CD|PC|PV)[12]_\d+"
    r"|LONPOLE|LATPOLE|RADE(CSY|SY)S|EQUINOX|[AB]P?_(ORDER|\d+_\d+))$"
)
_WCS_TEXT = re.compile(r"^(CTYPE|CUNIT|RADE)")
_SIP_CARDS = re.compile(r"^[AB]P?_(ORDER|\d+_\d+)$")

#: A reference position beyond this is no angle [deg].
_LARGEST_ANGLE = 720.0

#: Area of a pixel over the squares of its sides, below which these are one line.
_FLATTEST = 1e-9

#: Filter names of Hyper Suprime-Cam, whose second-generation filters end in 2.
_HSC_FILTER = re.compile(r"^HSC-([GRIZY])2?$", re.IGNORECASE)
_NO_FILTER = ("", "unknown", "_unknown_", "none")


def number(headers: Sequence[Header], key: str) -> float:
    """First finite number under a key in some headers, or NaN."""
    for header in headers:
        value = header.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return float("nan")


def unit_zero_point(headers: Sequence[Header]) -> float:
    """AB magnitude of one count, where BUNIT is a unit of flux density; else NaN."""
    for header in headers:
        try:
            unit = units.Unit(str(header.get("BUNIT", "")).strip(), parse_strict="silent")
            factor = unit.to(units.nJy)
        except (ValueError, TypeError, units.UnitConversionError):
            continue
        return NANOJANSKY_ZERO_POINT - 2.5 * math.log10(factor)
    return float("nan")


def band_name(headers: Sequence[Header]) -> str:
    """Band from BAND or FILTER, HSC's names as single letters; ``""`` if none."""
    for key in ("BAND", "FILTER"):
        for header in headers:
            band = plain_band(str(header.get(key, "")))
            if band:
                return band
    return ""


def plain_band(name: str) -> str:
    """Band of a filter's name: ``HSC-I2`` is ``i``, others stay."""
    name = name.strip()
    if name.lower() in _NO_FILTER:
        return ""
    match = _HSC_FILTER.match(name)
    return match.group(1).lower() if match else name


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


def has_wcs(headers: Sequence[Header]) -> bool:
    """Whether some header has a WCS of two axes, usable or not."""
    return any("CTYPE1" in header and "CTYPE2" in header for header in headers)


def read_wcs(headers: Sequence[Header]) -> WCS | None:
    """Celestial WCS of the first header that has one.

    Returns
    -------
    wcs : `astropy.wcs.WCS` or `None`
        Of the array, with SIP distortions; `None` if there is none, or none
        that can be used.
    """
    for header in headers:
        if not has_wcs([header]) or not _has_scale(header):
            continue
        # Without "-SIP" in the type the coefficients do not count.
        sip = "SIP" in str(header["CTYPE1"])
        cards = [
            card
            for card in header.cards
            if _WCS_CARDS.match(card.keyword) and (sip or not _SIP_CARDS.match(card.keyword))
        ]
        # wcslib would take text for a zero.
        if any(isinstance(c.value, str) and not _WCS_TEXT.match(c.keyword) for c in cards):
            continue
        try:
            with warnings.catch_warnings():
                # Whatever wcslib repairs, or cannot, shows in the result.
                warnings.simplefilter("ignore")
                wcs = WCS(Header(cards))
                corner = wcs.pixel_to_world(0.0, 0.0).icrs
        # Axes that are no sky, or of a system that astropy does not know, give no coordinates.
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        usable = np.isfinite(corner.ra.deg) and np.isfinite(corner.dec.deg)
        if usable and _has_area(wcs) and np.all(np.abs(wcs.wcs.crval) <= _LARGEST_ANGLE):
            return wcs
    return None


def _has_scale(header: Header) -> bool:
    """Whether a WCS says how large a pixel is; wcslib would take one degree."""
    matrix = [number([header], f"CD{i}_{j}") for i in (1, 2) for j in (1, 2)]
    if not np.all(np.isnan(matrix)):
        return bool(np.nansum(np.abs(matrix)) > 0)
    steps = [number([header], key) for key in ("CDELT1", "CDELT2")]
    matrix = [number([header], f"PC{i}_{j}") for i in (1, 2) for j in (1, 2)]
    return bool(np.all(np.abs(steps) > 0) or np.nansum(np.abs(matrix)) > 0)


def _has_area(wcs: WCS) -> bool:
    """Whether the axes point in two directions, so that a pixel has an area."""
    matrix = wcs.pixel_scale_matrix
    return bool(abs(np.linalg.det(matrix)) > _FLATTEST * np.sum(matrix**2))


def mask_planes(header: Header) -> dict[str, object]:
    """Mask planes that a header names in MP_ cards, with what these hold: bit numbers."""
    return {
        key.upper().removeprefix("MP_"): header[key]
        for key in header
        if key.upper().startswith("MP_")
    }
