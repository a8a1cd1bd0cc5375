"""Pixel planes out of FITS HDUs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from astropy.io import fits

from ...errors import BadInputError
from ..coadd import DEFAULT_MASK_PLANES, MASK_BITS
from ..large import image_array
from ..tiles import row_strips
from .header import mask_planes

__all__ = ["cube_length", "has_image", "has_plane", "image_of", "mask_of", "name_of"]


def name_of(hdu: fits.ImageHDU, number: int) -> str:
    """What to call an HDU in a message."""
    if hdu.name and hdu.name != "PRIMARY":
        return f"HDU {hdu.name}" + (f",{hdu.ver}" if hdu.ver > 1 else "")
    return "the primary HDU" if number == 0 else f"HDU {number}"


def has_image(hdu: fits.ImageHDU) -> bool:
    """Whether an HDU holds an image of any dimension, with or without pixels."""
    return hdu.is_image and hdu.header.get("NAXIS", 0) > 0


def has_plane(hdu: fits.ImageHDU) -> bool:
    """Whether an HDU holds an image of two dimensions, or further ones of length one."""
    return has_image(hdu) and len(_plane_shape(hdu)) == 2


def _plane_shape(hdu: fits.ImageHDU) -> tuple[int, ...]:
    """Shape of an image without leading axes of length one."""
    shape = tuple(int(length) for length in hdu.shape)
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    return shape


def cube_length(hdu: fits.ImageHDU) -> int:
    """How many 2-D images an HDU holds one behind the other; 0 if it is no such cube."""
    shape = _plane_shape(hdu) if has_image(hdu) else ()
    return shape[0] if len(shape) == 3 else 0


def image_of(hdu: fits.ImageHDU, name: str, what: str, plane: int | None = None) -> np.ndarray:
    """Pixels of an image HDU.

    Parameters
    ----------
    hdu : HDU
        An HDU that should hold a 2-D image.
    name : `str`
        What to call the file in a message.
    what : `str`
        What to call the HDU.
    plane : `int`, optional
        Which plane of a cube to take, the first is 0; of an HDU that is none
        this is not looked at.

    Returns
    -------
    image : `numpy.ndarray`, (ny, nx)
        As the file has them, in the machine's own byte order; leading axes of
        length one are taken off.

    Raises
    ------
    BadInputError
        If it holds no 2-D image, not a single pixel, or more of them than there
        is room for.
    """
    if not has_image(hdu):
        kind = "an empty HDU" if hdu.is_image else "a table"
        raise BadInputError(
            f"{name}: {what} is {kind}, where an image should be; give a 2-D image."
        )
    shape = _plane_shape(hdu)
    if 0 in shape:
        raise BadInputError(f"{name}: {what} has no pixels; give a 2-D image with pixels in it.")
    leading = (0,) * (len(hdu.shape) - 2)
    if len(shape) == 3 and plane is not None:
        leading, shape = (*leading[:-1], plane), shape[1:]
    if len(shape) != 2:
        choice = f", or choose one of its {shape[0]} with --plane" if len(shape) == 3 else ""
        raise BadInputError(
            f"{name}: {what} has {len(shape)} dimension{'s' * (len(shape) > 1)} {shape}; give one"
            f" 2-D image of one band{choice}."
        )
    native = None
    for rows, pixels in _parts(hdu, shape, leading):
        if native is None:
            native = image_array(shape, pixels.dtype.newbyteorder("="))
        native[rows] = pixels
    return native


def _parts(
    hdu: fits.ImageHDU, shape: tuple[int, int], leading: tuple[int, ...]
) -> Iterator[tuple[slice, np.ndarray]]:
    """Rows of an image as the file has them, a part at a time."""
    # Tiles of a compressed image are worth what it takes to unpack them only whole.
    tile = getattr(hdu, "tile_shape", (1, 1))[-2]
    for rows in row_strips((-(-shape[0] // tile), tile * shape[1])):
        part = slice(rows.start * tile, min(rows.stop * tile, shape[0]))
        yield part, hdu.section[(*leading, part)]


def mask_of(
    hdu: fits.ImageHDU,
    name: str,
    what: str,
    bits: Mapping[str, int] | None = None,
    plane: int | None = None,
) -> tuple[np.ndarray, dict[str, int]]:
    """Bits and planes of a mask HDU.

    Parameters
    ----------
    hdu, name, what, plane
        As `image_of` takes them.
    bits : `dict` [`str`, `int`], optional
        For a mask whose header does not name its planes: which bits of its
        values stand for which of our planes. Without, or empty, they are
        those of `~meas_blends.data.coadd.DEFAULT_MASK_PLANES`: in a mask of
        zeros and ones, the ones are bad.

    Returns
    -------
    mask : `numpy.ndarray` of int32, (ny, nx)
    planes : `dict` [`str`, `int`]
        Bit number of each plane.

    Raises
    ------
    BadInputError
        As `image_of`, or if an MP_ card holds no bit number.
    """
    values = image_of(hdu, name, what, plane)
    named = mask_planes(hdu.header)
    for one, bit in named.items():
        if not isinstance(bit, int) or not 0 <= bit < MASK_BITS:
            raise BadInputError(
                f"{name}: {what} says that MP_{one} is {bit!r}; give the number of a bit, from 0"
                f" to {MASK_BITS - 1}."
            )
    mask = image_array(values.shape, np.int32)
    for rows in row_strips(mask.shape):
        # By way of int64, so that bit 31 becomes the sign, as in afw.
        found = np.nan_to_num(values[rows]).astype(np.int64)
        if bits and not named:
            for one, which in bits.items():
                mask[rows] |= np.where(found & which, 1 << DEFAULT_MASK_PLANES[one], 0).astype("i4")
        else:
            mask[rows] = found.astype(np.int32)
    return mask, named or dict(DEFAULT_MASK_PLANES)
