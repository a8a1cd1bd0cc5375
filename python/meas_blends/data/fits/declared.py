"""Reading a file by the declaration of its layout."""

from __future__ import annotations

import fnmatch
import glob
import math
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from ...errors import BadInputError
from ..large import image_array
from ..pixel_scale import local_pixel_sides
from ..tiles import row_strips
from .given import Given, cube_plane, find_hdu, open_given, plane_band
from .header import band_name, mask_planes, number, pixel_origin
from .layouts.layout import AFW_BITS, ANY_BIT, JWST_BITS, NOISE_KINDS, Companion, Layout
from .linear import linear_pixels
from .opening import open_fits
from .planes import has_image, has_plane, image_of, mask_of, name_of
from .psf_cells import read_psf_cells
from .psf_reader import ImageFrame, psf_beside_image
from .sky import UNUSABLE_WCS, has_wcs, read_wcs
from .zero_points import GENERAL_ZERO_POINTS, Calibration, find_zero_point

__all__ = ["add_given_planes", "companion_files", "declared_band", "read_declared"]

#: What the origins call each kind of noise, after the HDU.
_TURNED = {"variance": "", "rms": ", squared", "weight": ", inverted"}

#: Kinds of uncertainty in the words of astropy.nddata.
_UTYPES = {
    "STDDEVUNCERTAINTY": "rms",
    "VARIANCEUNCERTAINTY": "variance",
    "INVERSEVARIANCE": "weight",
}


def read_declared(
    hdus: fits.HDUList, name: str, layout: Layout, given: Given, path: Path | None = None
) -> dict[str, Any]:
    """Read a file whose HDUs a layout declares.

    Parameters
    ----------
    hdus : `astropy.io.fits.HDUList`
        An open file.
    name : `str`
        What to call it in messages.
    layout : `~meas_blends.data.fits.layouts.Layout`
        Of the file.
    given : `Given`
        What the user says; planes that are given are added later, by
        `add_given_planes`.
    path : `pathlib.Path`, optional
        The file, beside which companions are looked for.

    Returns
    -------
    parts : `dict`
        Parts of a `~meas_blends.data.coadd.Coadd` by name, all but ``name``.

    Raises
    ------
    BadInputError
        If it holds no usable image, or planes that do not fit it.
    """
    k = _image_hdu(hdus, name, layout, given)
    hdu, what = hdus[k], name_of(hdus[k], k)
    plane = cube_plane(hdu, name, what, given.plane)
    # The header of the image counts before that of the file.
    headers = [hdu.header.copy()]
    if k > 0:
        headers.append(hdus[0].header.copy())
    told = what if plane is None else f"plane {plane} of {what}"
    image, note = linear_pixels(image_of(hdu, name, what, plane), headers[0])
    parts: dict[str, Any] = {"image": image}
    origins = parts["origins"] = {"image": told + note}
    remarks = parts["remarks"] = {}
    used = {k}
    if not _noise_given(given):
        used |= _add_noise(parts, hdus, k, name, layout, plane)
        if "variance" not in parts:
            _add_companion(parts, NOISE_KINDS, layout, path, hdu)
    if given.mask is None:
        used |= _add_mask(parts, hdus, k, name, layout, plane)
        if "mask" not in parts:
            _add_companion(parts, ("mask",), layout, path, hdu)
    parts["wcs"] = read_wcs(headers, image.shape, hdus)
    if parts["wcs"] is not None:
        origins["wcs"] = "header"
    elif has_wcs(headers):
        origins["wcs"] = UNUSABLE_WCS
    if parts["wcs"] is None and number(headers, "PIXSCALE") > 0:
        parts["pixel_scale"] = number(headers, "PIXSCALE")
    area = math.prod(local_pixel_sides(parts["wcs"], image.shape)) * math.radians(1 / 3600) ** 2
    parts["zero_point"], origins["zero_point"], assumed = _zero_point(
        Calibration(headers, area), layout
    )
    remarks.update(assumed)
    parts["band"] = _band(hdu, headers, plane)
    origin = pixel_origin(headers)
    if origin is not None:
        parts["xy0"], origins["xy0"] = origin, "header"
    used |= _add_psf(parts, hdus, k, name, layout)
    used |= _add_noise_correlation(parts, hdus, k, name)
    _remark_hdus(remarks, hdus, k, used, layout, given)
    return parts


def declared_band(hdus: fits.HDUList, name: str, layout: Layout, given: Given) -> str:
    """Band of the image that `read_declared` would read, without its pixels."""
    k = _image_hdu(hdus, name, layout, given)
    plane = cube_plane(hdus[k], name, name_of(hdus[k], k), given.plane)
    return _band(hdus[k], [hdus[k].header, hdus[0].header], plane)


