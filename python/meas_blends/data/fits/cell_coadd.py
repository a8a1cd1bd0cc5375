"""Rubin's images as ``lsst.images`` writes them: CellCoadd, VisitImage and their kin."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from astropy.io import fits

from ...errors import BadInputError
from ..coadd import ACTIVE_PLANES, MASK_BITS
from ..large import image_array
from ..psf import CellPsf
from ..realizations import realized_correlation
from ..tiles import row_strips
from .header import band_name, pixel_origin, plain_band
from .planes import has_image, image_of
from .sky import UNUSABLE_WCS, has_wcs, read_wcs
from .zero_points import Calibration, unit_of_pixels

__all__ = ["EVALUATOR", "cell_coadd_band", "is_cell_coadd", "read_cell_coadd"]

#: What evaluates the PSF models that need code of their own, where it is installed.
EVALUATOR = "lsst.images"

#: Where the schemas of lsst.images are named.
_SCHEMAS = "images.lsst.io/schemas/"

#: Cards of the container that it writes, for files without a schema.
_CONTAINER = ("INDXADDR", "JSONADDR")

#: Major versions of schemas and of the container that are known.
_KNOWN = 1

#: Columns of lsst.cell_coadds' tables of one row a cell.
_CELL_COLUMNS = {"image", "variance", "psf"}

#: What a mask plane of the image is called that has none of that name yet.
_NO_DATA = "NO_DATA"

#: PSF images of more pixels are none.
_LARGEST_PSF = 1024


def is_cell_coadd(hdus: fits.HDUList) -> bool:
    """Whether a file was written by ``lsst.images``, or holds cells of ``lsst.cell_coadds``."""
    header = hdus[0].header
    named = _SCHEMAS in str(header.get("DATAMODL", ""))
    return named or all(card in header for card in _CONTAINER) or _is_cell_table(hdus)


def read_cell_coadd(hdus: fits.HDUList, name: str) -> dict[str, Any]:
    """Read a CellCoadd, a VisitImage or a DifferenceImage of ``lsst.images``.

    Image, mask planes and variance; of a CellCoadd also the PSF of each cell
    and the autocorrelation of the noise, from its noise realizations. Of
    other images the PSF if it is a Gaussian.

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
    kind = _kind(hdus)
    if "IMAGE" not in hdus or not has_image(hdus["IMAGE"]):
        raise BadInputError(_no_image(hdus, name, kind))
    origins, remarks = {"image": f"image of the {kind}"}, {}
    tree = _tree(hdus, remarks)
    _remark_version(hdus, tree, remarks)
    headers = [hdus["IMAGE"].header.copy(), hdus[0].header.copy()]
    parts: dict[str, Any] = {"image": image_of(hdus["IMAGE"], name, "HDU IMAGE")}
    shape = parts["image"].shape
    if "VARIANCE" in hdus:
        parts["variance"] = image_of(hdus["VARIANCE"], name, "HDU VARIANCE")
        _check_shape(parts["variance"], shape, name, "VARIANCE")
        origins["variance"] = f"variance of the {kind}"
    if "MASK" in hdus:
        parts["mask"], parts["mask_planes"] = _mask(hdus, shape, name, remarks)
        origins["mask"] = f"mask of the {kind}"
    parts["xy0"] = pixel_origin(headers[:1]) or _origin(tree)
    origins["xy0"] = "header of the image"
    parts["wcs"] = read_wcs(headers[:1], shape, hdus)
    if parts["wcs"] is not None:
        origins["wcs"] = "header of the image"
    elif has_wcs(headers[:1]):
        origins["wcs"] = UNUSABLE_WCS
    unit = unit_of_pixels(Calibration(headers[:1]))
    parts["zero_point"] = math.nan if unit is None else unit.value
    origins["zero_point"] = "BUNIT of the image"
    if not math.isfinite(parts["zero_point"]):
        origins["zero_point"] = "unknown"
        named = headers[0].get("BUNIT", "no unit")
        remarks["zero point"] = f"pixels in {named}: fluxes are NaN (--zero-point MAG)"
    parts["band"] = _band(tree, headers)
    patch = _get(tree, "patch", "id")
    if isinstance(patch, int):
        origins["patch"] = f"patch {patch}"
    psf, origins["psf"] = _psf(hdus, tree, parts, name, remarks)
    if psf is not None:
        parts["psf"] = psf
        _mark_missing(parts, psf)
    if "variance" in parts:
        correlation = realized_correlation(_realizations(hdus, shape, name), parts["variance"])
        if correlation is not None:
            parts["noise_correlation"] = correlation
            origins["noise_correlation"] = "noise realizations of the file"
    return {**parts, "origins": origins, "remarks": remarks}


