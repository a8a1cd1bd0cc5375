"""PSF images, and the PSF as a function of place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from ..errors import BadInputError

__all__ = ["FWHM_PER_SIGMA", "CellPsf", "normalise_psf", "stack_images"]

#: FWHM of a Gaussian over its sigma.
FWHM_PER_SIGMA = 2.3548


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

    @classmethod
    def evaluated(
        cls,
        function: Callable[[float, float], np.ndarray | None],
        shape: tuple[int, int],
        xy0: tuple[int, int] = (0, 0),
        cell: int = 256,
        name: str = "PSF",
    ) -> CellPsf | None:
        """Evaluate a PSF that varies smoothly in the middles of cells.

        Parameters
        ----------
        function : callable
            From parent pixels ``x, y`` to the PSF's image there, of any odd
            sides, or to `None` where there is none.
        shape : `tuple` [`int`, `int`]
            ``(ny, nx)`` of the image.
        xy0 : `tuple` [`int`, `int`]
            Parent-pixel position of its first pixel.
        cell : `int`
            About the side of the cells, which are of one shape [pixel].
        name : `str`
            What to call it in a message.

        Returns
        -------
        psf : `CellPsf` or `None`
            `None` if there is none in any cell.
        """
        rows, columns = (max(1, round(length / cell)) for length in shape)
        height, width = shape[0] / rows, shape[1] / columns
        images = [
            function(xy0[0] - 0.5 + (i + 0.5) * width, xy0[1] - 0.5 + (j + 0.5) * height)
            for j in range(rows)
            for i in range(columns)
        ]
        if all(image is None for image in images):
            return None
        stack = stack_images(images)
        return cls(stack.reshape(rows, columns, *stack.shape[1:]), xy0, (height, width), name)

    @cached_property
    def present(self) -> np.ndarray:
        """Which cells have an image of their own, `bool` (rows, columns)."""
        return ~np.isnan(self.images).all(axis=(2, 3))

    @cached_property
    def kinds(self) -> tuple[np.ndarray, np.ndarray]:
        """The different images, (k, odd, odd), and which each cell has, `int` (rows, columns)."""
        rows, columns = np.nonzero(self.present)
        # By their bytes: to sort thousands of images would take long.
        number: dict[bytes, int] = {}
        images = self.images[rows, columns]
        of_cell = np.array([number.setdefault(image.tobytes(), len(number)) for image in images])
        _, first = np.unique(of_cell, return_index=True)
        kind = np.empty(self.present.shape, int)
        kind[rows, columns] = of_cell
        for row, column in zip(*np.nonzero(~self.present), strict=True):
            kind[row, column] = of_cell[np.argmin((rows - row) ** 2 + (columns - column) ** 2)]
        return images[first], kind

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
        return kind[self._cell_index(y, 0), self._cell_index(x, 1)]

    def _cell_index(self, place: np.ndarray, axis: int) -> np.ndarray:
        """Row (axis 0) or column (axis 1) of the cells of some parent pixels y or x."""
        # A pixel reaches half a pixel to each side of its centre.
        offset = np.asarray(place, float) - self.origin[1 - axis] + 0.5
        index = np.floor_divide(offset, self.cell_shape[axis])
        return np.clip(index, 0, self.images.shape[axis] - 1).astype(int)

    def parts(
        self, rows: slice, columns: slice, xy0: tuple[int, int]
    ) -> Iterator[tuple[int, slice, slice, tuple[int, int]]]:
        """Cut a part of an image where the PSF changes.

        Parameters
        ----------
        rows, columns : `slice`
            The part, array pixels, with a start and a stop.
        xy0 : `tuple` [`int`, `int`]
            Parent-pixel position of the image's first pixel.

        Yields
        ------
        kind : `int`
            Which of the images of `kinds` it has.
        rows, columns : `slice`
            Array pixels.
        first : `tuple` [`int`, `int`]
            First row and column of its cell, which do not depend on the part;
            of a PSF that is the same everywhere, those of the image.
        """
        if self.is_constant:
            yield 0, rows, columns, (0, 0)
            return
        lines = [
            self._cell_lines(part, xy0[1 - axis], axis) for axis, part in enumerate((rows, columns))
        ]
        _, kind = self.kinds
        for row, top, one in lines[0]:
            for column, left, other in lines[1]:
                yield int(kind[row, column]), one, other, (top, left)

    def _cell_lines(self, part: slice, start: int, axis: int) -> list[tuple[int, int, slice]]:
        """Index, first array pixel, and array pixels of each row or column of cells in a part."""
        index = self._cell_index(np.arange(part.start, part.stop) + start, axis)
        change = np.flatnonzero(np.diff(index)) + 1
        edges = [part.start, *(change + part.start).tolist(), part.stop]
        length = self.cell_shape[axis]
        lines = []
        for low, high in pairwise(edges):
            number = int(index[low - part.start])
            offset = 0.0 if number == 0 else number * length
            first = math.ceil(self.origin[1 - axis] + offset - 0.5) - start
            lines.append((number, first, slice(low, high)))
        return lines

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


def stack_images(images: Sequence[np.ndarray | None]) -> np.ndarray:
    """Bring images to one shape by a border of zeros.

    Parameters
    ----------
    images : sequence of `numpy.ndarray`, (odd, odd), or `None`
        PSF images of any odd sides, at least one.

    Returns
    -------
    stack : `numpy.ndarray`, (n, odd, odd)
        Their middles in its middle; NaN throughout for `None`.
    """
    shape = np.max([image.shape for image in images if image is not None], axis=0)
    stack = np.zeros((len(images), *shape))
    for one, image in zip(stack, images, strict=True):
        if image is None:
            one[:] = np.nan
            continue
        (top, left), (ny, nx) = (shape - image.shape) // 2, image.shape
        one[top : top + ny, left : left + nx] = image
    return stack


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
