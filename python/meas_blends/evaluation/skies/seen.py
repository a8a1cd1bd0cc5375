"""An image as a peak finder sees it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...data.coadd import Coadd
from ...data.footprints import PixelLists, pixel_lists, spans_to_labels
from ...detection.find import find_footprints
from ...detection.matched_filter import FilteredCoadd, MatchedFilter
from .finders import Finder, Found
from .kept_flux import kept_shares

__all__ = ["Seen"]

#: Columns that are NaN where nothing was found.
_NUMBERS = ("blendProbability", "mainFlux", "offset")


@dataclass(frozen=True)
class Seen:
    """An image with its footprints, and what a finder says of them.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    labels : `numpy.ndarray` of int, (ny, nx)
        Footprints, 0 outside.
    pixels : `~meas_blends.data.footprints.PixelLists`
        Theirs.
    found : `~meas_blends.evaluation.skies.finders.Found`
        Their peaks.
    """

    filtered: FilteredCoadd
    labels: np.ndarray
    pixels: PixelLists
    found: Found

    @classmethod
    def of(cls, finder: Finder, coadd: Coadd) -> Seen:
        """Find the footprints of a complete coadd without a background, and their peaks."""
        filtered = MatchedFilter.fit(coadd).window()
        _, spans = find_footprints(filtered)
        labels = spans_to_labels(spans, coadd.shape, coadd.xy0)
        pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
        return cls(filtered, labels, pixels, finder(filtered, pixels))

    def brightest(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Brightest pixel of each footprint, array pixels, and the S/N of its pixels."""
        smoothed, coadd = self.filtered.smoothed.ravel(), self.filtered.coadd
        power = coadd.image.ravel()[self.pixels.flat] ** 2
        power = power / coadd.variance.ravel()[self.pixels.flat] - 1.0
        snr = np.sqrt(np.maximum(self.pixels.reduce(np.add, power), 0.0))
        # In coadds whose pixels share noise, less of it is in their variance.
        snr /= self.filtered.correlation
        flat = np.array(
            [
                self.pixels.flat[a:b][np.argmax(smoothed[self.pixels.flat[a:b]])]
                for a, b in pairwise(self.pixels.first)
            ],
            int,
        )
        y, x = np.divmod(flat, coadd.shape[1])
        return x, y, snr

    def judge(
        self, x: np.ndarray, y: np.ndarray, offsets: np.ndarray, side: int
    ) -> dict[str, np.ndarray]:
        """See what was found in the footprints at some pixels.

        Parameters
        ----------
        x, y : `numpy.ndarray` of int, (n,)
            Array pixels.
        offsets : `numpy.ndarray`, (n, 2)
            Of what is truly there from them [pixel].
        side : `int`
            How far around them light is shared out [pixel].

        Returns
        -------
        columns : `dict` [`str`, `numpy.ndarray`]
            ``detected``, ``nPeaks``, ``unusual``, ``blendProbability``,
            ``mainFlux`` and ``offset`` of
            `~meas_blends.data.real_sky_tables.SINGLES`.
        """
        owner = self.labels[y, x]
        row = np.searchsorted(self.pixels.identifiers, owner)
        columns = {
            "detected": owner > 0,
            "nPeaks": np.zeros(len(x), int),
            "unusual": np.zeros(len(x), bool),
            **{name: np.full(len(x), np.nan) for name in _NUMBERS},
        }
        found = self.found
        ny, nx = self.labels.shape
        for k in np.flatnonzero(owner > 0):
            mine = found.owner == row[k]
            columns["nPeaks"][k] = np.count_nonzero(mine)
            columns["blendProbability"][k] = found.probability[row[k]]
            columns["unusual"][k] = found.unusual[row[k]]
            if not mine.any():
                continue
            j, i = max(y[k] - side // 2, 0), max(x[k] - side // 2, 0)
            cell = np.s_[j : min(j + side, ny), i : min(i + side, nx)]
            inside = self.labels[cell] == owner[k]
            px, py = found.x[mine], found.y[mine]
            shares = kept_shares(self.filtered.coadd.image[cell], inside, px - i, py - j)
            columns["mainFlux"][k] = shares.max()
            dx, dy = px - x[k] - offsets[k, 0], py - y[k] - offsets[k, 1]
            columns["offset"][k] = np.hypot(dx, dy).min() * self.filtered.coadd.pixel_scale
        return columns