def cell_coadd_band(hdus: fits.HDUList) -> str:
    """Band of a file that `is_cell_coadd`, without its pixels."""
    return _band(_tree(hdus, {}), [hdu.header for hdu in hdus])


def _is_cell_table(hdus: fits.HDUList) -> bool:
    return any(
        isinstance(hdu, fits.BinTableHDU)
        and _CELL_COLUMNS <= {column.lower() for column in hdu.columns.names}
        for hdu in hdus
        if not hdu.is_image
    )


def _kind(hdus: fits.HDUList) -> str:
    """Name of the schema: ``cell_coadd``."""
    schema = str(hdus[0].header.get("DATAMODL", "")).rpartition("/")[2].rpartition("-")[0]
    return schema or "cell_coadd"


def _no_image(hdus: fits.HDUList, name: str, kind: str) -> str:
    """What to say of a file without an image."""
    if _is_cell_table(hdus):
        return (
            f"{name}: a table of one row a cell (a deep_coadd_cell, as lsst.cell_coadds writes"
            " it), not one image; give the patch's deep_coadd (a CellCoadd of lsst.images), or"
            " stitch the cells together with lsst.cell_coadds."
        )
    return f"{name}: a {kind} of lsst.images without an image; give a deep_coadd or a visit_image."


def _tree(hdus: fits.HDUList, remarks: dict[str, str]) -> Mapping[str, Any]:
    """What the file says of itself besides pixels; empty if it cannot be read."""
    if "JSON" not in hdus:
        remarks["JSON"] = "no JSON tree in the file: band, patch and cells of the PSF are guessed"
        return {}
    try:
        tree = json.loads(bytes(np.asarray(hdus["JSON"].data["JSON"][0], np.uint8)))
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        tree = None
    if isinstance(tree, dict):
        return tree
    remarks["JSON"] = (
        "the file's JSON tree cannot be read: band, patch and cells of the PSF are guessed"
    )
    return {}


def _get(tree: Mapping[str, Any], *keys: str) -> Any:
    """A value deep in the tree, or `None`."""
    for key in keys:
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(key)
    return tree


def _remark_version(hdus: fits.HDUList, tree: Mapping[str, Any], remarks: dict[str, str]) -> None:
    """Say so if a later lsst.images wrote the file."""
    version = str(hdus[0].header.get("DATAMODL", "")).rpartition("-")[2].split(".")[0]
    said = (version, hdus[0].header.get("FMTVER"), _get(tree, "min_read_version"))
    numbers = [int(one) for one in said if isinstance(one, int) or str(one).isdigit()]
    if max(numbers, default=_KNOWN) > _KNOWN:
        remarks["format"] = (
            f"written by a later lsst.images ({hdus[0].header.get('DATAMODL', 'no schema')}):"
            " read as far as it is known"
        )


def _check_shape(plane: np.ndarray, shape: tuple[int, int], name: str, what: str) -> None:
    if plane.shape != shape:
        raise BadInputError(
            f"{name}: HDU {what} has shape {plane.shape} but the image {shape}; give planes of one"
            " shape."
        )


