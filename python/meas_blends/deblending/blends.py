"""Footprints cut out of the coadds of several bands, for a deblender to fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.coadd import Coadd
from ..data.footprints import PixelLists

__all__ = ["Blend", "BlendCutter"]

#: Pixels of sky around a footprint that are cut out with it: they end its wings.
_MARGIN = 4


@dataclass(frozen=True)
class Blend:
    """One footprint and its peaks in ``C`` bands.

    Parameters
    ----------
    images : `numpy.ndarray` of float32, (C, side, side)
        Pixels in units of the band's noise.
    weights : `numpy.ndarray` of float32, (C, side, side)
        Inverse variance in the same units; 0 in pixels without usable light,
        of other footprints, and beyond the border.
    own : `numpy.ndarray` of bool, (side, side)
        Pixels of the footprint itself; the others are sky around it.
    x, y : `numpy.ndarray`, (n,)
        Peaks [pixel of the cutout].
    corner : `tuple` [`int`, `int`]
        Parent pixel ``(x, y)`` of ``images[:, 0, 0]``.
    """

    images: np.ndarray
    weights: np.ndarray
    own: np.ndarray
    x: np.ndarray
    y: np.ndarray
    corner: tuple[int, int]


class BlendCutter:
    """Cuts footprints out of coadds that lie on one grid.

    Parameters
    ----------
    coadds : mapping of `str` to `~meas_blends.data.coadd.Coadd`
        Complete and background subtracted, by band.
    noise : mapping of `str` to `float`
        Noise of point-source fluxes over that of the variance plane, by band:
        correlated pixels and unseen galaxies count too.
    pixels : `~meas_blends.data.footprints.PixelLists`
        The footprints.
    sides : sequence of `int`
        Sides that cutouts may have, ascending.
    """

    def __init__(
        self,
        coadds: Mapping[str, Coadd],
        noise: Mapping[str, float],
        pixels: PixelLists,
        sides: Sequence[int],
    ) -> None:
        first = next(iter(coadds.values()))
        self.xy0, self.shape = first.xy0, first.shape
        self._pixels, self._sides = pixels, np.asarray(sides)
        self._owner = np.zeros(self.shape, np.int32)
        self._owner.ravel()[pixels.flat] = pixels.owner + 1
        self._images, self._weights, scales = [], [], []
        for band, coadd in coadds.items():
            bad = coadd.bad
            variance = np.where(bad, np.inf, coadd.variance) * np.float32(noise[band] ** 2)
            scale = np.sqrt(np.median(variance[~bad])) if not bad.all() else 1.0
            scales.append(float(scale))
            self._images.append(np.where(bad, 0.0, coadd.image / scale).astype(np.float32))
            self._weights.append((scale**2 / variance).astype(np.float32))
        #: Counts of one unit of each band, (C,).
        self.scales = np.array(scales)

    def sides(self) -> np.ndarray:
        """Side of each footprint's cutout, (n,); 0 if none of the sides holds it."""
        row, column = np.divmod(self._pixels.flat, self.shape[1])
        extent = [
            self._pixels.reduce(np.maximum, axis) - self._pixels.reduce(np.minimum, axis) + 1
            for axis in (row, column)
        ]
        wanted = np.maximum(*extent) + 2 * _MARGIN
        place = np.searchsorted(self._sides, wanted)
        return np.append(self._sides, 0)[place]

    def cut(self, row: int, side: int, x: np.ndarray, y: np.ndarray) -> Blend:
        """Cut one footprint out.

        Parameters
        ----------
        row : `int`
            Row of the footprint in the pixel lists.
        side : `int`
            Side of the cutout [pixel].
        x, y : `numpy.ndarray`, (n,)
            Its peaks [parent pixel].

        Returns
        -------
        blend : `Blend`
        """
        first, last = self._pixels.first[row : row + 2]
        py, px = np.divmod(self._pixels.flat[first:last], self.shape[1])
        top = (int(py.min()) + int(py.max()) + 1 - side) // 2
        left = (int(px.min()) + int(px.max()) + 1 - side) // 2
        ny, nx = self.shape
        inside = np.s_[max(top, 0) : min(top + side, ny), max(left, 0) : min(left + side, nx)]
        place = np.s_[
            inside[0].start - top : inside[0].stop - top,
            inside[1].start - left : inside[1].stop - left,
        ]
        images = np.zeros((len(self._images), side, side), np.float32)
        weights = np.zeros_like(images)
        own = np.zeros((side, side), bool)
        own[place] = self._owner[inside] == row + 1
        free = (self._owner[inside] == 0) | own[place]
        for band, (image, weight) in enumerate(zip(self._images, self._weights, strict=True)):
            images[band][place] = image[inside]
            weights[band][place] = weight[inside] * free
        corner = (left + self.xy0[0], top + self.xy0[1])
        dx, dy = np.asarray(x) - corner[0], np.asarray(y) - corner[1]
        return Blend(images, weights, own, dx, dy, corner)
