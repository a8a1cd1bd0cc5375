"""What the name of an image file says: its stem, its patch and its band."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["band_rank", "image_stem", "split_name"]

_COMPRESSIONS = (".gz", ".fz", ".bz2", ".xz", ".z", ".zip")
_FITS = (".fits", ".fit", ".fts", ".asdf")

#: Bands from blue to red, as they come to the tasks.
_BANDS = "ugrizy"

_TOKEN = re.compile(r"[A-Za-z0-9]+")
_SEPARATORS = "_-. "


def image_stem(path: Path) -> str:
    """Name of an image file without its FITS and compression suffixes."""
    name = path.name
    for suffixes in (_COMPRESSIONS, _FITS):
        for suffix in suffixes:
            if name.lower().endswith(suffix) and len(name) > len(suffix):
                name = name[: -len(suffix)]
                break
    return name


def split_name(name: str, band: str = "") -> tuple[str, str]:
    """Split the name of an image into that of its patch and its band.

    Parameters
    ----------
    name : `str`
        Such as ``cosmos_g`` or ``calexp-HSC-I-9813``.
    band : `str`, optional
        The band, if it is known.

    Returns
    -------
    patch : `str`
        The name without the last part that is the band; all of it if there
        is none.
    band : `str`
        As given, else by the name, else empty.
    """
    tokens = list(_TOKEN.finditer(name))
    named = [token for token in tokens if token.group().lower() == band.lower()]
    letters = [token for token in tokens if token.group().lower() in tuple(_BANDS)]
    if not named and not letters:
        return name, band
    token = (named or letters)[-1]
    before, after = name[: token.start()], name[token.end() :]
    separator = before[-1:] if before and after else ""
    patch = before.rstrip(_SEPARATORS) + separator + after.lstrip(_SEPARATORS)
    return patch.strip(_SEPARATORS) or "patch", band or token.group().lower()


def band_rank(band: str) -> tuple[int, str]:
    """Sort key of a band: blue to red for names such as ``r`` or ``r.MP9602``, then the others."""
    letter = _TOKEN.match(band)
    known = letter is not None and letter.group() in tuple(_BANDS)
    return (_BANDS.index(letter.group()) if known else len(_BANDS), band)