def add_given_planes(
    parts: dict[str, Any], hdus: fits.HDUList, name: str, layout: Layout, given: Given
) -> None:
    """Put the planes that the user gives in the place of the file's.

    Raises
    ------
    BadInputError
        If one is not where the user says, or has another shape than the image.
    """
    shape = parts["image"].shape
    for kind in (*NOISE_KINDS, "mask"):
        source = getattr(given, kind)
        if source is None:
            continue
        option = f"--{kind}"
        with open_given(source, hdus, name, option) as (hdu, file, what):
            plane = _plane_of_companion(hdu, file, what, given.plane)
            if kind == "mask":
                # One that is not the survey's own has bits of its own.
                own = layout if hdu.name in layout.mask else replace(layout, mask_bits=None)
                values, planes = _mask(parts, hdu, file, what, own, plane)
                changed = {"mask": values, "mask_planes": planes}
            else:
                values = _variance(hdu, file, what, kind, plane)
                changed = {"variance": values}
            if values.shape != shape:
                raise BadInputError(
                    f"{name}: {option} {source} has shape {values.shape} but the image {shape};"
                    " give planes of one shape."
                )
            parts.update(changed)
            part = "mask" if kind == "mask" else "variance"
            parts["origins"][part] = f"given by the user: {source}{_TURNED.get(kind, '')}"


def companion_files(path: Path, companions: tuple[Companion, ...]) -> dict[str, list[Path]]:
    """Files beside an image that hold planes of it, by kind.

    Parameters
    ----------
    path : `pathlib.Path`
        Of the image.
    companions : `tuple` [`~meas_blends.data.fits.layouts.Companion`]
        Where they would be.
    """
    found: dict[str, list[Path]] = {}
    there = os.listdir(path.parent) if path.parent.is_dir() else []
    for companion in companions:
        match = re.fullmatch(companion.image, path.name)
        if match is None or companion.kind in found:
            continue
        pattern = companion.name.format(*[glob.escape(group or "") for group in match.groups()])
        # Of a folder of thousands of images few names begin so.
        start = re.split(r"[*?[]", pattern, maxsplit=1)[0]
        names = [one for one in there if one.startswith(start) and one != path.name]
        paths = [path.parent / one for one in sorted(fnmatch.filter(names, pattern))]
        paths = [one for one in paths if one.is_file()]
        if paths:
            found[companion.kind] = paths
    return found


def _image_hdu(hdus: fits.HDUList, name: str, layout: Layout, given: Given) -> int:
    """Number of the HDU that holds the image."""
    if given.hdu is not None:
        return find_hdu(hdus, given.hdu, name, "--hdu")
    for wanted in layout.image:
        if wanted in hdus:
            return hdus.index_of(wanted)
    # What is called a plane of something is not the image, unless there is nothing else.
    planes = {*layout.variance, *layout.rms, *layout.weight, *layout.mask, *layout.psf}
    # Without a 2-D image it is the first of another kind, whose shape a message will name.
    for fits_it in (
        lambda hdu: has_plane(hdu) and hdu.name not in planes,
        has_plane,
        has_image,
    ):
        for k, hdu in enumerate(hdus):
            if fits_it(hdu):
                return k
    raise BadInputError(f"{name}: the file holds no image; give a FITS file with a 2-D image.")


def _band(hdu: fits.ImageHDU, headers: list[fits.Header], plane: int | None) -> str:
    """Band of the image; of a cube that of its plane."""
    if plane is not None:
        return plane_band(hdu, plane)
    only = str(hdu.header.get("BANDS", "")).strip()
    return band_name(headers) or (only if len(only) == 1 else "")


def _named(hdus: fits.HDUList, k: int, wanted: tuple[str, ...]) -> Iterator[int]:
    """HDUs of one of some names that belong to the image: of its version, if there are several."""
    for label in wanted:
        numbers = [j for j, hdu in enumerate(hdus) if hdu.name == label and j != k]
        versions = {hdus[j].ver for j in numbers}
        siblings = [j for j, hdu in enumerate(hdus) if hdu.name == hdus[k].name and hdu.name]
        for j in numbers:
            alone = len(versions) == 1 and (len(siblings) <= 1 or k == siblings[0])
            if hdus[j].ver == hdus[k].ver or alone:
                yield j


def _noise_given(given: Given) -> bool:
    return any(getattr(given, kind) is not None for kind in NOISE_KINDS)


