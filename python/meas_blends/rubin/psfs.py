"""PSF models of ``lsst.images`` as an image for each cell of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..data.psf import CellPsf, stack_images

if TYPE_CHECKING:
    from lsst.images import Image, VisitImage
    from lsst.images.cells import CellPointSpreadFunction
    from lsst.images.psfs import PointSpreadFunction

__all__ = ["cell_psf", "model_image", "sampled_psf"]

_NONE = "no usable image in the PSF model"


def cell_psf(psf: CellPointSpreadFunction, name: str) -> tuple[CellPsf | None, str]:
    """Take the PSF of a cell-based coadd.

    Parameters
    ----------
    psf : `lsst.images.cells.CellPointSpreadFunction`
    name : `str`
        What to call it in messages.

    Returns
    -------
    psf : `~meas_blends.data.psf.CellPsf` or `None`
        `None` if not one cell has a usable image. Missing cells are missing.
    origin : `str`
        Where it comes from.
    """
    bounds = psf.bounds
    rows, columns = bounds.subgrid_size.i, bounds.subgrid_size.j
    images: list[np.ndarray | None] = [None] * (rows * columns)
    for index in bounds.cell_indices():
        place = index - bounds.subgrid_start
        images[place.i * columns + place.j] = _usable(psf[index])
    if all(image is None for image in images):
        return None, _NONE
    stack = stack_images(images)
    stack = stack.reshape(rows, columns, *stack.shape[1:])
    first, cell = bounds.bbox, psf.grid.cell_shape
    whole = CellPsf(stack, (first.x.start, first.y.start), (cell.y, cell.x), name)
    return whole, _origin(whole)


def sampled_psf(image: VisitImage, name: str) -> tuple[CellPsf | None, str]:
    """Evaluate the PSF of an image in the middles of the cells of a grid.

    Parameters
    ----------
    image : `lsst.images.VisitImage`
        Its model may want a package that is not there: Piff or the LSST stack.
    name : `str`
        What to call it in messages.

    Returns
    -------
    psf : `~meas_blends.data.psf.CellPsf` or `None`
        `None` if the model cannot be read or evaluated.
    origin : `str`
        Where it comes from, or why there is none.
    """
    from lsst.images.serialization import ArchiveReadError

    box = image.bbox
    try:
        model = image.psf
        psf = CellPsf.evaluated(
            lambda x, y: model_image(model, x, y),
            (box.y.size, box.x.size),
            (box.x.start, box.y.start),
            name=name,
        )
    except (ArchiveReadError, ImportError) as error:
        reason = " ".join(str(error).split())
        return None, f"its PSF cannot be evaluated ({reason})"
    return psf, _NONE if psf is None else _origin(psf)


def model_image(model: PointSpreadFunction, x: float, y: float) -> np.ndarray | None:
    """Image of a PSF model at a place.

    Parameters
    ----------
    model : `lsst.images.psfs.PointSpreadFunction`
    x, y : `float`
        Parent pixels.

    Returns
    -------
    image : `numpy.ndarray`, (odd, odd), or `None`
        Its middle pixel is the PSF's centre; `None` beyond the model's bounds,
        or where its image is none of a PSF.
    """
    if not model.bounds.contains(x=x, y=y):
        return None
    return _usable(model.compute_kernel_image(x=x, y=y))


def _origin(psf: CellPsf) -> str:
    return f"PSF model, an image for each of {np.count_nonzero(psf.present)} cells"


def _usable(image: Image) -> np.ndarray | None:
    """Pixels of a kernel image, cut so that its pixel (0, 0) is the middle one."""
    half_y, half_x = (min(-axis.start, axis.stop - 1) for axis in (image.bbox.y, image.bbox.x))
    y, x = -image.bbox.y.start, -image.bbox.x.start
    pixels = image.array[y - half_y : y + half_y + 1, x - half_x : x + half_x + 1]
    return pixels if np.isfinite(pixels).all() and pixels.sum() > 0 else None
