"""What recognising a layout looks at."""

from __future__ import annotations

from astropy.io import fits

__all__ = ["any_card", "card_text", "names"]


def names(hdus: fits.HDUList) -> set[str]:
    """Names of the HDUs, in capitals."""
    return {hdu.name for hdu in hdus}


def card_text(hdus: fits.HDUList, key: str) -> str:
    """Value of a card in the first HDU that has it, in capitals; ``""`` if none has."""
    for hdu in hdus:
        if key in hdu.header:
            return str(hdu.header[key]).strip().upper()
    return ""


def any_card(hdus: fits.HDUList, *keys: str) -> bool:
    """Whether some HDU has all of some cards."""
    return any(all(key in hdu.header for key in keys) for hdu in hdus)
