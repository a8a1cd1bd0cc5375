"""Where a file says how much light a count is: its unit, or one of many cards."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from astropy.io.fits import Header

from ..coadd import NANOJANSKY_ZERO_POINT
from .flux_units import FluxUnit, UnitKind, read_unit
from .header import text_number

__all__ = [
    "GENERAL_ZERO_POINTS",
    "Calibration",
    "Scale",
    "ZeroPointRule",
    "card",
    "find_zero_point",
    "fluxmag0",
    "fpa_zp",
    "given_by_layout",
    "photflam",
    "photfnu",
    "photmjsr",
    "unit_of_pixels",
]

#: Zero points that differ by more contradict one another [mag].
_AGREE = 0.05

#: How to give one.
_OPTION = "(--zero-point MAG)"

_STERADIAN_PER_ARCSEC2 = math.radians(1.0 / 3600.0) ** 2


@dataclass(frozen=True)
class Calibration:
    """What zero points are worked out from.

    Parameters
    ----------
    headers : sequence of `astropy.io.fits.Header`
        That of the image first.
    wcs_area : `float`
        Area of a pixel by the WCS [sr]; NaN without one.
    """

    headers: Sequence[Header]
    wcs_area: float = float("nan")

    @property
    def unit_text(self) -> str:
        """The unit of the pixels in the header's own words, ``""`` if it names none."""
        for header in self.headers:
            text = str(header.get("BUNIT", "")).strip()
            if text:
                return text
        return ""

    @property
    def unit(self) -> FluxUnit:
        """The unit of the pixels."""
        return read_unit(self.unit_text)

    def number(self, key: str) -> float:
        """Value of a card, which may be text; NaN if there is none, or it speaks of Vega."""
        for header in self.headers:
            if "vega" in f"{header.comments[key] if key in header else ''}".lower():
                return float("nan")
        return text_number(self.headers, key)

    @property
    def exposure(self) -> float:
        """Exposure time [s], NaN if unknown."""
        for key in ("EXPTIME", "TEXPTIME", "EXPOSURE"):
            value = text_number(self.headers, key)
            if value > 0:
                return value
        return float("nan")


@dataclass(frozen=True)
class Scale:
    """AB magnitude of one count, by one of the ways in which a file says it.

    Parameters
    ----------
    value : `float`
        The magnitude; NaN where the file names a scale that cannot be worked out.
    origin : `str`
        Which card says so.
    remarks : `dict` [`str`, `str`]
        What had to be assumed.
    """

    value: float
    origin: str
    remarks: dict[str, str] = field(default_factory=dict)


#: A way of saying it; `None` where the file does not say it so.
ZeroPointRule = Callable[[Calibration], Scale | None]


def unit_of_pixels(facts: Calibration) -> Scale | None:
    """The unit: of flux, or of brightness with the area of a pixel (PIXAR_SR, else the WCS)."""
    unit = facts.unit
    if unit.kind is UnitKind.FLUX:
        return Scale(_zero_point(unit.nanojansky), "BUNIT in the header")
    if unit.kind is not UnitKind.BRIGHTNESS:
        return None
    area, origin, remarks = _area(facts)
    if math.isnan(area):
        told = (
            f"BUNIT is {facts.unit_text} and nothing says how large a pixel is: fluxes are NaN"
            f" {_OPTION}"
        )
        return Scale(float("nan"), "unknown", {"zero point": told})
    return Scale(_zero_point(unit.nanojansky * area), f"BUNIT and {origin}", remarks)


def card(key: str) -> ZeroPointRule:
    """A card that holds the AB magnitude of one count, as a number or as text."""

    def rule(facts: Calibration) -> Scale | None:
        value = facts.number(key)
        return None if math.isnan(value) else Scale(value, f"{key} in the header")

    return rule


def fluxmag0(facts: Calibration) -> Scale | None:
    """FLUXMAG0: the counts of magnitude zero."""
    flux = facts.number("FLUXMAG0")
    return Scale(2.5 * math.log10(flux), "FLUXMAG0 in the header") if flux > 0 else None


def fpa_zp(facts: Calibration) -> Scale | None:
    """FPA.ZP: Pan-STARRS's zero point of one second, with EXPTIME."""
    value = facts.number("FPA.ZP")
    if math.isnan(value):
        return None
    return _of_a_second(facts, value, "FPA.ZP")


def photfnu(facts: Calibration) -> Scale | None:
    """PHOTFNU: janskys of one count, a second's where the unit is a total."""
    flux = facts.number("PHOTFNU")
    if not flux > 0:
        return None
    value = _zero_point(1e9 * flux)
    return _per_second(facts, value, "PHOTFNU")


def photflam(facts: Calibration) -> Scale | None:
    """PHOTFLAM with PHOTPLAM: Hubble's erg / (s cm2 Angstrom) of one count a second."""
    flux, pivot = facts.number("PHOTFLAM"), facts.number("PHOTPLAM")
    if not (flux > 0 and pivot > 0):
        return None
    value = -2.5 * math.log10(flux) - 5.0 * math.log10(pivot) - 2.408
    return _per_second(facts, value, "PHOTFLAM and PHOTPLAM")


def photmjsr(facts: Calibration) -> Scale | None:
    """PHOTMJSR: MJy/sr of one DN a second, for images that are still in those."""
    factor = facts.number("PHOTMJSR")
    if facts.unit.kind is not UnitKind.RATE or not factor > 0:
        return None
    area, origin, remarks = _area(facts)
    if math.isnan(area):
        return None
    return Scale(_zero_point(1e15 * factor * area), f"PHOTMJSR and {origin}", remarks)


