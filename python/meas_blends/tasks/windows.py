"""Finding the peaks of an image window by window, so that its size does not matter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.table import Table, vstack
from lsst.pipe.base import Struct, Task

from ..data.tiles import footprint_windows
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
    **more: object,
) -> Struct:
    """Run a peak finder over the footprints of an image.

    Parameters
    ----------
    peak_finder : `lsst.pipe.base.Task`
        Its ``run`` takes a `~meas_blends.detection.matched_filter.FilteredCoadd`
        and the `~meas_blends.data.footprints.PixelLists` in it: a window of
        the image.
    matched : `~meas_blends.detection.matched_filter.MatchedFilter`
        Of the image.
    spans : `astropy.table.Table`
        Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
    tile : `int`
        Side of the tiles from which windows are made [pixel].
    others : `dict` [`str`, `MatchedFilter`], optional
        Of other bands on the same pixels, if the peak finder takes some.
    **more
        Further arguments of its ``run``.

    Returns
    -------
    result : `lsst.pipe.base.Struct`
        ``classification``, one row a footprint in the order of
        ``footprintId``, and ``peaks``, numbered in that order.
    """
    images = (matched, *(others or {}).values())
    sigma = max(float(psf_widths(one.coadd.psf).max()) for one in images)
    coadd = matched.coadd
    found = []
    for window in footprint_windows(
        spans, coadd.shape, coadd.xy0, tile, int(np.ceil(_MARGIN * sigma))
    ):
        part = window.rows, window.columns
        if others:
            more["others"] = {band: other.window(*part) for band, other in others.items()}
        found.append(peak_finder.run(matched.window(*part), window.pixels, **more))
    classification = _in_order([one.classification for one in found])
    peaks = _in_order([one.peaks for one in found])
    peaks["id"][:] = np.arange(1, len(peaks) + 1)
    return Struct(classification=classification, peaks=peaks)


def _in_order(tables: list[Table]) -> Table:
    """One table in the order of the footprints; their own rows keep theirs."""
    table = vstack(tables, metadata_conflicts="silent")
    return table[np.argsort(table["footprintId"], kind="stable")]
