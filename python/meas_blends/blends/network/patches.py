"""What the network sees of footprints: each alone, in a patch that fits it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..conditions import CONDITIONS
from ..detections import Detections
from .bands import band_planes, n_band_planes

__all__ = [
    "CELL",
    "N_CONDITIONS",
    "PatchLayout",
    "Patches",
    "count_planes",
    "cut_patches",
    "lay_out",
]

#: Side of a cell, which holds at most one object [pixel].
CELL = 2

#: Sides that patches can have [pixel], and above them multiples of the last:
#: few shapes make large batches.
_SIDES = np.array([8, 16, 24, 32, 40, 48, 64, 96])

#: Pixels of empty sky around a footprint at least, so that no cell of it lies
#: at the border of its patch.
_MARGIN = 2

#: Planes of the reference band: inverse hyperbolic sine of the pixel S/N and of
#: the point-source S/N, square root of the pixel S/N, shape; and the footprint.
_N_PLANES = 5

#: Conditions at which the network's knowledge of each is zero: those of LSST's i band
#: at ten-year depth.
_TYPICAL = np.array([1.6, 1.18, 1.44, 1.35])

#: Length of a footprint's conditions.
N_CONDITIONS = len(CONDITIONS)

#: The largest pixel S/N of a footprint counts at least this much in its shape plane.
_LEAST_PEAK = 3.0

#: Value of the brightest pixel in the shape plane.
_SHAPE_PEAK = 4.0


@dataclass(frozen=True)
class PatchLayout:
    """Where the n footprints of an image lie in one long row of pixels.

    Parameters
    ----------
    height, width : `numpy.ndarray` of int, (n,)
        Of each patch [pixel].
    x0, y0 : `numpy.ndarray` of int, (n,)
        First column and row of each patch, array pixels; may be negative.
    start : `numpy.ndarray` of int, (n,)
        Where the pixels of each patch begin. Patches of one shape lie
        together.
    n_pixels : `int`
        Pixels of all patches.
    """

    height: np.ndarray
    width: np.ndarray
    x0: np.ndarray
    y0: np.ndarray
    start: np.ndarray
    n_pixels: int

    def groups(self) -> Iterator[np.ndarray]:
        """Rows of the footprints of each shape, in the order of ``start``."""
        order = np.argsort(self.start, kind="stable")
        shape = np.stack([self.height, self.width])[:, order]
        change = np.flatnonzero((shape[:, 1:] != shape[:, :-1]).any(axis=0)) + 1
        yield from np.split(order, change) if len(order) else ()


@dataclass(frozen=True)
class Patches:
    """Patches of all footprints of an image.

    Parameters
    ----------
    layout : `PatchLayout`
    planes : `numpy.ndarray` of float32, (n_planes, n_pixels)
        0 outside the footprint, so that its neighbours have no say.
    conditions : `numpy.ndarray` of float32, (n, N_CONDITIONS)
        What each footprint was seen under, each 0 when typical: logarithms of
        the `~meas_blends.blends.conditions.CONDITIONS` over typical ones.
    """

    layout: PatchLayout
    planes: np.ndarray
    conditions: np.ndarray

    def stack(self, rows: np.ndarray) -> np.ndarray:
        """Images of the footprints of one group, (len(rows), n_planes, height, width)."""
        height, width = self.layout.height[rows[0]], self.layout.width[rows[0]]
        first = self.layout.start[rows[0]]
        part = self.planes[:, first : first + len(rows) * height * width]
        return part.reshape(len(part), len(rows), height, width).swapaxes(0, 1)


def count_planes(others: Sequence[str] = ()) -> int:
    """Planes of a patch, given the bands besides the reference."""
    return _N_PLANES + n_band_planes(others)


def lay_out(detections: Detections) -> PatchLayout:
    """Give every footprint a patch.

    Parameters
    ----------
    detections : `~meas_blends.blends.detections.Detections`

    Returns
    -------
    layout : `PatchLayout`
        Each footprint in the middle of its patch.
    """
    pixels = detections.pixels
    row, column = np.divmod(pixels.flat, detections.filtered.coadd.shape[1])
    y0, y1 = pixels.reduce(np.minimum, row), pixels.reduce(np.maximum, row)
    x0, x1 = pixels.reduce(np.minimum, column), pixels.reduce(np.maximum, column)
    height, width = _side(y1 - y0 + 1), _side(x1 - x0 + 1)
    order = np.lexsort((np.arange(len(height)), width, height))
    area = height * width
    start = np.empty_like(area)
    start[order] = np.cumsum(area[order]) - area[order]
    return PatchLayout(
        height,
        width,
        x0 - (width - (x1 - x0 + 1)) // 2,
        y0 - (height - (y1 - y0 + 1)) // 2,
        start,
        int(area.sum()),
    )


def cut_patches(detections: Detections, others: Sequence[str] = ()) -> Patches:
    """Cut out all footprints.

    Parameters
    ----------
    detections : `~meas_blends.blends.detections.Detections`
    others : sequence of `str`
        Bands to look at besides the reference.

    Returns
    -------
    patches : `Patches`
        In units of the noise, so that depth and zero point drop out. The
        square root tells faint companions in the glare of bright galaxies
        that the inverse hyperbolic sine flattens; the shape plane, the
        pixels over the largest of them, shows structure whatever the S/N.
    """
    filtered, pixels = detections.filtered, detections.pixels
    layout = lay_out(detections)
    row, column = np.divmod(pixels.flat, filtered.coadd.shape[1])
    owner = pixels.owner
    where = layout.start[owner] + (row - layout.y0[owner]) * layout.width[owner]
    where += column - layout.x0[owner]
    usable = ~filtered.bad.ravel()[pixels.flat]
    error = np.sqrt(np.where(usable, filtered.coadd.variance.ravel()[pixels.flat], 1))
    significance = np.where(usable, filtered.coadd.image.ravel()[pixels.flat], 0)
    significance = significance / (error * np.float32(filtered.noise_factor))
    largest = np.maximum(pixels.reduce(np.maximum, significance), _LEAST_PEAK)
    values = [
        np.arcsinh(significance),
        np.arcsinh(filtered.significance.ravel()[pixels.flat]),
        np.sign(significance) * (np.sqrt(1 + np.abs(significance)) - 1),
        _SHAPE_PEAK * significance / largest[owner],
        *band_planes(detections, others),
        1,
    ]
    planes = np.zeros((len(values), layout.n_pixels), np.float32)
    for plane, value in zip(planes, values, strict=True):
        plane[where] = value
    conditions = np.log(detections.conditions / _TYPICAL).astype(np.float32)
    return Patches(layout, planes, conditions)


def _side(extent: np.ndarray) -> np.ndarray:
    """Sides of the patches of footprints that extend so far, with the margin [pixel]."""
    wanted = extent + 2 * _MARGIN
    largest = _SIDES[-1]
    listed = _SIDES[np.minimum(np.searchsorted(_SIDES, wanted), len(_SIDES) - 1)]
    return np.where(wanted > largest, -(-wanted // largest) * largest, listed)
