"""Finding the peaks of an image window by window, so that its size does not matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from astropy.table import Table
from lsst.pipe.base import Struct, Task

from ..blends.peaks import in_order, join_pieces, number_anew
from ..blends.stars import settle_star_peaks
from ..data.catalogs import CLASSIFICATION
from ..data.footprints import box_areas
from ..data.tiles import FootprintWindow, footprint_pieces, footprint_windows
from ..detection.matched_filter import MatchedFilter
from ..detection.psf import psf_widths

__all__ = ["find_peaks"]

#: How far around a footprint anything may look, in PSF sigmas.
_MARGIN = 8.0


def find_peaks(
    peak_finder: Task,
    matched: MatchedFilter,
    spans: Table,
    tile: int,
    others: Mapping[str, MatchedFilter] | None = None,
    drop_satellites: bool = False,
    **more: object,
) -> Struct:
    """Run a peak finder over the footprints of an image.

    Parameters
    ----------
    peak_finder : `lsst.pipe.base.Task`
        Its ``run`` takes a `~meas_blends.detection.matched_filter.FilteredCoadd`
        and the `~meas_blends.data.footprints.PixelLists` in it: a window of
        the image. If it has ``is_too_large``, footprints of whose bounding
        boxes' areas that is true are given to its ``run_piece`` in pieces.
    matched : `~meas_blends.detection.matched_filter.MatchedFilter`
        Of the image.
    spans : `astropy.table.Table`
        Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
    tile : `int`
        Side of the tiles from which windows are made [pixel].
    others : `dict` [`str`, `MatchedFilter`], optional
        Of other bands on the same pixels, if the peak finder takes some.
    drop_satellites : `bool`, optional
        Whether peaks in the halos of saturated stars go.
    **more
        Further arguments of its ``run``.

    Returns
    -------
    result : `lsst.pipe.base.Struct`
        ``classification``, one row a footprint in the order of
        ``footprintId``, and ``peaks``, numbered in that order.
    """
    found = _in_windows(peak_finder, matched, spans, tile, others, more)
    peaks = number_anew([one.peaks for one in found])
    classification = in_order([one.classification for one in found])
    classification, peaks = settle_star_peaks(
        matched, spans, classification, peaks, drop_satellites
    )
    large = classification["flags"] & CLASSIFICATION.flag("TOO_LARGE") != 0
    if large.any():
        peak_finder.log.warning(
            "%s: %d of %d footprints, with %d of %d peaks, too large to classify: they keep their"
            " local maxima, flagged TOO_LARGE",
            matched.coadd.name,
            large.sum(),
            len(large),
            classification["nPeaks"][large].sum(),
            len(peaks),
        )
    return Struct(classification=classification, peaks=peaks)


def _in_windows(
    peak_finder: Task,
    matched: MatchedFilter,
    spans: Table,
    tile: int,
    others: Mapping[str, MatchedFilter] | None,
    more: dict[str, object],
) -> list[Struct]:
    """Results of all windows, and of the footprints that are worked in pieces."""
    coadd = matched.coadd
    images = (matched, *(others or {}).values())
    sigma = max(float(psf_widths(one.coadd.psf).max()) for one in images)
    margin = int(np.ceil(_MARGIN * sigma))
    found, pieces = [], []

    def run(function: Callable[..., Struct], window: FootprintWindow) -> Struct:
        part = window.rows, window.columns
        if others:
            more["others"] = {band: other.window(*part) for band, other in others.items()}
        return function(matched.window(*part), window.pixels, **more)

    large = np.zeros(len(spans), bool)
    # Plugins' peak finders may want all footprints whole.
    if hasattr(peak_finder, "run_piece"):
        large = peak_finder.is_too_large(box_areas(spans))
        for window in footprint_pieces(spans[large], coadd.shape, coadd.xy0, margin):
            pieces.append(run(peak_finder.run_piece, window))
    if pieces:
        columns = ([getattr(one, name) for one in pieces] for name in ("classification", "peaks"))
        classification, peaks = join_pieces(*columns)
        found.append(Struct(classification=classification, peaks=peaks))
    for window in footprint_windows(spans[~large], coadd.shape, coadd.xy0, tile, margin):
        found.append(run(peak_finder.run, window))
    return found
