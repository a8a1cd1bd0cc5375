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
from .maxima import Candidates, refine_centres

__all__ = ["ChosenPeaks", "choose_number", "choose_peaks"]

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


def choose_number(detections: Detections, prediction: Prediction, threshold: float) -> np.ndarray:
    """Choose how many objects each footprint holds.

    Parameters
    ----------
    detections : `~meas_blends.blends.detections.Detections`
        Of n footprints.
    prediction : `~meas_blends.blends.classifier.Prediction`
        Of the same.
    threshold : `float`
        Blend probability above which a footprint is blended.

    Returns
    -------
    number : `numpy.ndarray` of int, (n,)
        1 where the blend probability does not exceed the threshold, else the
        most probable of the larger counts. Four or more are as many as have a
        place of probability above one half; without places, as there are
        local maxima; at least four. Where a core was filled in there is
        nothing hidden to be seen: no more than the local maxima.
    """
    number = np.where(
        prediction.blend_probability > threshold, 2 + prediction.counts[:, 1:].argmax(axis=1), 1
    )
    if prediction.places is None:
        many = detections.n_maxima
    else:
        likely = prediction.places.owner[prediction.places.probability > 0.5]
        many = np.bincount(likely, minlength=len(number))
    number = np.where(number == _MOST, np.maximum(many, _MOST), number)
    pixels = detections.pixels
    filled = detections.filtered.coadd.in_planes(FILLED_CORE).ravel()[pixels.flat]
    limited = pixels.reduce(np.logical_or, filled)
    return np.where(limited, np.minimum(number, detections.n_maxima), number)


def choose_peaks(detections: Detections, prediction: Prediction, threshold: float) -> ChosenPeaks:
    """Choose the peaks of all footprints.

    The likeliest places if the classifier has places, else the brightest
    local maxima; where there are fewer than there should be,
    `~meas_blends.blends.hidden.find_hidden` finds more.

    Parameters
    ----------
    detections : `~meas_blends.blends.detections.Detections`
    prediction : `~meas_blends.blends.classifier.Prediction`
    threshold : `float`
        Blend probability above which a footprint is blended.

    Returns
    -------
    peaks : `ChosenPeaks`
        As many as `choose_number` says, but no more than the footprint has
        pixels. Their pixels lie in the footprint; a place beyond it moves to
        the nearest pixel of it. The k-th peak of a classifier without places
        has the probability of k objects or more.
    """
    filtered = detections.filtered
    number = choose_number(detections, prediction, threshold)
    if prediction.places is None:
        known = _brightest(detections.maxima, number)
        placed = _with_centres(detections, known)
    else:
        placed = _likeliest(detections, prediction.places, number)
    hidden = find_hidden(filtered, detections.pixels, placed.candidates, number)
    peaks = _sort(_join(placed, _with_centres(detections, hidden)), detections)
    unknown = np.isnan(peaks.probability)
    peaks.probability[unknown] = _at_least(prediction.counts, peaks.candidates)[unknown]
    peaks.candidates.flags[:] = _flags(detections, peaks.candidates)
    return peaks


def _brightest(maxima: Candidates, number: np.ndarray) -> Candidates:
    """As many of the local maxima as wanted, the brightest ones."""
    return maxima.select(_rank(maxima.owner) < number[maxima.owner])


def _rank(owner: np.ndarray) -> np.ndarray:
    """Number of each entry in its group, from 0, where groups lie together."""
    start = np.append(True, owner[1:] != owner[:-1])[: len(owner)]
    return np.arange(len(owner)) - np.flatnonzero(start)[np.cumsum(start) - 1]


def _with_centres(detections: Detections, candidates: Candidates) -> ChosenPeaks:
    """Peaks at pixels, with the centres of parabolas and without errors."""
    dx, dy = refine_centres(detections.filtered, candidates)
    unknown = np.full((3, len(dx)), np.nan)
    return ChosenPeaks(candidates, dx, dy, *unknown)


def _likeliest(detections: Detections, places: Places, number: np.ndarray) -> ChosenPeaks:
    """The likeliest places; the brightest maximum where a footprint has none."""
    flat, dx, dy = _pixels_of(detections, places)
    # Two places that share a pixel cannot both become peaks: the first is the likelier.
    _, first = np.unique(flat, return_index=True)
    kept = np.sort(first)
    kept = kept[_rank(places.owner[kept]) < number[places.owner[kept]]]
    peaks = ChosenPeaks(
        Candidates(flat[kept], places.owner[kept], np.zeros(len(kept), int)),
        dx[kept],
        dy[kept],
        places.x_err[kept],
        places.y_err[kept],
        places.probability[kept],
    )
    without = peaks.candidates.counts(len(number)) == 0
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
    return at_least[candidates.owner, np.minimum(_rank(candidates.owner), _MOST - 1)]


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