def _mask(
    hdus: fits.HDUList, shape: tuple[int, int], name: str, remarks: dict[str, str]
) -> tuple[np.ndarray, dict[str, int]]:
    """Bits and planes of the mask, which may be spread over several HDUs."""
    masks = [hdu for hdu in hdus if hdu.name == "MASK"]
    named = [(number, *plane) for number, hdu in enumerate(masks) for plane in _planes(hdu.header)]
    # Those that are acted on have room in any case.
    order = sorted(range(len(named)), key=lambda k: named[k][1] not in ACTIVE_PLANES)
    kept = sorted(order[: MASK_BITS - 1])
    if len(masks) == 1:
        planes = {plane: bit for _, plane, bit in named}
    else:
        planes = {named[k][1]: bit for bit, k in enumerate(kept)}
        lost = [named[k][1] for k in sorted(order[MASK_BITS - 1 :])]
        if lost:
            remarks["mask"] = f"mask planes left out for want of bits: {', '.join(lost)}"
    mask = image_array(shape, np.int32)
    for number, hdu in enumerate(masks):
        values = image_of(hdu, name, "HDU MASK")
        _check_shape(values, shape, name, "MASK")
        for rows in row_strips(shape):
            part = np.nan_to_num(values[rows]).astype(np.int64)
            if len(masks) == 1:
                mask[rows] = part.astype(np.int32)
                continue
            for which, plane, bit in named:
                if which == number and plane in planes:
                    mask[rows] |= ((part >> bit) & 1).astype(np.int32) << planes[plane]
    return mask, planes


def _planes(header: fits.Header) -> list[tuple[str, int]]:
    """Names and bits of the planes of one mask HDU, in their order."""
    planes = []
    for key in header:
        number = key[4:]
        if not (key.startswith("MSKN") and number.isdigit()):
            continue
        value = header.get(f"MSKM{number}", 1 << min(int(number), MASK_BITS - 1))
        bit = int(value).bit_length() - 1 if isinstance(value, int) and value > 0 else int(number)
        if 0 <= bit < MASK_BITS:
            planes.append((str(header[key]).strip(), bit))
    return planes


def _origin(tree: Mapping[str, Any]) -> tuple[int, int]:
    """Parent pixel ``(x, y)`` of the first one, by the tree."""
    start = _get(tree, "image", "yx0")
    if isinstance(start, list) and len(start) == 2 and all(isinstance(v, int) for v in start):
        return start[1], start[0]
    return 0, 0


def _band(tree: Mapping[str, Any], headers: list[fits.Header]) -> str:
    """Band of the tree, else of the headers."""
    return plain_band(str(_get(tree, "band") or "")) or band_name(headers)


def _psf(
    hdus: fits.HDUList,
    tree: Mapping[str, Any],
    parts: Mapping[str, Any],
    name: str,
    remarks: dict[str, str],
) -> tuple[CellPsf | None, str]:
    """The PSF, and where it comes from or why there is none."""
    schema = str(_get(tree, "psf", "schema_url") or "").rpartition("/")[2].rpartition("-")[0]
    if schema == "gaussian_psf":
        found = _gaussian(tree["psf"])
        reason = "its Gaussian PSF has no width or size"
    elif "PSF" in hdus and has_image(hdus["PSF"]) and len(hdus["PSF"].shape) == 4:
        found, reason = _cells(hdus["PSF"], tree, parts, name, remarks)
    elif schema:
        found, reason = None, f"its {schema} is evaluated by {EVALUATOR} alone"
    else:
        found, reason = None, "the file holds no PSF"
    if found is None:
        remarks["PSF"] = f"{reason}: the PSF is taken from stars (--psf FILE|ARCSEC)"
        return None, reason
    return found, f"{schema or 'cells'} in the file"


