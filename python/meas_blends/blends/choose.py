"""From a classifier's probabilities to peaks: how many objects, and where each lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.catalogs import PEAKS
from ..data.footprints import PixelLists
from ..detection.cores import FILLED_CORE
from .classifier import Places, Prediction
from .detections import Detections
from .hidden import find_hidden
from .maxima import Candidates, ranks, refine_centres

__all__ = ["ChosenPeaks", "choose_peaks", "probable_number"]

#: The last count stands for this many objects or more.
_MOST = 4

#: Pixels that are compared at once to find the nearest, about.
_PIXELS = 1 << 20


@dataclass(frozen=True)
class ChosenPeaks:
    """Peaks with all that their table needs.

    Parameters
    ----------
    candidates : `~meas_blends.blends.maxima.Candidates`
        The n peaks, at least one a footprint, brightest first in each.
    dx, dy : `numpy.ndarray`, (n,)
        Sub-pixel centres less the pixels' centres, within half a pixel.
    x_err, y_err : `numpy.ndarray`, (n,)
        Standard errors of the centres [pixel]; NaN if not estimated.
    probability : `numpy.ndarray`, (n,)
        That each is an object of its own.
    """

    candidates: Candidates
    dx: np.ndarray
    dy: np.ndarray
    x_err: np.ndarray
    y_err: np.ndarray
    probability: np.ndarray


def probable_number(prediction: Prediction, threshold: float) -> np.ndarray:
    """Say how many objects each footprint probably holds, placed or not.

    Parameters
    ----------
    prediction : `~meas_blends.blends.classifier.Prediction`
        Of n footprints.
    threshold : `float`
        Blend probability above which a footprint is blended.

    Returns
    -------
    number : `numpy.ndarray` of int, (n,)
        1 where the blend probability does not exceed the threshold, else the
        most probable of the larger counts: 2, 3, or 4 for four or more.
    """
    several = 2 + prediction.counts[:, 1:].argmax(axis=1)
    return np.where(prediction.blend_probability > threshold, several, 1)


def choose_peaks(
    detections: Detections, prediction: Prediction, threshold: float, least_probability: float
) -> ChosenPeaks:
    """Choose the peaks of all footprints.

    A classifier that has places gives a peak to each that is probable enough,
    however many objects the footprint probably holds: the field's faint
    neighbours make a bright galaxy's footprint a likely blend, but only
    light at a place makes a peak. One without places gives the brightest
    local maxima, as many as there are probably objects; where there are too
    few, `~meas_blends.blends.hidden.find_hidden` finds more.

    Parameters
    ----------
    detections : `~meas_blends.blends.detections.Detections`
    prediction : `~meas_blends.blends.classifier.Prediction`
    threshold : `float`
        Blend probability above which a footprint is blended.
    least_probability : `float`
        Of a place that becomes a peak beside the likeliest of its footprint.

    Returns
    -------
    peaks : `ChosenPeaks`
        At least one a footprint. Their pixels lie in it; a place beyond it
        moves to its nearest pixel. Where a core was filled in nothing hidden
        can be seen: there are no more than the local maxima. The k-th peak
        of a classifier without places has the probability of k objects or
        more.
    """
    filtered, pixels = detections.filtered, detections.pixels
    filled = filtered.coadd.in_planes(FILLED_CORE).ravel()[pixels.flat]
    limited = pixels.reduce(np.logical_or, filled)
    if prediction.places is None:
        number = probable_number(prediction, threshold)
        number = np.where(number == _MOST, np.maximum(detections.n_maxima, _MOST), number)
        number = np.where(limited, np.minimum(number, detections.n_maxima), number)
        placed = _with_centres(detections, _brightest(detections.maxima, number))
        hidden = find_hidden(filtered, pixels, placed.candidates, number)
        placed = _join(placed, _with_centres(detections, hidden))
    else:
        most = np.where(limited, detections.n_maxima, np.iinfo(int).max)
        placed = _evident(detections, prediction.places, least_probability, most)
    peaks = _sort(placed, detections)
    unknown = np.isnan(peaks.probability)
    peaks.probability[unknown] = _at_least(prediction.counts, peaks.candidates)[unknown]
    peaks.candidates.flags[:] = _flags(detections, peaks.candidates)
    return peaks


def _brightest(maxima: Candidates, number: np.ndarray) -> Candidates:
    """As many of the local maxima as wanted, the brightest ones."""
    return maxima.select(ranks(maxima.owner) < number[maxima.owner])


def _with_centres(detections: Detections, candidates: Candidates) -> ChosenPeaks:
    """Peaks at pixels, with the centres of parabolas and without errors."""
    dx, dy = refine_centres(detections.filtered, candidates)
    unknown = np.full((3, len(dx)), np.nan)
    return ChosenPeaks(candidates, dx, dy, *unknown)


def _evident(
    detections: Detections, places: Places, least_probability: float, most: np.ndarray
) -> ChosenPeaks:
    """The probable places; the brightest maximum where a footprint has none."""
    flat, dx, dy = _pixels_of(detections, places)
    # Two places that share a pixel cannot both become peaks: the first is the likelier.
    _, first = np.unique(flat, return_index=True)
    kept = np.sort(first)
    rank = ranks(places.owner[kept])
    probable = (places.probability[kept] >= least_probability) | (rank == 0)
    kept = kept[probable & (rank < most[places.owner[kept]])]
    peaks = ChosenPeaks(
        Candidates(flat[kept], places.owner[kept], np.zeros(len(kept), int)),
        dx[kept],
        dy[kept],
        places.x_err[kept],
        places.y_err[kept],
        places.probability[kept],
    )
    without = peaks.candidates.counts(len(detections)) == 0
    maxima = detections.maxima.select(detections.maxima.first() & without[detections.maxima.owner])
    return _sort(_join(peaks, _with_centres(detections, maxima)), detections)


def _pixels_of(detections: Detections, places: Places) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixel that holds each place, and the centre's offset from the pixel's.

    A place that lies in no pixel of its footprint moves to the nearest one.
    """
    ny, nx = detections.filtered.smoothed.shape
    column, row = np.floor(places.x + 0.5).astype(int), np.floor(places.y + 0.5).astype(int)
    on_image = (column >= 0) & (column < nx) & (row >= 0) & (row < ny)
    flat = np.where(on_image, row * nx + column, 0)
    whose = np.full(ny * nx, -1, np.int32)
    whose[detections.pixels.flat] = detections.pixels.owner
    outside = np.flatnonzero(~on_image | (whose[flat] != places.owner))
    flat[outside] = _nearest(
        detections.pixels, places.x[outside], places.y[outside], places.owner[outside], nx
    )
    row, column = np.divmod(flat, nx)
    return flat, _within(places.x - column), _within(places.y - row)


