"""PSF models of ``lsst.images`` as an image for each cell of a grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..data.psf import CellPsf

if TYPE_CHECKING:
    from lsst.images import Image, VisitImage
    from lsst.images.cells import CellPointSpreadFunction

__all__ = ["cell_psf", "sampled_psf"]

#: Cells on which a PSF that varies smoothly is evaluated have at most this side [pixel].
_CELL = 256


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
    images = _Grid(bounds.subgrid_size.i, bounds.subgrid_size.j)
    for index in bounds.cell_indices():
        place = index - bounds.subgrid_start
        images.put(place.i, place.j, _centred(psf[index]))
    first, cell = bounds.bbox, psf.grid.cell_shape
    return images.psf((first.x.start, first.y.start), (cell.y, cell.x), name), images.origin


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
    rows, columns = (math.ceil(side / _CELL) for side in (box.y.size, box.x.size))
    height, width = box.y.size / rows, box.x.size / columns
    images = _Grid(rows, columns)
    try:
        model = image.psf
        for row, column in np.ndindex(rows, columns):
            x = box.x.start - 0.5 + width * (column + 0.5)
            y = box.y.start - 0.5 + height * (row + 0.5)
            # Beyond its bounds a model says nothing.
            if model.bounds.contains(x=x, y=y):
                images.put(row, column, _centred(model.compute_kernel_image(x=x, y=y)))
    except (ArchiveReadError, ImportError) as error:
        reason = " ".join(str(error).split())
        return None, f"its PSF cannot be evaluated ({reason})"
    return images.psf((box.x.start, box.y.start), (height, width), name), images.origin


class _Grid:
    """PSF images of the cells of a grid, filled one by one."""

    def __init__(self, rows: int, columns: int) -> None:
        self._shape = rows, columns
        self._images: dict[tuple[int, int], np.ndarray] = {}

    def put(self, row: int, column: int, image: np.ndarray) -> None:
        """Set the image of a cell, (odd, odd); one that is no PSF leaves the cell missing."""
        if np.isfinite(image).all() and image.sum() > 0:
            self._images[row, column] = image

    @property
    def origin(self) -> str:
        """Where the PSF comes from."""
        if not self._images:
            return "no usable image in the PSF model"
        return f"PSF model, an image for each of {len(self._images)} cells"

    def psf(
        self, origin: tuple[int, int], cell_shape: tuple[float, float], name: str
    ) -> CellPsf | None:
        """The whole of it, with the origin and shape of its cells, if there is one image."""
        if not self._images:
            return None
        # Models of the stack may give images of several sizes.
        sides = np.max([image.shape for image in self._images.values()], axis=0)
        stack = np.full((*self._shape, *sides), np.nan)
        for cell, image in self._images.items():
            border = (sides - image.shape) // 2
            stack[cell] = np.pad(image, np.stack([border, border], axis=1))
        return CellPsf(stack, origin, cell_shape, name)


def _centred(image: Image) -> np.ndarray:
    """Pixels of a kernel image, cut so that its pixel (0, 0) is the middle one."""
    half_y, half_x = (min(-axis.start, axis.stop - 1) for axis in (image.bbox.y, image.bbox.x))
    y, x = -image.bbox.y.start, -image.bbox.x.start
    return image.array[y - half_y : y + half_y + 1, x - half_x : x + half_x + 1]