def _gaussian(tree: Mapping[str, Any]) -> CellPsf | None:
    """A round Gaussian, sampled at the centres of pixels."""
    sigma, size = tree.get("sigma"), tree.get("stamp_size")
    if not (isinstance(sigma, int | float) and isinstance(size, int)):
        return None
    if not (0 < sigma < _LARGEST_PSF and 0 < size < _LARGEST_PSF and size % 2):
        return None
    profile = np.exp(-0.5 * ((np.arange(size) - size // 2) / sigma) ** 2)
    return CellPsf.constant(np.outer(profile, profile))


def _cells(
    hdu: fits.ImageHDU,
    tree: Mapping[str, Any],
    parts: Mapping[str, Any],
    name: str,
    remarks: dict[str, str],
) -> tuple[CellPsf | None, str]:
    """The PSF of each cell; those that are none count as missing."""
    if max(hdu.shape[2:]) > _LARGEST_PSF or 0 in hdu.shape:
        return None, f"HDU PSF has shape {hdu.shape}"
    images = np.array(hdu.data, np.float64)
    grid = _grid(_get(tree, "psf", "bounds"))
    if grid is None:
        ny, nx = parts["image"].shape
        grid = parts["xy0"], (ny / images.shape[0], nx / images.shape[1])
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(images).all(axis=(2, 3)) & (images.sum(axis=(2, 3)) > 0)
    missing = np.isnan(images).all(axis=(2, 3))
    strange = ~usable & ~missing
    if strange.any():
        remarks["PSF cells"] = (
            f"the PSFs of {np.count_nonzero(strange)} of {strange.size} cells are none, and those"
            " cells are taken as missing"
        )
    images[~usable] = np.nan
    try:
        return CellPsf(images, *grid, name), ""
    except BadInputError as error:
        return None, str(error).removeprefix(f"{name}: ").split(";")[0]


def _grid(bounds: Any) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """First pixel ``(x, y)`` of the cells that the file has, and their shape."""
    origin, shape = [], []
    for axis in "xy":
        start = _get(bounds, "grid", "bbox", axis, "start")
        side = _get(bounds, "grid", "cell_shape", axis)
        first = _get(bounds, "bbox", axis, "start")
        if not (isinstance(start, int) and isinstance(side, int) and side > 0):
            return None
        # Of a part of a patch the grid is still that of the whole.
        offset = first - start if isinstance(first, int) else 0
        origin.append(start + offset // side * side)
        shape.append(side)
    return tuple(origin), tuple(shape[::-1])


def _mark_missing(parts: dict[str, Any], psf: CellPsf) -> None:
    """Put the pixels of cells without a PSF into the plane NO_DATA."""
    if psf.present.all():
        return
    shape = parts["image"].shape
    if "mask" not in parts:
        parts["mask"], parts["mask_planes"] = image_array(shape, np.int32), {}
    planes = parts["mask_planes"]
    if _NO_DATA not in planes:
        planes[_NO_DATA] = next(bit for bit in range(MASK_BITS) if bit not in planes.values())
    bit = np.array(1 << planes[_NO_DATA], np.uint32).view(np.int32)
    for row, column in zip(*np.nonzero(~psf.present), strict=True):
        part = []
        for index, side, axis in ((row, psf.cell_shape[0], 1), (column, psf.cell_shape[1], 0)):
            first = psf.origin[axis] - parts["xy0"][axis] + index * side
            part.append(slice(max(round(first), 0), max(round(first + side), 0)))
        parts["mask"][tuple(part)] |= bit


def _realizations(hdus: fits.HDUList, shape: tuple[int, int], name: str) -> Iterator[np.ndarray]:
    """The file's noise realizations, one at a time."""
    for hdu in hdus:
        if hdu.name.startswith("NOISE_REALIZATIONS/") and has_image(hdu):
            noise = image_of(hdu, name, f"HDU {hdu.name}")
            if noise.shape == shape:
                yield noise
