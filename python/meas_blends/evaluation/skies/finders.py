"""Peak finders as plain functions, so that a script can score them without lsst."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import sep

from ...blends.choose import choose_peaks
from ...blends.classifiers.ensemble import EnsembleClassifier, member_names
from ...blends.classifiers.loading import unpack_classifier
from ...blends.detections import Detections
from ...blends.maxima import find_maxima, refine_centres
from ...blends.too_large import is_too_large
from ...data.footprints import PixelLists
from ...data.packages import BLEND_ENSEMBLE, ModelPackage, find_package
from ...detection.matched_filter import FilteredCoadd

__all__ = ["Finder", "Found", "classifier", "local_maxima", "plain_sep"]


@dataclass(frozen=True)
class Found:
    """Peaks of the n footprints of an image.

    Parameters
    ----------
    owner : `numpy.ndarray` of int, (n_peaks,)
        Row of the footprint of each, ascending.
    x, y : `numpy.ndarray`, (n_peaks,)
        Array pixels.
    probability : `numpy.ndarray`, (n,)
        That a footprint holds more than one object; NaN if not estimated.
    unusual : `numpy.ndarray` of bool, (n,)
        Flagged as unlike the training.
    """

    owner: np.ndarray
    x: np.ndarray
    y: np.ndarray
    probability: np.ndarray
    unusual: np.ndarray


#: From an image and the footprints in it to their peaks.
Finder = Callable[[FilteredCoadd, PixelLists], Found]


def local_maxima(threshold: float = 5.0) -> Finder:
    """LSST's rule: every local maximum of the smoothed image above a point-source S/N."""

    def find(filtered: FilteredCoadd, pixels: PixelLists) -> Found:
        candidates = find_maxima(filtered, pixels, threshold)
        dx, dy = refine_centres(filtered, candidates)
        row, column = np.divmod(candidates.flat, filtered.smoothed.shape[1])
        return _without_probability(candidates.owner, column + dx, row + dy, pixels)

    return find


def plain_sep(threshold: float = 1.5, min_area: int = 5, contrast: float = 0.005) -> Finder:
    """Source Extractor's detection and deblending, with its usual settings.

    Parameters
    ----------
    threshold : `float`
        Of a pixel of the filtered image, in units of the noise of pixels.
    min_area : `int`
        Fewest pixels of an object.
    contrast : `float`
        Least share of the light of a branch that makes an object of its own.
    """

    def find(filtered: FilteredCoadd, pixels: PixelLists) -> Found:
        coadd = filtered.coadd
        width = max(1, round(2.0 * filtered.sigma))
        grid = np.arange(-width, width + 1)
        profile = np.exp(-0.5 * (grid / filtered.sigma) ** 2)
        kernel = np.outer(profile, profile)
        objects = sep.extract(
            np.ascontiguousarray(coadd.image, np.float32),
            threshold,
            var=np.ascontiguousarray(coadd.variance, np.float32),
            mask=filtered.bad,
            minarea=min_area,
            filter_kernel=kernel.astype(np.float32),
            deblend_nthresh=32,
            deblend_cont=contrast,
        )
        ny, nx = coadd.shape
        column = np.clip(np.floor(objects["x"] + 0.5).astype(int), 0, nx - 1)
        row = np.clip(np.floor(objects["y"] + 0.5).astype(int), 0, ny - 1)
        whose = np.full(ny * nx, -1)
        whose[pixels.flat] = pixels.owner
        owner = whose[row * nx + column]
        kept = np.flatnonzero(owner >= 0)
        kept = kept[np.argsort(owner[kept], kind="stable")]
        return _without_probability(owner[kept], objects["x"][kept], objects["y"][kept], pixels)

    return find


def classifier(
    package: ModelPackage | str,
    threshold: float | None = None,
    peak_threshold: float = 5.0,
    peak_probability: float = 0.6,
) -> Finder:
    """A trained classifier and the peaks that are chosen from what it says.

    Parameters
    ----------
    package : `~meas_blends.data.packages.ModelPackage` or `str`
        A model package, the name of a shipped one, or the folder of one.
    threshold : `float`, optional
        Blend probability above which a footprint is blended; the model's own
        if not given.
    peak_threshold : `float`
        Point-source S/N of local maxima.
    peak_probability : `float`
        Of a place that becomes a peak beside the likeliest of its footprint,
        where the classifier knows places.

    Returns
    -------
    finder : `Finder`
        Footprints that are too large to classify keep their local maxima.
    """
    package = find_package(package) if isinstance(package, str) else package
    if package.kind == BLEND_ENSEMBLE:
        members = {name: find_package(name) for name in member_names(package)}
        model = EnsembleClassifier.from_package(package, members)
    else:
        model = unpack_classifier(package)
    limit = model.threshold if threshold is None else threshold

    def find(filtered: FilteredCoadd, pixels: PixelLists) -> Found:
        detections = Detections(filtered, pixels, find_maxima(filtered, pixels, peak_threshold))
        small = ~is_too_large(detections)
        chosen_from = detections.select(small)
        prediction = model.predict(chosen_from)
        chosen = choose_peaks(chosen_from, prediction, limit, peak_probability)
        rows, kept = np.flatnonzero(small), detections.maxima.of_footprints(~small)
        width = filtered.smoothed.shape[1]
        parts = []
        for candidates, dx, dy, whose in (
            (chosen.candidates, chosen.dx, chosen.dy, rows),
            (kept, *refine_centres(filtered, kept), np.flatnonzero(~small)),
        ):
            row, column = np.divmod(candidates.flat, width)
            parts.append((whose[candidates.owner], column + dx, row + dy))
        owner, x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(owner, kind="stable")
        probability = np.full(len(pixels.identifiers), np.nan)
        probability[rows] = prediction.blend_probability
        unusual = np.zeros(len(pixels.identifiers), bool)
        outside = model.learned.outside(chosen_from.conditions, 0.12).any(axis=1)
        unusual[rows] = prediction.unusual | outside
        return Found(owner[order], x[order], y[order], probability, unusual)

    return find


def _without_probability(
    owner: Sequence[int], x: np.ndarray, y: np.ndarray, pixels: PixelLists
) -> Found:
    n = len(pixels.identifiers)
    return Found(np.asarray(owner), x, y, np.full(n, np.nan), np.zeros(n, bool))
