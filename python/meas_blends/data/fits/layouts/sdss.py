"""The Sloan Digital Sky Survey: frames, in nanomaggies, the sky already taken off."""

from __future__ import annotations

from astropy.io import fits

from ..zero_points import given_by_layout, unit_of_pixels
from .cards import any_card, card_text
from .layout import Layout

__all__ = ["FRAME"]


def _is_frame(hdus: fits.HDUList) -> bool:
    return any_card(hdus, "NMGY") or (
        any_card(hdus, "RUN", "CAMCOL") and "2.5" in card_text(hdus, "TELESCOP")
    )


#: The HDUs behind the image are calibration, sky and pointing: tables and a line of numbers.
FRAME = Layout("sdss", _is_frame, zero_point=(unit_of_pixels, given_by_layout(22.5, "nanomaggies")))
