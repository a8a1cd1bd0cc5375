"""The celestial WCS of a FITS header, by astropy; cards of older habits are mended first."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from astropy.io.fits import HDUList, Header
from astropy.wcs import WCS

__all__ = ["UNUSABLE_WCS", "has_wcs", "read_wcs"]

#: Origin of the WCS that a coadd lacks although the header has one.
UNUSABLE_WCS = "none: that of the header is not celestial, or is damaged"

#: Cards of the primary WCS with its distortions: what is left where a header as a whole fails.
_CORE = re.compile(
    r"^(NAXIS\d*|WCSAXES|C(TYPE|RVAL|RPIX|UNIT|DELT|ROTA)\d+|(CD|PC|PV|PS)\d+_\d+"
    r"|LONPOLE|LATPOLE|RADESYS|EQUINOX|[AB]P?_(ORDER|\d+_\d+))$"
)
_TEXT = re.compile(r"^(CTYPE|CUNIT|RADESYS|PS\d)")
_SIP = re.compile(r"^[AB]P?_(ORDER|\d+_\d+)$")

#: Distortions in tables of other HDUs.
_LOOKED_UP = re.compile(r"^(CPDIS|CQDIS|CPERR|CQERR|DP|DQ|D2IM|AXISCORR)")

#: The matrix as it was written before the standard: PC001002 is PC1_2.
_OLD_MATRIX = re.compile(r"^(PC|CD)(\d{3})(\d{3})$")

_YEAR = re.compile(r"^\s*([JB]?)\s*(\d{4}(?:\.\d*)?)\s*$", re.IGNORECASE)

#: Reference systems under other names.
_SYSTEMS = {
    "ICRF": "ICRS", "ICRF2": "ICRS", "ICRF3": "ICRS", "GAIA": "ICRS", "GAIA-CRF3": "ICRS",
    "J2000": "FK5", "J2000.0": "FK5", "FK5/J2000": "FK5", "FK5J2000": "FK5", "FK5-J2000": "FK5",
    "FK5 J2000": "FK5", "2000": "FK5", "2000.0": "FK5", "B1950": "FK4", "B1950.0": "FK4",
    "FK4/B1950": "FK4", "FK4 B1950": "FK4", "1950": "FK4", "1950.0": "FK4",
}  # fmt: skip

#: A reference position beyond this is no angle [deg].
_LARGEST_ANGLE = 720.0

#: Area of a pixel over the squares of its sides, below which these are one line.
_FLATTEST = 1e-9


def has_wcs(headers: Sequence[Header]) -> bool:
    """Whether some header has a WCS of two axes, usable or not."""
    return any("CTYPE1" in header and "CTYPE2" in header for header in headers)


def read_wcs(
    headers: Sequence[Header],
    shape: tuple[int, int] | None = None,
    hdus: HDUList | None = None,
) -> WCS | None:
    """Celestial WCS of the first header that has one.

    The whole header goes to astropy, and the celestial part is taken of what
    comes back, so degenerate further axes do no harm. Mended before are the
    matrices ``PCiiijjj`` and ``CDiiijjj``, ``EPOCH`` where ``EQUINOX`` is
    missing, equinoxes as text, and other names of the reference systems.

    Parameters
    ----------
    headers : sequence of `astropy.io.fits.Header`
        That of the image first.
    shape : `tuple` [`int`, `int`], optional
        ``(ny, nx)`` of the image, whose middle must lie on the sky; without
        it its first pixel.
    hdus : `astropy.io.fits.HDUList`, optional
        The file, for distortions in tables of their own.

    Returns
    -------
    wcs : `astropy.wcs.WCS` or `None`
        Of the array, with its distortions; `None` if there is none, or none
        that can be used.
    """
    for header in headers:
        if not has_wcs([header]):
            continue
        mended = _mended(header)
        # wcslib would take text for a zero.
        wrong = any(
            isinstance(card.value, str) and _CORE.match(key) and not _TEXT.match(key)
            for key, card in zip(mended, mended.cards, strict=True)
        )
        if wrong or not _has_scale(mended):
            continue
        for wcs in _attempts(mended, hdus):
            if _is_usable(wcs, shape):
                return wcs
    return None


def _mended(header: Header) -> Header:
    """Copy a header with its old cards in the standard's words."""
    mended = Header()
    for card in header.cards:
        if card.keyword in ("", "COMMENT", "HISTORY", "CONTINUE"):
            continue
        old = _OLD_MATRIX.match(card.keyword)
        key = f"{old[1]}{int(old[2])}_{int(old[3])}" if old else card.keyword
        if key == "RADECSYS":
            key = "RADESYS"
        # A card of the standard wins over an old one, the first over its repetitions.
        if key not in mended and not (key != card.keyword and key in header):
            mended[key if len(key) <= 8 else f"HIERARCH {key}"] = card.value
    if "EQUINOX" not in mended and "EPOCH" in mended:
        mended["EQUINOX"] = mended["EPOCH"]
    year = _YEAR.match(str(mended.get("EQUINOX", "")))
    system = " ".join(str(mended.get("RADESYS", "")).upper().split())
    if year:
        mended["EQUINOX"] = float(year[2])
    elif isinstance(mended.get("EQUINOX"), str):
        del mended["EQUINOX"]
    if not system and year and year[1].upper() == "B":
        system = "FK4"
    if system:
        mended["RADESYS"] = _SYSTEMS.get(system, system)
    # Without "-SIP" in the type the coefficients do not count.
    if "SIP" not in str(mended["CTYPE1"]):
        for key in [key for key in mended if _SIP.match(key)]:
            del mended[key]
    return mended


