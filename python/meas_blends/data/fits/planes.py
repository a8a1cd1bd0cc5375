"""Pixel planes out of FITS HDUs."""

from __future__ import annotations

import numpy as np
from astropy.io import fits

from ...errors import BadInputError
from ..coadd import DEFAULT_MASK_PLANES, MASK_BITS
from ..tiles import row_strips
from .header import mask_planes
from .structure import physical_memory

__all__ = ["has_image", "has_plane", "image_of", "mask_of", "name_of"]

#: Detection and classification of a coadd with variance and mask need so much [bytes a pixel].
_WORKING_SIZE = 24


def name_of(hdu: fits.ImageHDU, number: int) -> str:
    """What to call an HDU in a message."""
    if hdu.name and hdu.name != "PRIMARY":
        return f"HDU {hdu.name}"
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


def image_of(hdu: fits.ImageHDU, name: str, what: str) -> np.ndarray:
    """Pixels of an image HDU.

    Parameters
    ----------
    hdu : HDU
        An HDU that should hold a 2-D image.
    name : `str`
        What to call the file in a message.
    what : `str`
        What to call the HDU.

    Returns
    -------
    image : `numpy.ndarray`, (ny, nx)
        As the file has them, in the machine's own byte order; leading axes of
        length one are taken off.

    Raises
    ------
    BadInputError
        If it holds no 2-D image, not a single pixel, or more of them than this
        machine's memory can work on.
    """
    if not has_image(hdu):
        kind = "an empty HDU" if hdu.is_image else "a table"
        raise BadInputError(
            f"{name}: {what} is {kind}, where an image should be; give a 2-D image."
        )
    shape = _plane_shape(hdu)
    if 0 in shape:
        raise BadInputError(f"{name}: {what} has no pixels; give a 2-D image with pixels in it.")
    if len(shape) != 2:
        raise BadInputError(
            f"{name}: {what} has {len(shape)} dimension{'s' * (len(shape) > 1)} {shape}; give one"
            " 2-D image of one band."
        )
    needed = _WORKING_SIZE * shape[0] * shape[1]
    if needed > physical_memory():
        raise BadInputError(
            f"{name}: to work on the {shape[1]} x {shape[0]} pixels of {what} takes"
            f" {needed / 2**30:.0f} GB, more than this machine's memory; cut it into smaller ones."
        )
    pixels = np.reshape(hdu.data, shape)
    native = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    # The HDU would keep what it read: of a large coadd one plane twice is enough.
    del hdu.data
    return native


def mask_of(hdu: fits.ImageHDU, name: str, what: str) -> tuple[np.ndarray, dict[str, int]]:
    """Bits and planes of a mask HDU.

    Without MP_ cards that name its planes, the bits are those of
    `~meas_blends.data.coadd.DEFAULT_MASK_PLANES`: in a mask of zeros and
    ones, the ones are bad.

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
    values = image_of(hdu, name, what)
    planes = mask_planes(hdu.header) or dict(DEFAULT_MASK_PLANES)
    for plane, bit in planes.items():
        if not isinstance(bit, int) or not 0 <= bit < MASK_BITS:
            raise BadInputError(
                f"{name}: {what} says that MP_{plane} is {bit!r}; give the number of a bit, from 0"
                f" to {MASK_BITS - 1}."
            )
    mask = np.empty(values.shape, np.int32)
    for rows in row_strips(mask.shape):
        # By way of int64, so that bit 31 becomes the sign, as in afw.
        mask[rows] = np.nan_to_num(values[rows]).astype(np.int64).astype(np.int32)
    return mask, planes
