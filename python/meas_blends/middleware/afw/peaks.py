"""Our peaks in the place of those of ``lsst.afw`` footprints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from astropy.table import Table
from lsst.pipe.base import Struct, Task

from ...data.catalogs import SPANS
from ...data.coadd import Coadd
from ...data.footprints import pixel_lists
from ...tasks.filtering import FilteringConfig, filter_coadd

if TYPE_CHECKING:
    from lsst.afw.detection import Footprint, FootprintSet

__all__ = ["rewrite_peaks", "spans_of_footprints"]

#: Name of the S/N in the schema of peaks, where LSST's detection has added it.
_SIGNIFICANCE = "significance"

#: Of our peaks, what goes into afw's.
_COLUMNS = ("f_x", "f_y", "peakValue", "i_x", "i_y", _SIGNIFICANCE)


def rewrite_peaks(
    footprints: FootprintSet | Iterable[Footprint],
    coadd: Coadd,
    peak_finder: Task,
    filtering: FilteringConfig | None = None,
) -> Struct:
    """Give footprints the peaks that a peak finder finds.

    All footprints go through the peak finder together.

    Parameters
    ----------
    footprints : `lsst.afw.detection.FootprintSet` or footprints
        Their peaks are replaced in place; schema and pixels stay. A footprint
        needs `getBBox`, `getSpans`, `getPeaks`, `addPeak` and `sortPeaks`.
    coadd : `~meas_blends.data.coadd.Coadd`
        What they were found in, such as `coadd_from_exposure` gives.
    peak_finder : `lsst.pipe.base.Task`
        One of the registry, such as
        `~meas_blends.tasks.peak_finders.shipped.GpTask`.
    filtering : `~meas_blends.tasks.filtering.FilteringConfig`, optional
        Background and matched filter; the defaults if not given.

    Returns
    -------
    found : `lsst.pipe.base.Struct`
        ``classification`` and ``peaks`` as `ClassifyBlendsTask` gives them;
        ``footprintId`` is the number of the footprint, from 1.

    Notes
    -----
    ``f_x`` and ``f_y`` are sub-pixel centres and ``i_x`` and ``i_y`` the
    pixels that hold them, all in parent pixels; ``peakValue`` is the value of
    our smoothed image, and ``significance``, where the schema has it, its
    S/N. Every footprint has at least one peak, the brightest first, and every
    peak lies in its footprint. A footprint without a pixel on the coadd keeps
    the peaks that it had.
    """
    if hasattr(footprints, "getFootprints"):
        footprints = footprints.getFootprints()
    footprints = list(footprints)
    filtered = filter_coadd(coadd, filtering or FilteringConfig())
    pixels = pixel_lists(spans_of_footprints(footprints), coadd.shape, coadd.xy0)
    found = peak_finder.run(filtered, pixels)
    owner = np.asarray(found.peaks["footprintId"])
    order = np.argsort(owner, kind="stable")
    rows = list(zip(*(found.peaks[column][order].tolist() for column in _COLUMNS), strict=True))
    first = np.searchsorted(owner[order], np.arange(1, len(footprints) + 2))
    for footprint, start, stop in zip(footprints, first[:-1], first[1:], strict=True):
        if start < stop:
            _replace(footprint, rows[start:stop])
    return found


def spans_of_footprints(footprints: Sequence[Footprint]) -> Table:
    """Turn the pixels of footprints into spans.

    Parameters
    ----------
    footprints : `list` [`lsst.afw.detection.Footprint`]
        May overlap.

    Returns
    -------
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`; ``footprintId`` counts from 1.
    """
    runs = [_runs(footprint) for footprint in footprints]
    y, x0, x1 = np.concatenate([np.zeros((3, 0), int), *runs], axis=1)
    owner = np.repeat(np.arange(1, len(runs) + 1), [run.shape[1] for run in runs])
    return SPANS.make({"footprintId": owner, "y": y, "x0": x0, "x1": x1})


def _runs(footprint: Footprint) -> np.ndarray:
    """Row, first and last column of each run of pixels, parent pixels, (3, n)."""
    box = footprint.getBBox()
    if box.isEmpty():
        return np.zeros((3, 0), int)
    inside = np.asarray(footprint.getSpans().asArray()) != 0
    # A run begins where a pixel follows an empty one, and ends where an empty one follows.
    change = np.diff(inside.astype(np.int8), axis=1, prepend=0, append=0)
    row, first = np.nonzero(change == 1)
    last = np.nonzero(change == -1)[1] - 1
    return np.stack([row + box.getMinY(), first + box.getMinX(), last + box.getMinX()])


def _replace(footprint: Footprint, rows: list[tuple]) -> None:
    """Replace the peaks of one footprint by rows of `_COLUMNS`."""
    catalogue = footprint.getPeaks()
    del catalogue[:]
    has_significance = _SIGNIFICANCE in catalogue.getSchema().getNames()
    for f_x, f_y, value, i_x, i_y, significance in rows:
        peak = footprint.addPeak(f_x, f_y, value)
        # It has truncated the centre, which is another pixel for half of them.
        peak.setIx(i_x)
        peak.setIy(i_y)
        if has_significance:
            peak.set(_SIGNIFICANCE, significance)
    footprint.sortPeaks()
