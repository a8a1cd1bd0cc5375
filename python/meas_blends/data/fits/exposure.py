"""Exposures as the LSST pipelines persist them, of old and current layout."""

from __future__ import annotations

import math
from typing import Any

from astropy.io import fits

from ...errors import BadInputError
from ..coadd import NANOJANSKY_ZERO_POINT
from .archive import Archive
from .archived_psf import read_archived_psf
from .header import band_name, number, pixel_origin, plain_band
from .planes import has_image, image_of, mask_of
from .sky import UNUSABLE_WCS, has_wcs, read_wcs
from .zero_points import Calibration, unit_of_pixels

__all__ = ["exposure_band", "is_exposure", "read_exposure"]

_PLANES = ("IMAGE", "MASK", "VARIANCE")


def is_exposure(hdus: fits.HDUList) -> bool:
    """Whether a file was written by ``lsst.afw``: it tags its HDUs, or names an archive."""
    return "AR_HDU" in hdus[0].header or any(_kind(hdu) in _PLANES for hdu in hdus)


def read_exposure(hdus: fits.HDUList, name: str) -> dict[str, Any]:
    """Read an LSST Exposure or MaskedImage.

    Parameters
    ----------
    hdus : `astropy.io.fits.HDUList`
        An open file.
    name : `str`
        What to call it in messages.

    Returns
    -------
    parts : `dict`
        Parts of a `~meas_blends.data.coadd.Coadd` by name, all but ``name``.

    Raises
    ------
    BadInputError
        If it holds no usable image, or planes that do not fit it.
    """
    planes = _plane_hdus(hdus)
    if "IMAGE" not in planes:
        raise BadInputError(f"{name}: an LSST file without an image; give a coadd or an exposure.")
    hdu = hdus[planes["IMAGE"]]
    headers = [hdu.header.copy(), hdus[0].header.copy()]
    archive = Archive(hdus)
    origins = {"image": "image of the Exposure"}
    parts: dict[str, Any] = {"image": image_of(hdu, name, "the Exposure's image")}
    if "VARIANCE" in planes:
        variance = hdus[planes["VARIANCE"]]
        parts["variance"] = image_of(variance, name, "the Exposure's variance")
        origins["variance"] = "variance of the Exposure"
    if "MASK" in planes:
        mask = hdus[planes["MASK"]]
        parts["mask"], parts["mask_planes"] = mask_of(mask, name, "the Exposure's mask")
        origins["mask"] = "mask of the Exposure"
    parts["wcs"] = read_wcs(headers[:1], parts["image"].shape, hdus)
    if parts["wcs"] is not None:
        origins["wcs"] = "header of the Exposure's image"
    elif has_wcs(headers[:1]):
        origins["wcs"] = UNUSABLE_WCS
    # Only the image's header: the primary one may carry a camera's own cards.
    parts["xy0"] = pixel_origin(headers[:1]) or (0, 0)
    origins["xy0"] = "header of the Exposure's image"
    parts["zero_point"], origins["zero_point"] = _zero_point(archive, headers)
    parts["band"] = exposure_band(archive, headers)
    parts["psf"], origins["psf"] = read_archived_psf(
        archive, _archive_id(headers, "PSF"), parts["image"].shape, parts["xy0"]
    )
    return {**parts, "origins": origins}


def _kind(hdu: fits.ImageHDU) -> str:
    return str(hdu.header.get("EXTTYPE", "")).strip()


def _plane_hdus(hdus: fits.HDUList) -> dict[str, int]:
    """Numbers of the HDUs of the planes: by type, by name, else in afw's order."""
    for label in (_kind, lambda hdu: hdu.name):
        planes = {label(hdu): k for k, hdu in reversed(list(enumerate(hdus))) if hdu.is_image}
        planes = {plane: planes[plane] for plane in _PLANES if plane in planes}
        if "IMAGE" in planes:
            return planes
    numbers = [k for k, hdu in enumerate(hdus) if has_image(hdu)]
    return dict(zip(_PLANES, numbers, strict=False))


def _archive_id(headers: list[fits.Header], component: str) -> int:
    """Archive identifier of a component of the Exposure, 0 if it has none."""
    for key in (f"{component}_ID", f"ARCHIVE_ID_{component}"):
        for header in reversed(headers):
            value = header.get(key)
            if isinstance(value, int):
                return value
    return 0


def _zero_point(archive: Archive, headers: list[fits.Header]) -> tuple[float, str]:
    """AB magnitude of one count, and where it comes from.

    The archived PhotoCalib counts most, then FLUXMAG0, the counts of
    magnitude zero, that older files have instead. MAGZERO comes last: in
    files of HSC it is the zero point of one second, not of the image.
    """
    calibration = _calibration_mean(archive, headers)
    if calibration > 0:
        return NANOJANSKY_ZERO_POINT - 2.5 * math.log10(calibration), "PhotoCalib in the file"
    flux = number(headers, "FLUXMAG0")
    if flux > 0:
        return 2.5 * math.log10(flux), "FLUXMAG0 in the header"
    unit = unit_of_pixels(Calibration(headers))
    if unit is not None and not math.isnan(unit.value):
        return unit.value, unit.origin
    value = number(headers, "MAGZERO")
    return value, "unknown" if math.isnan(value) else "MAGZERO in the header"


def _calibration_mean(archive: Archive, headers: list[fits.Header]) -> float:
    """Flux of one count [nJy] by the archived PhotoCalib, its mean if it varies; else NaN."""
    identifier = _archive_id(headers, "PHOTOCALIB")
    if identifier not in archive or archive.class_name(identifier) != "PhotoCalib":
        return float("nan")
    record = archive.record(identifier)
    # Before there was a version it was in maggies.
    if "version" not in record or int(record["version"]) < 1:
        return float("nan")
    return float(record["calibrationMean"])


def exposure_band(archive: Archive, headers: list[fits.Header]) -> str:
    """Band of the archived FilterLabel, else of the header."""
    identifier = _archive_id(headers, "FILTER") or archive.find_class("FilterLabel")
    if identifier in archive and archive.class_name(identifier) == "FilterLabel":
        record = archive.record(identifier)
        for field in ("band", "physical"):
            if field in record and plain_band(str(record[field])):
                return plain_band(str(record[field]))
    return band_name(list(reversed(headers)))
