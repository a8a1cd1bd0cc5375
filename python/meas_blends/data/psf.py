"""PSF images, and the PSF as a function of place."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..errors import BadInputError

__all__ = ["CellPsf", "normalise_psf"]


@dataclass(frozen=True, eq=False)
class CellPsf:
    """PSF of an image as a function of place: one image for each cell of a grid.

    The cells of Rubin's ``CellCoadd`` are such a grid; a PSF that varies
    smoothly is evaluated in the middle of each of its cells, and one PSF for
    the whole image is the case of a single cell.

    Parameters
    ----------
    images : array-like, (rows, columns, odd, odd)
        PSF image of each cell, its centre pixel the PSF's centre. A cell whose
        image is NaN throughout is missing, and has the PSF of the nearest one
        that is not.
    origin : `tuple` [`int`, `int`]
        First pixel ``(x, y)`` of the first cell, parent pixels.
    cell_shape : `tuple` [`float`, `float`]
        Height and width of a cell [pixel]. Cells at the border of the grid
        serve all beyond it.
    name : `str`
        What to call it in a message.

    Raises
    ------
    BadInputError
        If an image is none of a PSF, see `normalise_psf`, or all are missing.
    """

    images: np.ndarray = field(repr=False)
    origin: tuple[int, int] = (0, 0)
    cell_shape: tuple[float, float] = (math.inf, math.inf)
    name: str = field(default="PSF", repr=False)

    def __post_init__(self) -> None:
        images = np.ma.filled(np.ma.asanyarray(self.images).astype(np.float64), np.nan)
        if images.ndim != 4 or 0 in images.shape:
            raise BadInputError(
                f"{self.name}: the PSF has shape {images.shape}; give an image, or one for each"
                " cell of a grid."
            )
        present = ~np.isnan(images).all(axis=(2, 3))
        if not present.any():
            raise BadInputError(f"{self.name}: the PSF is missing in every cell; give another.")
        whole = np.full(images.shape, np.nan, np.float32)
        for cell in zip(*np.nonzero(present), strict=True):
            whole[cell] = normalise_psf(images[cell], self.name)
        object.__setattr__(self, "images", whole)

    @classmethod
    def constant(cls, image: np.ndarray, name: str = "PSF") -> CellPsf:
        """The PSF of an image that has one everywhere, (odd, odd)."""
        return cls(normalise_psf(image, name)[None, None], name=name)

    @cached_property
    def present(self) -> np.ndarray:
        """Which cells have an image of their own, `bool` (rows, columns)."""
        return ~np.isnan(self.images).all(axis=(2, 3))

    @cached_property
    def kinds(self) -> tuple[np.ndarray, np.ndarray]:
        """The different images, (k, odd, odd), and which each cell has, `int` (rows, columns)."""
        rows, columns = np.nonzero(self.present)
        different, kind = np.unique(self.images[rows, columns], axis=0, return_inverse=True)
        cell_rows, cell_columns = np.indices(self.present.shape)
        apart = (cell_rows[..., None] - rows) ** 2 + (cell_columns[..., None] - columns) ** 2
        return different, kind.ravel()[np.argmin(apart, axis=-1)]

    @property
    def is_constant(self) -> bool:
        """Whether it is the same everywhere."""
        return len(self.kinds[0]) == 1

    @cached_property
    def middle(self) -> np.ndarray:
        """Image of the cell in the middle of the grid, (odd, odd): what stands for the whole."""
        images, kind = self.kinds
        rows, columns = kind.shape
        return images[kind[rows // 2, columns // 2]]

    def kind_at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Which of the images of `kinds` belongs to each position.

        Parameters
        ----------
        x, y : array-like, (n,)
            Parent pixels.

        Returns
        -------
        kind : `numpy.ndarray` of int, (n,)
        """
        _, kind = self.kinds
        # A pixel reaches half a pixel to each side of its centre.
        row = (np.asarray(y, float) - self.origin[1] + 0.5) // self.cell_shape[0]
        column = (np.asarray(x, float) - self.origin[0] + 0.5) // self.cell_shape[1]
        row, column = (
            np.clip(index, 0, length - 1).astype(int)
            for index, length in zip((row, column), kind.shape, strict=True)
        )
        return kind[row, column]

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """PSF images at positions.

        Parameters
        ----------
        x, y : array-like, (n,)
            Parent pixels.

        Returns
        -------
        images : `numpy.ndarray` of float32, (n, odd, odd)
        """
        return self.kinds[0][self.kind_at(x, y)]


def normalise_psf(psf: np.ndarray, name: str = "PSF") -> np.ndarray:
    """Check a PSF image and give it unit sum.

    Parameters
    ----------
    psf : array-like, (odd, odd)
        PSF image, its centre pixel the PSF's centre.
    name : `str`
        What to call it in a message.

    Returns
    -------
    psf : `numpy.ndarray` of float32, (odd, odd)

    Raises
    ------
    BadInputError
        If the image is not 2-D with odd sides, not finite, or sums to zero
        or less.
    """
    # What a masked array hides is not finite.
    psf = np.ma.filled(np.ma.asanyarray(psf).astype(np.float64), np.nan)
    if psf.ndim != 2 or psf.shape[0] % 2 == 0 or psf.shape[1] % 2 == 0:
        raise BadInputError(
            f"{name}: the PSF image has shape {psf.shape}; give a 2-D image with odd sides,"
            " centred on its middle pixel."
        )
    total = psf.sum()
    if not np.isfinite(total) or total <= 0:
        raise BadInputError(
            f"{name}: the PSF image sums to {total}; give one with finite pixels and a positive"
            " sum."
        )
    return (psf / total).astype(np.float32)