def _kind_of(hdu: fits.ImageHDU, kind: str) -> str:
    """Kind of noise of an HDU, whose UTYPE card counts more than its name."""
    return _UTYPES.get(str(hdu.header.get("UTYPE", "")).strip().upper(), kind)


def _variance(hdu: fits.ImageHDU, name: str, what: str, kind: str, plane: int | None) -> np.ndarray:
    """Variances of a plane of noise; where it says that there is no light they are infinite."""
    values, _ = linear_pixels(image_of(hdu, name, what, plane), hdu.header)
    if kind == "variance":
        return values
    variance = image_array(values.shape, np.float64 if values.dtype.itemsize > 4 else np.float32)
    for rows in row_strips(values.shape):
        part = values[rows].astype(np.float64)
        if kind == "rms":
            variance[rows] = part * part
        else:
            positive = part > 0
            variance[rows] = np.divide(1.0, part, out=np.full_like(part, np.inf), where=positive)
    return variance


def _add_noise(
    parts: dict[str, Any],
    hdus: fits.HDUList,
    k: int,
    name: str,
    layout: Layout,
    plane: int | None,
) -> set[int]:
    """Read the noise of the file; of several planes the first kind counts."""
    found = [(j, kind) for kind in NOISE_KINDS for j in _named(hdus, k, getattr(layout, kind))]
    found = [(j, kind) for j, kind in found if not _is_ignored(hdus[j], layout)]
    if not found:
        return set()
    (j, kind), *others = found
    kind, what = _kind_of(hdus[j], kind), name_of(hdus[j], j)
    variance = _variance(hdus[j], name, what, kind, _plane_of_companion(hdus[j], name, what, plane))
    parts["variance"] = variance
    parts["origins"]["variance"] = what + _TURNED[kind]
    if others:
        left = _listed([name_of(hdus[j], j) for j, _ in others])
        parts["remarks"]["noise planes"] = (
            f"the noise is that of {what}, {left} left alone (--variance, --rms or --weight HDU)"
        )
    return {j for j, _ in found}


def _plane_of_companion(
    hdu: fits.ImageHDU, name: str, what: str, plane: int | str | None
) -> int | None:
    """Plane of a companion that is a cube as the image is one; of a 2-D one there is none."""
    if plane is None or not has_image(hdu) or has_plane(hdu):
        return None
    return cube_plane(hdu, name, what, str(plane))


def _add_mask(
    parts: dict[str, Any],
    hdus: fits.HDUList,
    k: int,
    name: str,
    layout: Layout,
    plane: int | None,
) -> set[int]:
    found = [j for j in _named(hdus, k, layout.mask) if not _is_ignored(hdus[j], layout)]
    if not found:
        return set()
    hdu, what = hdus[found[0]], name_of(hdus[found[0]], found[0])
    plane = _plane_of_companion(hdu, name, what, plane)
    parts["mask"], parts["mask_planes"] = _mask(parts, hdu, name, what, layout, plane)
    parts["origins"]["mask"] = what
    return set(found)


def _mask(
    parts: dict[str, Any],
    hdu: fits.ImageHDU,
    name: str,
    what: str,
    layout: Layout,
    plane: int | None,
) -> tuple[np.ndarray, dict[str, int]]:
    """Read a mask; what the bits of one without named planes mean is remarked."""
    declared = layout.mask_bits
    bits = declared
    if bits is None:
        bits = JWST_BITS if hdu.name == "DQ" else ANY_BIT
    mask, planes = mask_of(hdu, name, what, bits, plane)
    if mask_planes(hdu.header):
        return mask, planes
    if declared is None:
        if bits is JWST_BITS:
            told = f"{what} names no planes: as in JWST's files 1 is bad, other bits are not"
        else:
            told = f"{what} names no planes: any value but zero is bad"
        parts["remarks"]["mask"] = f"{told} (MP_ cards name planes)"
    elif declared is AFW_BITS and np.any(mask):
        parts["remarks"]["mask"] = (
            f"{what} names no planes: its bits are those of our own files (MP_ cards name planes)"
        )
    return mask, planes


def _add_psf(
    parts: dict[str, Any], hdus: fits.HDUList, k: int, name: str, layout: Layout
) -> set[int]:
    """Read the PSF of the file; one that is none does not stop the image."""
    for j in _named(hdus, k, layout.psf):
        try:
            cells = read_psf_cells(hdus[j], name)
        except BadInputError:
            cells = None
        if cells is not None:
            parts["psf"], parts["origins"]["psf"] = cells, name_of(hdus[j], j)
            return {j}
        frame = ImageFrame(
            parts["image"].shape,
            parts.get("xy0", (0, 0)),
            parts.get("pixel_scale", math.nan),
            parts["wcs"],
        )
        psf = psf_beside_image(hdus, frame, j)
        parts["psf"] = psf["psf"]
        parts["origins"].update(psf["origins"])
        parts["remarks"].update(psf["remarks"])
        return {j}
    return set()


