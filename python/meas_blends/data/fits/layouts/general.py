"""Our own files, and those of no known layout, which are read by what all surveys share."""

from __future__ import annotations

from astropy.io import fits

from .cards import names
from .layout import AFW_BITS, Layout

__all__ = ["ANY", "OWN"]


def _is_own(hdus: fits.HDUList) -> bool:
    return "IMAGE" in names(hdus)


OWN = Layout("own", _is_own, mask_bits=AFW_BITS)

ANY = Layout("any", lambda hdus: True)
