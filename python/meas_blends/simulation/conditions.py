"""How seeing and depth vary over an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..data.psf import CellPsf, stack_images

__all__ = ["CELL", "Conditions", "draw_conditions"]

#: Side of the cells in which the PSF is constant [pixel], as in the cells that
#: LSST's coadds are made of.
CELL = 256

#: Groups of exposures that share a pointing of the dither pattern.
_POINTINGS = 10

#: Least share of the exposures that any pixel has.
_LEAST = 0.1


@dataclass(frozen=True)
class Conditions:
    """What differs from the survey's values, over an image.

    Parameters
    ----------
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the image.
    fwhm : `numpy.ndarray`, (my, mx)
        FWHM of the PSF in each cell of 256 pixels, relative to the survey's.
    shear1, shear2 : `numpy.ndarray`, (my, mx)
        Shear that makes the cell's PSF elliptical.
    coverage : `numpy.ndarray` of float32, (ny, nx), optional
        Exposures of each pixel, relative to the survey's.
    """

    shape: tuple[int, int]
    fwhm: np.ndarray
    shear1: np.ndarray
    shear2: np.ndarray
    coverage: np.ndarray | None = None

    @classmethod
    def constant(cls, shape: tuple[int, int]) -> Conditions:
        """The survey's conditions everywhere."""
        return cls(shape, np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)))

    def cells(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Find the cells of positions.

        Parameters
        ----------
        x, y : `numpy.ndarray`, (n,)
            Array pixels; those beyond the image belong to its nearest cell.

        Returns
        -------
        cell : `numpy.ndarray` of int, (n,)
            Flat index into `fwhm`.
        """
        my, mx = self.fwhm.shape
        column = np.clip(np.asarray(x, float) * mx / self.shape[1], 0, mx - 1).astype(int)
        row = np.clip(np.asarray(y, float) * my / self.shape[0], 0, my - 1).astype(int)
        return row * mx + column

    def psf_of(self, cell: int) -> tuple[float, float, float]:
        """Relative FWHM and the two shears of a cell."""
        return tuple(float(plane.flat[cell]) for plane in (self.fwhm, self.shear1, self.shear2))

    def psf_cells(
        self, xy0: tuple[int, int], image_of: Callable[[float, tuple[float, float]], np.ndarray]
    ) -> CellPsf:
        """The PSF as a function of place.

        Parameters
        ----------
        xy0 : `tuple` [`int`, `int`]
            Parent-pixel position of the image's first pixel.
        image_of : callable
            From a relative FWHM and the two shears to the PSF's image.

        Returns
        -------
        psf : `~meas_blends.data.psf.CellPsf`
        """
        images = []
        for cell in range(self.fwhm.size):
            fwhm, *shear = self.psf_of(cell)
            images.append(image_of(fwhm, tuple(shear)))
        if len(images) == 1:
            return CellPsf.constant(images[0])
        stack = stack_images(images)
        shape = tuple(
            length / cells for length, cells in zip(self.shape, self.fwhm.shape, strict=True)
        )
        return CellPsf(stack.reshape(*self.fwhm.shape, *stack.shape[1:]), xy0, shape)

    def relative_significance(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """S/N of a point source at positions, relative to the survey's own.

        Parameters
        ----------
        x, y : `numpy.ndarray`, (n,)
            Array pixels.

        Returns
        -------
        factor : `numpy.ndarray`, (n,)
        """
        factor = 1.0 / self.fwhm.flat[self.cells(x, y)]
        if self.coverage is None:
            return factor
        column = np.clip(np.round(x), 0, self.shape[1] - 1).astype(int)
        row = np.clip(np.round(y), 0, self.shape[0] - 1).astype(int)
        return factor * np.sqrt(self.coverage[row, column])


def draw_conditions(
    shape: tuple[int, int],
    rng: np.random.Generator,
    fwhm_scatter: float = 0.0,
    ellipticity: float = 0.0,
    uneven_depth: float = 0.0,
) -> Conditions:
    """Draw seeing and depth over an image.

    Parameters
    ----------
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)``.
    rng : `numpy.random.Generator`
        Source of randomness.
    fwhm_scatter : `float`
        Scatter of the PSF's FWHM over the image, relative: a random
        polynomial of second order that is 0 in the middle.
    ellipticity : `float`
        Scatter of each component of the PSF's shear, likewise, about a random
        constant of that scatter.
    uneven_depth : `float`
        Share of the pointings of the dither pattern whose border crosses the
        image, so that one side of it lacks their exposures.

    Returns
    -------
    conditions : `Conditions`
    """
    # Drawn whether needed or not, so that one option leaves the others' draws alone.
    psf_rng, depth_rng = rng.spawn(2)
    varies = fwhm_scatter > 0 or ellipticity > 0
    cells = tuple(max(1, round(side / CELL)) if varies else 1 for side in shape)
    fwhm = 1.0 + fwhm_scatter * _smooth(cells, psf_rng)
    constant = ellipticity * psf_rng.standard_normal(2)
    shear1, shear2 = (value + ellipticity * _smooth(cells, psf_rng) for value in constant)
    coverage = None
    if uneven_depth > 0:
        coverage = _coverage(shape, uneven_depth, depth_rng)
    return Conditions(shape, np.clip(fwhm, 0.5, 2.0), shear1, shear2, coverage)


def _smooth(cells: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Random polynomial of second order on the cells, of unit scatter over the square."""
    y, x = ((np.arange(n) + 0.5) * 2.0 / n - 1.0 for n in cells)
    a, b, c, d, e = rng.standard_normal(5)
    # Each term has mean square 1 / 3, 1 / 3, 1 / 5, 1 / 9 and 1 / 5 over the square.
    field = np.sqrt(3.0) * (a * x + b * y[:, None]) + 3.0 * c * x * y[:, None]
    field = field + np.sqrt(5.0) * (d * x**2 + e * y[:, None] ** 2)
    return field / np.sqrt(5.0)


def _coverage(shape: tuple[int, int], share: float, rng: np.random.Generator) -> np.ndarray:
    """Relative number of exposures, lessened on one side of some straight borders."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    coverage = np.ones(shape, np.float32)
    for _ in range(rng.binomial(_POINTINGS, share)):
        angle = rng.uniform(0.0, 2.0 * np.pi)
        x0, y0 = rng.uniform(0.0, shape[1]), rng.uniform(0.0, shape[0])
        beyond = (x - x0) * np.cos(angle) + (y - y0) * np.sin(angle) > 0
        coverage[beyond] -= np.float32(1.0 / _POINTINGS)
    return np.maximum(coverage, np.float32(_LEAST))