def _add_noise_correlation(
    parts: dict[str, Any], hdus: fits.HDUList, k: int, name: str
) -> set[int]:
    """Read the autocorrelation of the noise, one in its middle."""
    for j in _named(hdus, k, ("NOISE_CORRELATION",)):
        what = name_of(hdus[j], j)
        values = image_of(hdus[j], name, what).astype(np.float64)
        ny, nx = values.shape
        middle = values[ny // 2, nx // 2]
        if ny % 2 == 0 or nx % 2 == 0 or not np.isfinite(values).all() or middle <= 0:
            raise BadInputError(
                f"{name}: {what} is no autocorrelation; give one of odd sides, its largest value in"
                " the middle, or take the HDU out."
            )
        parts["noise_correlation"] = values / middle
        parts["origins"]["noise_correlation"] = what
        return {j}
    return set()


def _add_companion(
    parts: dict[str, Any],
    kinds: tuple[str, ...],
    layout: Layout,
    path: Path | None,
    image: fits.ImageHDU,
) -> None:
    """Read a plane of a file beside the image's: of the HDU of one name, else of the first."""
    if path is None:
        return
    found = companion_files(path, layout.companions)
    for kind in (kind for kind in kinds if kind in found):
        part = "mask" if kind == "mask" else "variance"
        if len(found[kind]) > 1:
            left = _listed([one.name for one in found[kind]])
            parts["remarks"][f"{part} file"] = (
                f"{left} left alone, for only one can be its {kind} (--{kind} FILE)"
            )
            continue
        (file,) = found[kind]
        with open_fits(file) as hdus:
            numbers = [k for k, hdu in enumerate(hdus) if has_plane(hdu)]
            if not numbers:
                continue
            numbers.sort(key=lambda k: hdus[k].name != image.name)
            hdu, what = hdus[numbers[0]], name_of(hdus[numbers[0]], numbers[0])
            if tuple(hdu.shape[-2:]) != parts["image"].shape:
                parts["remarks"][f"{part} file"] = (
                    f"{file.name} left alone, for it has another shape than the image"
                    f" (--{kind} FILE)"
                )
                continue
            if kind == "mask":
                parts["mask"], parts["mask_planes"] = _mask(
                    parts, hdu, str(file), what, layout, None
                )
            else:
                kind = _kind_of(hdu, kind)
                parts["variance"] = _variance(hdu, str(file), what, kind, None)
            parts["origins"][part] = f"{file.name} beside the image{_TURNED.get(kind, '')}"
            return


def _is_ignored(hdu: fits.ImageHDU, layout: Layout) -> bool:
    return any(fnmatch.fnmatchcase(hdu.name, pattern) for pattern in layout.ignored)


def _remark_hdus(
    remarks: dict[str, str],
    hdus: fits.HDUList,
    k: int,
    used: set[int],
    layout: Layout,
    given: Given,
) -> None:
    """Say which images of the file were not looked at."""
    if given.hdu is not None:
        return
    planes = {*layout.variance, *layout.rms, *layout.weight, *layout.mask, *layout.psf}
    left = [
        j
        for j, hdu in enumerate(hdus)
        if j not in used
        and has_plane(hdu)
        and hdu.name not in planes
        and not _is_ignored(hdu, layout)
    ]
    if left:
        count = f"{len(left)} of {len(left) + 1} images"
        remarks["HDUs"] = (
            f"only {name_of(hdus[k], k)} was read, {count} left alone:"
            f" {_listed([name_of(hdus[j], j) for j in left])} (--hdu NAME)"
        )


def _listed(names: list[str]) -> str:
    """Some names, of very many the first ones."""
    shown = names if len(names) <= 6 else [*names[:5], f"{len(names) - 5} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _zero_point(facts: Calibration, layout: Layout) -> tuple[float, str, dict[str, str]]:
    """By the layout's own rules; where they find nothing, as in any file."""
    found = find_zero_point(facts, layout.zero_point)
    if math.isnan(found[0]) and layout.zero_point is not GENERAL_ZERO_POINTS:
        return find_zero_point(facts, GENERAL_ZERO_POINTS)
    return found