def _within(offset: np.ndarray) -> np.ndarray:
    """Hold offsets in the pixel, so that the centre rounds to it in parent pixels as well."""
    return np.clip(offset, -0.5, 0.5 - 1e-6)


def _nearest(
    pixels: PixelLists, x: np.ndarray, y: np.ndarray, owner: np.ndarray, nx: int
) -> np.ndarray:
    """Pixel of the owner's footprint that is nearest to each position."""
    # A part at a time: every position is compared with a whole footprint.
    part = np.cumsum(np.diff(pixels.first)[owner]) // _PIXELS
    parts = np.split(np.arange(len(owner)), np.flatnonzero(np.diff(part)) + 1)
    return np.concatenate([_nearest_of(pixels, x[k], y[k], owner[k], nx) for k in parts])


def _nearest_of(
    pixels: PixelLists, x: np.ndarray, y: np.ndarray, owner: np.ndarray, nx: int
) -> np.ndarray:
    """The same of a part of the positions."""
    length = np.diff(pixels.first)[owner]
    which = np.repeat(np.arange(len(owner)), length)
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    flat = pixels.flat[pixels.first[owner][which] + within]
    row, column = np.divmod(flat, nx)
    squared = (column - x[which]) ** 2 + (row - y[which]) ** 2
    order = np.lexsort((squared, which))
    return flat[order[np.cumsum(length) - length]]


def _join(one: ChosenPeaks, other: ChosenPeaks) -> ChosenPeaks:
    def both(name: str, of: str | None = None) -> np.ndarray:
        parts = [getattr(peaks, of) if of else peaks for peaks in (one, other)]
        return np.concatenate([getattr(part, name) for part in parts])

    candidates = Candidates(*(both(name, "candidates") for name in ("flat", "owner", "flags")))
    return ChosenPeaks(candidates, *map(both, ("dx", "dy", "x_err", "y_err", "probability")))


def _sort(peaks: ChosenPeaks, detections: Detections) -> ChosenPeaks:
    """In the order of afw's peak catalogues: brightest first, then by column and row."""
    flat = peaks.candidates.flat
    row, column = np.divmod(flat, detections.filtered.smoothed.shape[1])
    value = detections.filtered.smoothed.ravel()[flat]
    order = np.lexsort((row, column, -value, peaks.candidates.owner))
    columns = (peaks.dx, peaks.dy, peaks.x_err, peaks.y_err, peaks.probability)
    return ChosenPeaks(peaks.candidates.select(order), *(column[order] for column in columns))


def _at_least(counts: np.ndarray, candidates: Candidates) -> np.ndarray:
    """P(at least k objects) for the k-th brightest peak, k capped at 4."""
    at_least = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
    return at_least[candidates.owner, np.minimum(ranks(candidates.owner), _MOST - 1)]


def _flags(detections: Detections, candidates: Candidates) -> np.ndarray:
    """HIDDEN where no local maximum is near, NO_MAXIMUM where the brightest pixel stands in."""
    nx = detections.filtered.smoothed.shape[1]
    maxima = detections.maxima
    stand_in = (maxima.flags & PEAKS.flag("NO_MAXIMUM")) > 0
    # A plain lookup is faster than np.isin with nine shifted copies. Maxima
    # are never on the border, so no step from one wraps around.
    near = np.zeros(detections.filtered.smoothed.size, bool)
    true_maxima = maxima.flat[~stand_in]
    for step in (-nx - 1, -nx, -nx + 1, -1, 0, 1, nx - 1, nx, nx + 1):
        near[true_maxima + step] = True
    hidden = ~near[candidates.flat]
    alone = np.isin(candidates.flat, maxima.flat[stand_in])
    return np.where(alone, PEAKS.flag("NO_MAXIMUM"), np.where(hidden, PEAKS.flag("HIDDEN"), 0))
