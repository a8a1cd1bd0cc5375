"""Pan-STARRS stacks: asinh-scaled pixels (BSOFTEN, BOFFSET), mask and variance beside them."""

from __future__ import annotations

from astropy.io import fits

from ..zero_points import card, fpa_zp, unit_of_pixels
from .cards import any_card
from .layout import Companion, Layout

__all__ = ["STACK"]


def _is_stack(hdus: fits.HDUList) -> bool:
    return any_card(hdus, "FPA.FILTERID") or any_card(hdus, "FPA.ZP")


#: DETECTOR, FLAT, DARK, BLANK, CTE, LOW, CONV.BAD; saturated; cosmic ray.
_BITS = {"BAD": 1 | 2 | 4 | 8 | 16 | 64 | 8192, "SAT": 32, "CR": 256}

STACK = Layout(
    "panstarrs",
    _is_stack,
    mask_bits=_BITS,
    zero_point=(fpa_zp, card("MAGZERO"), unit_of_pixels),
    companions=(
        Companion("variance", r"(.+)\.fits(\.\w+)?", "{0}.wt.fits*"),
        Companion("mask", r"(.+)\.fits(\.\w+)?", "{0}.mask.fits*"),
        Companion("variance", r"(.+)\.unconv\.fits(\.\w+)?", "{0}.unconv.wt.fits*"),
        Companion("mask", r"(.+)\.unconv\.fits(\.\w+)?", "{0}.unconv.mask.fits*"),
    ),
)
