"""Roman's images in ASDF: mosaics and calibrated exposures."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from astropy.io.fits import Header
from astropy.wcs import WCS

from ..errors import BadInputError
from .coadd import DEFAULT_MASK_PLANES, NANOJANSKY_ZERO_POINT
from .pixel_scale import local_pixel_sides

__all__ = ["is_asdf", "read_roman", "roman_band"]

_MAGIC = b"#ASDF"

#: A WCS in FITS's words is as good as the original to this [pixel].
_WCS_ERROR = 0.01

_STERADIAN_PER_ARCSEC2 = math.radians(1.0 / 3600.0) ** 2

#: Bits of Roman's data quality: DO_NOT_USE and SATURATED.
_BAD, _SATURATED = 1, 2


def is_asdf(path: str | os.PathLike[str]) -> bool:
    """Whether a file is one in ASDF."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def roman_band(path: str | os.PathLike[str]) -> str:
    """Band of a Roman image, ``""`` if it does not say.

    Raises
    ------
    BadInputError
        As `read_roman`.
    """
    with _opened(path) as roman:
        return str(_get(roman, "meta", "instrument", "optical_element") or "")


def read_roman(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a Roman image in ASDF.

    Mosaics (level 3) are in MJy/sr, exposures (level 2) in DN/s with the
    factor to those. The WCS is that of ``wcsinfo`` where it is whole, as in
    mosaics; else the file's own, by gwcs where that is installed.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    parts : `dict`
        Parts of a `~meas_blends.data.coadd.Coadd` by name, all but ``name``.

    Raises
    ------
    BadInputError
        If asdf is not installed, the file is damaged, or holds no Roman image.
    """
    with _opened(path) as roman:
        image = _plane(roman, "data")
        if image is None or image.ndim != 2:
            raise BadInputError(f"{path}: holds no 2-D Roman image; give a mosaic or an exposure.")
        parts: dict[str, Any] = {"image": image, "origins": {"image": "data"}, "remarks": {}}
        error = _plane(roman, "err")
        if error is not None:
            parts["variance"] = error.astype(np.float32) ** 2
            parts["origins"]["variance"] = "err, squared"
        quality = _plane(roman, "dq")
        if quality is not None:
            mask = np.where(quality & _BAD, 1 << DEFAULT_MASK_PLANES["BAD"], 0)
            mask |= np.where(quality & _SATURATED, 1 << DEFAULT_MASK_PLANES["SAT"], 0)
            parts["mask"] = mask.astype(np.int32)
            parts["origins"]["mask"] = "dq"
        parts["band"] = str(_get(roman, "meta", "instrument", "optical_element") or "")
        parts["wcs"] = _wcs(roman, image.shape)
        if parts["wcs"] is not None:
            parts["origins"]["wcs"] = "meta"
        else:
            parts["remarks"]["WCS"] = (
                "the WCS of the file needs gwcs (pip install gwcs): no sky coordinates"
            )
        parts["zero_point"], parts["origins"]["zero_point"] = _zero_point(roman, parts["wcs"])
        return parts


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[Any]:
    """The tree under ``roman``, whatever class it has; errors are told in a sentence."""
    try:
        import asdf
    except ImportError as error:
        raise BadInputError(
            f"{path}: reading ASDF needs asdf; install it with: pip install 'meas_blends[roman]'."
        ) from error
    try:
        with warnings.catch_warnings():
            # Without Roman's own packages its classes are plain dictionaries, which will do.
            warnings.simplefilter("ignore")
            with asdf.open(path, memmap=False) as file:
                if "roman" not in file.tree:
                    raise BadInputError(
                        f"{path}: an ASDF file of something else than Roman; give FITS, or an image"
                        " of Roman."
                    )
                yield file.tree["roman"]
    except BadInputError:
        raise
    except ImportError as error:
        raise BadInputError(
            f"{path}: its blocks are compressed; install what reads them with: pip install"
            " 'meas_blends[roman]'."
        ) from error
    # Many kinds, by whatever library looks at the file's parts.
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise BadInputError(
            f"{path}: not a readable ASDF file ({reason}); copy it anew."
        ) from error


def _get(tree: Any, *keys: str) -> Any:
    """What stands at a place in the tree, `None` if there is nothing."""
    for key in keys:
        try:
            tree = tree[key]
        except (KeyError, TypeError, IndexError, AttributeError):
            return None
    return tree


def _number(tree: Any, *keys: str) -> float:
    """A positive number in the tree, perhaps with a unit; NaN if there is none."""
    found = _get(tree, *keys)
    found = getattr(found, "value", found)
    if isinstance(found, dict):
        found = found.get("value")
    try:
        value = float(found)
    except (TypeError, ValueError):
        return float("nan")
    return value if value > 0 else float("nan")


def _plane(roman: Any, name: str) -> np.ndarray | None:
    """An array of pixels, whose older files give it a unit."""
    found = _get(roman, name)
    if found is None:
        return None
    if isinstance(found, dict):
        found = found["value"]
    return np.array(getattr(found, "value", found))


def _wcs(roman: Any, shape: tuple[int, int]) -> WCS | None:
    """WCS in FITS's words: of ``wcsinfo``, else of the file's own if gwcs has read it."""
    info = _get(roman, "meta", "wcsinfo")
    matrix = _get(info, "rotation_matrix")
    scale = _number(info, "pixel_scale") / 3600.0
    if matrix is not None and np.shape(matrix) == (2, 2) and math.isfinite(scale):
        header = Header()
        for axis, kind, sky, pixel in (("1", "RA-", "ra", "x"), ("2", "DEC", "dec", "y")):
            header[f"CTYPE{axis}"] = f"{kind}--TAN"
            header[f"CUNIT{axis}"] = "deg"
            header[f"CRVAL{axis}"] = float(info[f"{sky}_ref"])
            header[f"CRPIX{axis}"] = float(info[f"{pixel}_ref"]) + 1.0
            header[f"CDELT{axis}"] = scale
        for row in (0, 1):
            for column in (0, 1):
                header[f"PC{row + 1}_{column + 1}"] = float(matrix[row][column])
        return WCS(header)
    own = _get(roman, "meta", "wcs")
    if not hasattr(own, "to_fits_sip"):
        return None
    ny, nx = shape
    box = ((-0.5, nx - 0.5), (-0.5, ny - 0.5))
    return WCS(own.to_fits_sip(box, max_pix_error=_WCS_ERROR))


def _zero_point(roman: Any, wcs: WCS | None) -> tuple[float, str]:
    """AB magnitude of one count, and where it comes from."""
    area, what = _number(roman, "meta", "photometry", "pixel_area"), "pixel_area"
    if math.isnan(area):
        shape = np.shape(_get(roman, "data"))
        area = math.prod(local_pixel_sides(wcs, shape)) * _STERADIAN_PER_ARCSEC2
        what = "the WCS"
    # Mosaics are made of exposures whose fluxes are already in MJy/sr, and so have weights.
    is_mosaic = _get(roman, "weight") is not None or _is_flux(roman)
    factor = 1.0 if is_mosaic else _number(roman, "meta", "photometry", "conversion_megajanskys")
    if not area * factor > 0:
        return float("nan"), "unknown"
    unit = "MJy/sr" if is_mosaic else "conversion_megajanskys"
    return NANOJANSKY_ZERO_POINT - 2.5 * math.log10(1e15 * area * factor), f"{unit} and {what}"


def _is_flux(roman: Any) -> bool:
    """Whether an exposure has been turned into MJy/sr."""
    return str(_get(roman, "meta", "cal_step", "flux")).upper() == "COMPLETE"
