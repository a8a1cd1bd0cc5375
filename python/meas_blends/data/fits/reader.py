"""Reading a coadd from a FITS file of any layout that we know."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from astropy.io import fits

from ...errors import BadInputError
from ..coadd import Coadd
from ..fill_values import blank_fill_values
from ..pixel_scale import local_pixel_sides
from ..roman_asdf import is_asdf, read_roman, roman_band
from .declared import add_given_planes, companion_files, declared_band, read_declared
from .given import Given
from .header import band_name
from .layouts import Layout, choose_layout
from .layouts.known import all_layouts
from .layouts.space import ROMAN
from .opening import open_fits
from .range import fit_range
from .sky import UNUSABLE_WCS

__all__ = ["companions_of", "read_band", "read_coadd"]

#: Pixels whose sides differ by more are told.
_SQUARE = 1.05


def read_coadd(
    path: str | os.PathLike[str],
    zero_point: float | None = None,
    *,
    layout: str | Layout | None = None,
    hdu: str | int | None = None,
    plane: str | int | None = None,
    variance: str | os.PathLike[str] | None = None,
    weight: str | os.PathLike[str] | None = None,
    rms: str | os.PathLike[str] | None = None,
    mask: str | os.PathLike[str] | None = None,
) -> Coadd:
    """Read a coadd.

    Parameters
    ----------
    path : path-like
        A FITS file, plain or compressed, of one of the layouts that
        ``blendtask list`` shows, or any file with one 2-D image; or an image
        of Roman in ASDF.
    zero_point : `float`, optional
        AB magnitude of one count of the file, in place of what it says
        itself.
    layout : `str` or `~meas_blends.data.fits.layouts.Layout`, optional
        Its layout, in place of the one that it looks like.
    hdu : `str` or `int`, optional
        HDU of the image: its name, number, or ``NAME,VERSION``.
    plane : `str` or `int`, optional
        Plane of a cube: its number (the first is 0) or the name of its band.
    variance, weight, rms : path-like, optional
        At most one of them: a plane of variances, inverse variances or
        standard deviations, in a file (``FILE`` or ``FILE[HDU]``), or an HDU
        of the same file.
    mask : path-like, optional
        A mask, likewise.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        Its ``origins`` say where each part came from, its ``remarks`` what was
        assumed. Nothing is estimated: what the file does not hold is missing.
        Counts too large or too small for 32-bit arithmetic are multiplied by
        a power of ten, and the zero point moved with them; of pixels on a
        pedestal that would cost float32 its digits, the pedestal is taken off.

    Raises
    ------
    BadInputError
        If the file is missing, damaged, not FITS, or holds no usable image.
    """
    name = str(path)
    given = Given(
        layout,
        *(None if one is None else str(one) for one in (hdu, plane, variance, weight, rms, mask)),
    )
    if is_asdf(path):
        _check_whole("Roman's ASDF", name, given)
        parts = read_roman(path)
        add_given_planes(parts, fits.HDUList(), name, ROMAN, given)
    else:
        with open_fits(path) as hdus:
            parts = _read_fits(hdus, name, given, Path(path))
    if zero_point is not None:
        parts["zero_point"] = zero_point
        parts["origins"]["zero_point"] = "given by the user"
        for subject in ("zero point", "exposure time"):
            parts["remarks"].pop(subject, None)
    _remark_calibration(parts)
    return Coadd(name=name, **fit_range(blank_fill_values(parts)))


def read_band(
    path: str | os.PathLike[str],
    *,
    layout: str | Layout | None = None,
    hdu: str | int | None = None,
    plane: str | int | None = None,
) -> str:
    """Read the name of an image's band, without its pixels.

    Parameters
    ----------
    path, layout, hdu, plane
        As `read_coadd` takes them.

    Returns
    -------
    band : `str`
        ``""`` if the file does not say.

    Raises
    ------
    BadInputError
        If the file is missing, damaged, or not FITS.
    """
    given = Given(layout, *(None if one is None else str(one) for one in (hdu, plane)))
    if is_asdf(path):
        return roman_band(path)
    with open_fits(path) as hdus:
        chosen = choose_layout(hdus, str(path), layout)
        if chosen.band is not None:
            return chosen.band(hdus)
        if chosen.read is not None:
            return band_name([one.header for one in hdus])
        return declared_band(hdus, str(path), chosen, given)


def companions_of(path: str | os.PathLike[str]) -> list[Path]:
    """Files beside an image that may hold planes of it, whatever its layout."""
    found = {
        file
        for layout in all_layouts()
        for files in companion_files(Path(path), layout.companions).values()
        for file in files
    }
    return sorted(found)


def _read_fits(hdus: fits.HDUList, name: str, given: Given, path: Path) -> dict[str, Any]:
    """Read an open file by its layout, and the planes that the user gives."""
    layout = choose_layout(hdus, name, given.layout)
    if layout.read is None:
        parts = read_declared(hdus, name, layout, given, path)
    else:
        _check_whole(f"the layout '{layout.name}'", name, given)
        parts = layout.read(hdus, name)
    parts.setdefault("origins", {})
    parts.setdefault("remarks", {})
    add_given_planes(parts, hdus, name, layout, given)
    return parts


def _check_whole(layout: str, name: str, given: Given) -> None:
    """Check that the user asks for no part of a file that is read as a whole."""
    for option in ("hdu", "plane"):
        if getattr(given, option) is not None:
            raise BadInputError(
                f"{name}: a file of {layout} is read as a whole; leave out --{option}, or give"
                " --layout any too."
            )


def _remark_calibration(parts: dict[str, Any]) -> None:
    """Say what is not known of the scale, on the sky and in flux."""
    remarks, origins = parts["remarks"], parts["origins"]
    if math.isnan(parts.get("zero_point", math.nan)):
        remarks.setdefault(
            "zero point", "no zero point in the file: fluxes are NaN (--zero-point MAG)"
        )
    wcs = parts.get("wcs")
    if wcs is None:
        lost = origins.get("wcs", "") == UNUSABLE_WCS
        why = "the WCS of the header is not celestial, or is damaged" if lost else "no WCS"
        remarks.setdefault("WCS", f"{why}: no sky coordinates")
        if parts.get("pixel_scale") is None:
            remarks.setdefault(
                "pixel scale",
                "no pixel scale in the file: radii in arcsec are NaN (--pixel-scale ARCSEC)",
            )
        return
    long, short = local_pixel_sides(wcs, parts["image"].shape)
    if long > _SQUARE * short:
        remarks.setdefault(
            "pixel scale",
            f'pixels are {long:.3g}" x {short:.3g}" in the middle of the image: radii are in'
            f" pixels of {math.sqrt(long * short):.4g} arcsec (--pixel-scale ARCSEC)",
        )
