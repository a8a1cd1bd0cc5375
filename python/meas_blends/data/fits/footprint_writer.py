"""Footprints and peaks as a source catalogue that ``lsst.afw`` reads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from astropy.table import Table

from ...errors import BadInputError
from ..files import write_whole

__all__ = ["write_afw_footprints"]

#: Of the golden example of the format; later versions rename no column of ours.
_TABLE_VERSION = 1


class _Field(NamedTuple):
    """One column in afw's schema."""

    name: str
    form: str
    doc: str
    unit: str = ""
    template: str = "Scalar"


_SOURCE = (
    _Field("id", "K", "unique ID"),
    _Field("coord_ra", "D", "position in ra/dec", "rad", "Angle"),
    _Field("coord_dec", "D", "position in ra/dec", "rad", "Angle"),
    _Field("parent", "K", "unique ID of parent source"),
    _Field("footprint", "J", "archive ID for Footprint"),
)

_INDEX = (
    _Field("id", "J", "Archive ID of the persistable object that owns the records"),
    _Field("cat.archive", "J", "index of the catalog from the perspective of the archive"),
    _Field("cat.persistable", "J", "index of the catalog from the perspective of the object"),
    _Field("row0", "J", "first row used by the persistable object in this catalog"),
    _Field("nrows", "J", "number of rows used by the persistable object in this catalog"),
    _Field("name", "64A", "unique name for the class of the object", "", "String"),
    _Field("module", "64A", "Python module to import for the object's factory", "", "String"),
)

_SPAN_SET = (_Field("id", "J", "id of the SpanSet catalog"),)

_SPANS = (
    _Field("y", "J", "The row of the span", "pixel"),
    _Field("x0", "J", "First column of span (inclusive)", "pixel"),
    _Field("x1", "J", "Second column of span (inclusive)", "pixel"),
)

_PEAKS = (
    _Field("id", "K", "unique ID"),
    _Field("f_x", "E", "subpixel column position", "pixel"),
    _Field("f_y", "E", "subpixel row position", "pixel"),
    _Field("i_x", "J", "column position of highest pixel", "pixel"),
    _Field("i_y", "J", "row position of highest pixel", "pixel"),
    _Field("peakValue", "E", "value of [smoothed] image at peak position", "count"),
    _Field("significance", "D", "Ratio of peak value to configured standard deviation."),
)

#: Numbers of the data tables after the index.
_SPAN_SET_TABLE, _SPANS_TABLE, _PEAKS_TABLE = 1, 2, 3


def write_afw_footprints(spans: Table, peaks: Table, path: str | os.PathLike[str]) -> None:
    """Write footprints with their peaks as an LSST source catalogue.

    ``lsst.afw.table.SourceCatalog.readFits`` takes it, and `read_afw_footprints`.
    A source has the ``id`` of its footprint, the sky position of its first
    peak, and no parent. Peaks have afw's minimal schema and ``significance``.

    Parameters
    ----------
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`.
    peaks : `astropy.table.Table`
        `~meas_blends.data.catalogs.PEAKS`; at least one a footprint.
    path : path-like
        Where to, whole or not at all.

    Raises
    ------
    BadInputError
        If a footprint has no peak, or a peak no footprint.
    """
    owner = np.asarray(spans["footprintId"], np.int64)
    spans = spans[np.lexsort((spans["x0"], spans["y"], owner))]
    owner = np.asarray(peaks["footprintId"], np.int64)
    peaks = peaks[np.lexsort((-np.asarray(peaks["peakValue"], np.float64), owner))]
    source, n_spans = np.unique(np.asarray(spans["footprintId"]), return_counts=True)
    owners, first, n_peaks = np.unique(
        np.asarray(peaks["footprintId"]), return_index=True, return_counts=True
    )
    _check_owners(source, owners)
    # A footprint has an odd archive identifier, its SpanSet the even one after it.
    footprint = np.arange(1, 2 * len(source), 2)
    catalogue = _table(
        _SOURCE,
        {
            "id": source,
            "coord_ra": np.deg2rad(peaks["coord_ra"][first]),
            "coord_dec": np.deg2rad(peaks["coord_dec"][first]),
            "parent": np.zeros(len(source), np.int64),
            "footprint": footprint,
        },
        AFW_TYPE="SOURCE",
        AR_HDU=3,
    )
    index = _table(
        _INDEX,
        _index(footprint, n_spans, n_peaks),
        EXTTYPE="ARCHIVE_INDEX",
        AR_CATN=0,
        AR_NCAT=4,
    )
    data = [
        _data_table(_SPAN_SET, {"id": footprint + 1}, _SPAN_SET_TABLE, "Footprint"),
        _data_table(_SPANS, spans, _SPANS_TABLE, "SpanSet"),
        _data_table(_PEAKS, peaks, _PEAKS_TABLE, "Footprint"),
    ]
    with write_whole(path) as temporary:
        fits.HDUList([fits.PrimaryHDU(), catalogue, index, *data]).writeto(temporary)


def _check_owners(source: np.ndarray, owners: np.ndarray) -> None:
    """Check that footprints and peaks belong together."""
    for lonely, text in (
        (np.setdiff1d(source, owners), "has no peak; every footprint of LSST has one"),
        (np.setdiff1d(owners, source), "has peaks but no pixels; give the spans of the same image"),
    ):
        if len(lonely):
            raise BadInputError(f"peaks: the footprint {lonely[0]} {text}.")


def _index(
    footprint: np.ndarray, n_spans: np.ndarray, n_peaks: np.ndarray
) -> dict[str, np.ndarray]:
    """Columns of the archive's index: three lines an object, as afw writes them."""
    number = len(footprint)

    def lines(span_set: object, spans: object, peaks: object) -> np.ndarray:
        return np.stack([np.broadcast_to(one, number) for one in (span_set, spans, peaks)], 1)

    values = {
        "id": lines(footprint + 1, footprint, footprint),
        "cat.archive": lines(_SPANS_TABLE, _SPAN_SET_TABLE, _PEAKS_TABLE),
        "cat.persistable": lines(0, 0, 1),
        "row0": lines(
            np.cumsum(n_spans) - n_spans, np.arange(number), np.cumsum(n_peaks) - n_peaks
        ),
        "nrows": lines(n_spans, 1, n_peaks),
        "name": lines("SpanSet", "Footprint", "Footprint"),
        "module": lines("lsst.afw.geom", "lsst.afw.detection", "lsst.afw.detection"),
    }
    # The order of the archive's identifiers does not matter to afw.
    return {field: column.ravel() for field, column in values.items()}


def _data_table(
    fields: Sequence[_Field], columns: Mapping | Table, number: int, owner: str
) -> fits.BinTableHDU:
    """A table of the archive, by the class of the objects in it."""
    return _table(fields, columns, EXTTYPE="ARCHIVE_DATA", AR_CATN=number, AR_NAME=owner)


def _table(fields: Sequence[_Field], columns: Mapping | Table, **cards: object) -> fits.BinTableHDU:
    """Build a table HDU with the cards by which afw rebuilds its schema."""
    hdu = fits.BinTableHDU.from_columns(
        [
            fits.Column(one.name, one.form, one.unit or None, array=np.asarray(columns[one.name]))
            for one in fields
        ]
    )
    for number, field in enumerate(fields, 1):
        hdu.header[f"TDOC{number}"] = field.doc
        hdu.header[f"TCCLS{number}"] = (field.template, "Field template used by lsst.afw.table")
    hdu.header.update(cards)
    hdu.header["HIERARCH AFW_TABLE_VERSION"] = _TABLE_VERSION
    return hdu
