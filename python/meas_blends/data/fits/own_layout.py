"""Our own layout of a coadd in FITS, and any file with one 2-D image."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from astropy.io import fits

from ...errors import BadInputError
from .header import (
    UNUSABLE_WCS,
    band_name,
    has_wcs,
    number,
    pixel_origin,
    read_wcs,
    unit_zero_point,
)
from .planes import has_image, has_plane, image_of, mask_of, name_of
from .psf_cells import read_psf_cells
from .psf_reader import ImageFrame, psf_beside_image

__all__ = ["read_own"]

#: Names of the HDU that holds the image, the first one found counts.
_IMAGE_NAMES = ("IMAGE", "SCI")


def read_own(hdus: fits.HDUList, name: str) -> dict[str, Any]:
    """Read a file with HDUs by name, or with an image and nothing else.

    IMAGE (or SCI, or the first HDU with a 2-D image), and where there are such,
    VARIANCE (or ERR, its square root), MASK, NOISE_CORRELATION, and PSF, which is put
    right or left out where it is no PSF on the image's pixels.

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
    k = _image_hdu(hdus, name)
    what = name_of(hdus[k], k)
    # The header of the image counts before that of the file.
    headers = [hdus[k].header.copy()]
    if k > 0:
        headers.append(hdus[0].header.copy())
    origins = {"image": what}
    parts: dict[str, Any] = {"image": image_of(hdus[k], name, what)}
    if "VARIANCE" in hdus:
        parts["variance"] = image_of(hdus["VARIANCE"], name, "HDU VARIANCE")
        origins["variance"] = "HDU VARIANCE"
    elif "ERR" in hdus:
        error = image_of(hdus["ERR"], name, "HDU ERR")
        parts["variance"] = np.multiply(error, error, out=error)
        origins["variance"] = "HDU ERR, squared"
    if "MASK" in hdus:
        parts["mask"], parts["mask_planes"] = mask_of(hdus["MASK"], name, "HDU MASK")
        origins["mask"] = "HDU MASK"
    if "NOISE_CORRELATION" in hdus:
        parts["noise_correlation"] = _noise_correlation(hdus["NOISE_CORRELATION"], name)
        origins["noise_correlation"] = "HDU NOISE_CORRELATION"
    parts["zero_point"], origins["zero_point"] = _zero_point(headers)
    parts["band"] = band_name(headers)
    origin = pixel_origin(headers)
    if origin is not None:
        parts["xy0"], origins["xy0"] = origin, "header"
    parts["wcs"] = read_wcs(headers)
    if parts["wcs"] is not None:
        origins["wcs"] = "header"
    elif has_wcs(headers):
        origins["wcs"] = UNUSABLE_WCS
    if parts["wcs"] is None and number(headers, "PIXSCALE") > 0:
        parts["pixel_scale"] = number(headers, "PIXSCALE")
    remarks: dict[str, str] = {}
    key = next((key for key in ("PSF", "PSF_DATA") if key in hdus), None)
    cells = None if key is None else read_psf_cells(hdus[key], name)
    if cells is not None:
        parts["psf"], origins["psf"] = cells, f"HDU {key}"
    elif key is not None:
        scale = parts.get("pixel_scale", math.nan)
        frame = ImageFrame(parts["image"].shape, origin or (0, 0), scale, parts["wcs"])
        psf = psf_beside_image(hdus, frame, key)
        parts["psf"] = psf["psf"]
        origins |= psf["origins"]
        remarks |= psf["remarks"]
    return {**parts, "origins": origins, "remarks": remarks}


def _image_hdu(hdus: fits.HDUList, name: str) -> int:
    """Number of the HDU that holds the image."""
    for wanted in _IMAGE_NAMES:
        if wanted in hdus:
            return hdus.index_of(wanted)
    # Without a 2-D image it is the first of another kind, whose shape a message will name.
    for fits_it in (has_plane, has_image):
        for k, hdu in enumerate(hdus):
            if fits_it(hdu):
                return k
    raise BadInputError(f"{name}: the file holds no image; give a FITS file with a 2-D image.")


def _noise_correlation(hdu: fits.ImageHDU, name: str) -> np.ndarray:
    """Autocorrelation of the noise, one in its middle."""
    values = image_of(hdu, name, "HDU NOISE_CORRELATION").astype(np.float64)
    ny, nx = values.shape
    if ny % 2 == 0 or nx % 2 == 0 or not np.isfinite(values).all() or values[ny // 2, nx // 2] <= 0:
        raise BadInputError(
            f"{name}: HDU NOISE_CORRELATION is no autocorrelation; give one of odd sides, its"
            " largest value in the middle, or take the HDU out."
        )
    return values / values[ny // 2, nx // 2]


def _zero_point(headers: list[fits.Header]) -> tuple[float, str]:
    """AB magnitude of one count, and where it comes from."""
    for value, origin in (
        (number(headers, "MAGZERO"), "MAGZERO in the header"),
        (unit_zero_point(headers), "BUNIT in the header"),
    ):
        if value == value:
            return value, origin
    return float("nan"), "unknown"
