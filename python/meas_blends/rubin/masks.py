"""The mask of an image of ``lsst.images``, any number of bytes a pixel, as one of 32 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..data.coadd import ACTIVE_PLANES, MASK_BITS
from ..data.large import image_array

if TYPE_CHECKING:
    from lsst.images import Box, Mask

__all__ = ["mark", "mask_of"]


def mask_of(mask: Mask) -> tuple[np.ndarray, dict[str, int], list[str]]:
    """Copy a mask, its planes by their names.

    Parameters
    ----------
    mask : `lsst.images.Mask`

    Returns
    -------
    bits : `numpy.ndarray` of int32, (ny, nx)
    planes : `dict` [`str`, `int`]
        Bit of each plane. There always is a ``NO_DATA``. Of more than 32
        planes those without a pixel in them are left out.
    left_out : `list` [`str`]
        Planes with pixels in them for which there was no room.
    """
    names = list(mask.schema.names)
    # What makes pixels unusable never lacks room.
    names.sort(key=lambda name: name not in ACTIVE_PLANES)
    if "NO_DATA" not in names:
        names.insert(0, "NO_DATA")
    crowded = len(names) > MASK_BITS
    bits = image_array(mask.bbox.shape, np.int32)
    planes: dict[str, int] = {}
    left_out = []
    for name in names:
        inside = mask.get(name) if name in mask.schema.names else None
        if crowded and name not in ACTIVE_PLANES and not inside.any():
            continue
        if len(planes) == MASK_BITS:
            left_out.append(name)
            continue
        planes[name] = len(planes)
        if inside is not None:
            # Bit 31 is the sign.
            bits[inside] |= np.uint32(1 << planes[name]).view(np.int32)
    return bits, planes, left_out


def mark(plane: str, box: Box, bbox: Box, bits: np.ndarray, planes: dict[str, int]) -> None:
    """Set a plane in the part of a mask that a box covers.

    Parameters
    ----------
    plane : `str`
        One of ``planes``.
    box, bbox : `lsst.images.Box`
        The box, which may reach beyond the image, and that of the image.
    bits, planes
        The mask and its planes, as `mask_of` gives them.
    """
    rows, columns = (
        slice(max(part.start - whole.start, 0), max(part.stop - whole.start, 0))
        for part, whole in ((box.y, bbox.y), (box.x, bbox.x))
    )
    bits[rows, columns] |= np.uint32(1 << planes[plane]).view(np.int32)