def given_by_layout(value: float, what: str) -> ZeroPointRule:
    """A zero point that all files of a layout have, said or not.

    Parameters
    ----------
    value : `float`
        AB magnitude of one count.
    what : `str`
        Why, such as "nanomaggies".
    """
    return lambda facts: Scale(value, f"{what}, as in all files of this layout")


#: Cards of many origins that hold the AB magnitude of one count.
_CARDS = (
    "MAGZERO", "MAGZPT", "MAGZP", "ZEROPNT", "PHOTZP", "MAGZEROP", "MAG0", "ABZP", "ZEROPT",
    "ZEROPOINT", "MAG_ZP", "ZP",
)  # fmt: skip

#: What a file of no known layout is asked.
GENERAL_ZERO_POINTS: tuple[ZeroPointRule, ...] = (
    unit_of_pixels,
    *(card(key) for key in _CARDS),
    fluxmag0,
    fpa_zp,
    photfnu,
    photflam,
    photmjsr,
)


def find_zero_point(
    facts: Calibration, rules: Sequence[ZeroPointRule]
) -> tuple[float, str, dict[str, str]]:
    """Find the zero point of an image.

    Parameters
    ----------
    facts : `Calibration`
        What the file says.
    rules : sequence of `ZeroPointRule`
        The ways that count, the first before the others.

    Returns
    -------
    zero_point : `float`
        AB magnitude of one count; NaN if unknown.
    origin : `str`
        Where it comes from.
    remarks : `dict` [`str`, `str`]
        What had to be assumed, what contradicts it, or that there is none.
    """
    if facts.unit.kind is UnitKind.MAGNITUDE:
        told = (
            f"BUNIT is {facts.unit_text}, and magnitudes are no linear image: fluxes are NaN"
            f" {_OPTION}"
        )
        return float("nan"), "unknown", {"zero point": told}
    found = [scale for rule in rules if (scale := rule(facts)) is not None]
    known = [scale for scale in found if not math.isnan(scale.value)]
    if not known:
        remarks = found[0].remarks if found else {}
        told = f"no zero point in the file{_of_vega(facts)}: fluxes are NaN {_OPTION}"
        return float("nan"), "unknown", {"zero point": told, **remarks}
    used, remarks = known[0], dict(known[0].remarks)
    others = [scale for scale in known[1:] if abs(scale.value - used.value) > _AGREE]
    if others:
        said = ", ".join(f"{scale.origin} {scale.value:.2f}" for scale in others)
        remarks["zero point"] = (
            f"{used.origin} gives a zero point of {used.value:.2f} but {said}: the first was used"
            f" {_OPTION}"
        )
    elif rules is GENERAL_ZERO_POINTS:
        remarks.update(_ambiguous(facts, used))
    return used.value, used.origin, remarks


def _zero_point(nanojansky: float) -> float:
    return NANOJANSKY_ZERO_POINT - 2.5 * math.log10(nanojansky)


def _area(facts: Calibration) -> tuple[float, str, dict[str, str]]:
    """Area of a pixel [sr], which card says so, and what to remark."""
    area, origin = facts.number("PIXAR_SR"), "PIXAR_SR"
    if not area > 0:
        area, origin = facts.number("PIXAR_A2") * _STERADIAN_PER_ARCSEC2, "PIXAR_A2"
    if not area > 0:
        told = f"BUNIT is {facts.unit_text}: the area of a pixel is that of the WCS {_OPTION}"
        remarks = {} if math.isnan(facts.wcs_area) else {"zero point": told}
        return facts.wcs_area, "the WCS", remarks
    if abs(facts.wcs_area / area - 1.0) > 0.05:
        told = (
            f"{origin} gives pixels {area / facts.wcs_area:.3g} times the area that the WCS does;"
            f" the zero point is by {origin} {_OPTION}"
        )
        return area, origin, {"zero point": told}
    return area, origin, {}


def _per_second(facts: Calibration, value: float, origin: str) -> Scale:
    """A zero point of one count a second: pixels that are totals need the exposure time."""
    if facts.unit.kind is UnitKind.COUNTS:
        return _of_a_second(facts, value, origin)
    return Scale(value, f"{origin} in the header")


def _of_a_second(facts: Calibration, value: float, origin: str) -> Scale:
    """A zero point of one second, of an image of totals."""
    time = facts.exposure
    if math.isnan(time):
        told = (
            f"{origin} is of one second and the file has no EXPTIME: a second was assumed {_OPTION}"
        )
        return Scale(value, f"{origin} in the header", {"exposure time": told})
    return Scale(value + 2.5 * math.log10(time), f"{origin} and EXPTIME in the header")


def _ambiguous(facts: Calibration, used: Scale) -> dict[str, str]:
    """Say that a card may be of one second, where the image is of more."""
    totals = facts.unit.kind in (UnitKind.COUNTS, UnitKind.UNKNOWN)
    plain = used.origin.endswith(" in the header") and "EXPTIME" not in used.origin
    time = facts.exposure
    if not (totals and plain and time > 0) or abs(time - 1.0) < 1e-3 or "BUNIT" in used.origin:
        return {}
    return {
        "exposure time": (
            f"{used.origin.split()[0]} is taken as of one count of the whole {time:g} s; if it is"
            f" of one count a second, give --zero-point {used.value + 2.5 * math.log10(time):.2f}"
        )
    }


def _of_vega(facts: Calibration) -> str:
    """Say that the card which there is speaks of Vega."""
    for header in facts.headers:
        for entry in header.cards:
            comment = str(entry.comment).lower()
            if "zero" in comment and "vega" in comment:
                return f" but {entry.keyword}, of Vega magnitudes"
    return ""
