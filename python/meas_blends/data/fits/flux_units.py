"""What a unit of pixels says: a flux, a brightness of the sky, magnitudes, or mere counts."""

from __future__ import annotations

import enum
import math
import re
import warnings
from typing import NamedTuple

from astropy import units

from ..coadd import NANOJANSKY_ZERO_POINT

__all__ = ["FluxUnit", "UnitKind", "read_unit"]

#: Flux of AB magnitude 0 [nJy], in the convention that a nanojansky is 31.4 mag.
_MAGGY = 10 ** (0.4 * NANOJANSKY_ZERO_POINT)


class UnitKind(enum.Enum):
    """What a pixel value is."""

    FLUX = "flux"
    BRIGHTNESS = "surface brightness"
    MAGNITUDE = "magnitude"
    RATE = "counts per second"
    COUNTS = "counts"
    UNKNOWN = "unknown"


class FluxUnit(NamedTuple):
    """A unit of pixels.

    Parameters
    ----------
    kind : `UnitKind`
    nanojansky : `float`
        Flux of one [nJy], or brightness of one [nJy / sr]; NaN for the others.
    """

    kind: UnitKind
    nanojansky: float = float("nan")


#: Words that astropy does not know, or that say nothing about the size of a unit.
_WORDS = (
    (re.compile(r"[µμ]"), "u"),
    (re.compile(r"\b(micro|mu)[\s-]?(?=j(y|ansky))", re.I), "u"),
    (re.compile(r"\b(nano)[\s-]?(?=j(y|ansky))", re.I), "n"),
    (re.compile(r"\b(milli)[\s-]?(?=j(y|ansky))", re.I), "m"),
    (re.compile(r"\b(mega)[\s-]?(?=j(y|ansky))", re.I), "M"),
    (re.compile(r"janskys?\b|janskies\b", re.I), "Jy"),
    (re.compile(r"(?<=[num])jy\b", re.I), "Jy"),
    (re.compile(r"\bNJy\b"), "nJy"),
    (re.compile(r"\bUJy\b"), "uJy"),
    (re.compile(r"\bSR\b"), "sr"),
    (re.compile(r"\bnano[\s-]?magg(y|ie|ies|ys)\b|\bn(ano)?mgys?\b", re.I), "nABmaggy"),
    (re.compile(r"\bmagg(y|ie|ies|ys)\b|\bmgys?\b", re.I), "ABmaggy"),
    (re.compile(r"\s*\(\s*AB\s*\)|\bAB\b", re.I), " "),
    (re.compile(r"\bsteradians?\b", re.I), "sr"),
    (re.compile(r"\b(arc\s?sec(ond)?s?|asec)\b", re.I), "arcsec"),
    (re.compile(r"\bsq(uare)?[\s._-]?arcsec", re.I), "arcsec2"),
)
_PIXEL = re.compile(
    r"\s*(/|\bper\b)\s*(pixels?|pix|px)\b|[\s.*]*(pixels?|pix|px)\s*(\^|\*\*)?\s*\(?-1\)?", re.I
)
_MAGNITUDE = re.compile(r"^\s*(AB|ST|Vega)?[\s_-]*mag(nitude)?s?(?![a-z])", re.I)
_COUNT = re.compile(r"\b(adus?|dn|counts?|cts?|e-?|elec(tron)?s?|photons?|ph|cps)\b", re.I)
_RATE = re.compile(r"\bcps\b|(/|\bper\b)\s*s(ec(ond)?s?)?\b|\bs(ec)?\s*(\^|\*\*)?-1", re.I)

_OWN = {
    "ABmaggy": units.def_unit("ABmaggy", _MAGGY * units.nJy),
    "nABmaggy": units.def_unit("nABmaggy", 1e-9 * _MAGGY * units.nJy),
}


def read_unit(text: str) -> FluxUnit:
    """Read the unit of an image.

    Parameters
    ----------
    text : `str`
        What a BUNIT card holds, in the words of any survey: ``nJy/pixel``,
        ``microJy``, ``AB nJy``, ``10*nanoJansky``, ``nanomaggies``,
        ``MJy/sr``, ``mag(AB)``, ``electrons/s``.

    Returns
    -------
    unit : `FluxUnit`
    """
    text = " ".join(text.split())
    if _MAGNITUDE.match(text):
        return FluxUnit(UnitKind.MAGNITUDE)
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    text = _PIXEL.sub("", text).strip()
    parsed = _parse(text)
    if parsed is not None:
        for kind, target in (
            (UnitKind.FLUX, units.nJy),
            (UnitKind.BRIGHTNESS, units.nJy / units.sr),
        ):
            try:
                factor = float(parsed.to(target))
            except (ValueError, TypeError, units.UnitConversionError):
                continue
            if 0 < factor < math.inf:
                return FluxUnit(kind, factor)
    if _COUNT.search(text):
        return FluxUnit(UnitKind.RATE if _RATE.search(text) else UnitKind.COUNTS)
    return FluxUnit(UnitKind.UNKNOWN)


def _parse(text: str) -> units.UnitBase | None:
    """What astropy makes of it, or nothing."""
    if not text:
        return None
    with warnings.catch_warnings(), units.add_enabled_units(list(_OWN.values())):
        # It warns of several solidi in one unit, as most headers have them.
        warnings.simplefilter("ignore")
        for spelling in (text, text.lower(), text.replace("per", "/")):
            try:
                return units.Unit(spelling, parse_strict="raise")
            except (ValueError, TypeError):
                continue
    return None