def _attempts(header: Header, hdus: HDUList | None) -> Iterator[WCS]:
    """What astropy makes of a header: of all of it, else of the cards of the WCS alone."""
    core = Header([card for card in header.cards if _CORE.match(card.keyword)])
    plain = Header([card for card in header.cards if not _LOOKED_UP.match(card.keyword)])
    tries = [(header, hdus)] if hdus is not None or len(plain) == len(header) else []
    for cards, tables in (*tries, (plain, None), (core, None)):
        try:
            with warnings.catch_warnings():
                # Whatever wcslib repairs, or cannot, shows in the result.
                warnings.simplefilter("ignore")
                wcs = WCS(cards, fobj=tables)
                if wcs.has_celestial:
                    yield wcs if wcs.naxis == 2 else _first_two(wcs)
        # Whatever is wrong with the cards, fewer of them may do.
        except (ValueError, KeyError, TypeError, AttributeError, AssertionError, MemoryError):
            continue


def _first_two(wcs: WCS) -> WCS:
    """The celestial part of a WCS of more axes, where it is that of the image's own two."""
    sky = {wcs.wcs.lng, wcs.wcs.lat}
    if sky != {0, 1}:
        raise ValueError(f"the sky is on the axes {sky}")
    return wcs.celestial


def _is_usable(wcs: WCS, shape: tuple[int, int] | None) -> bool:
    """Whether a WCS puts the image onto the sky."""
    x, y = (0.0, 0.0) if shape is None else (0.5 * (shape[1] - 1), 0.5 * (shape[0] - 1))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            place = wcs.pixel_to_world(x, y).icrs
    # Axes that are no sky, or of a system that astropy does not know, give no coordinates.
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    finite = np.isfinite(place.ra.deg) and np.isfinite(place.dec.deg)
    angles = np.all(np.abs(wcs.wcs.crval) <= _LARGEST_ANGLE)
    return bool(finite and angles and _has_area(wcs))


def _has_scale(header: Header) -> bool:
    """Whether a WCS says how large a pixel is; wcslib would take one degree."""

    def matrix(kind: str) -> float:
        values = [_number(header, f"{kind}{i}_{j}") for i in (1, 2) for j in (1, 2)]
        return float("nan") if np.all(np.isnan(values)) else float(np.nansum(np.abs(values)))

    if not np.isnan(matrix("CD")):
        return matrix("CD") > 0
    steps = [_number(header, key) for key in ("CDELT1", "CDELT2")]
    return bool(np.all(np.abs(steps) > 0) or matrix("PC") > 0)


def _number(header: Header, key: str) -> float:
    value = header.get(key)
    return float(value) if isinstance(value, int | float) else float("nan")


def _has_area(wcs: WCS) -> bool:
    """Whether the axes point in two directions, so that a pixel has an area."""
    matrix = wcs.pixel_scale_matrix
    return bool(abs(np.linalg.det(matrix)) > _FLATTEST * np.sum(matrix**2))
