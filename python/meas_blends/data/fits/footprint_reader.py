"""Footprints and peaks out of the catalogues that ``lsst.afw`` persists."""

from __future__ import annotations

import os

import numpy as np
from astropy.io import fits
from astropy.table import Table

from ...errors import BadInputError
from ..catalogs import PEAKS, SPANS
from .archive import Archive
from .opening import open_fits

__all__ = ["read_afw_footprints"]

#: What afw's `Footprint` keeps in its first and in its second table.
_SPANS_TABLE, _PEAKS_TABLE = 0, 1

_SPAN_FIELDS = ("y", "x0", "x1")
_PEAK_FIELDS = ("id", "f_x", "f_y", "i_x", "i_y", "peakValue")


def read_afw_footprints(path: str | os.PathLike[str]) -> tuple[Table, Table]:
    """Read the footprints of an LSST source catalogue.

    Parameters
    ----------
    path : path-like
        A FITS file of a ``lsst.afw.table.SourceCatalog`` with its footprints,
        such as a ``deepCoadd_det``, ``deepCoadd_mergeDet`` or
        ``deepCoadd_meas``, or of `write_afw_footprints`.

    Returns
    -------
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`; ``footprintId`` is the ``id`` of
        the source.
    peaks : `astropy.table.Table`
        `~meas_blends.data.catalogs.PEAKS`. What LSST does not know of a peak
        is NaN, and ``significance`` too where its schema has none;
        ``peakFinder`` is ``lsst``.

    Raises
    ------
    BadInputError
        If the file is missing or damaged, or no catalogue with footprints.

    Notes
    -----
    Children of deblended sources are left out: their pixels lie in the
    footprints of their parents. So are sources without a footprint.
    """
    name = str(path)
    with open_fits(path) as hdus:
        source, identifier = _sources(hdus, name)
        archive = Archive(hdus)
        try:
            spans = [_spans(archive, int(one)) for one in identifier]
            peaks = [archive.rows(int(one), _PEAKS_TABLE) for one in identifier]
        except KeyError as error:
            raise BadInputError(
                f"{name}: its archive does not hold all footprints of the catalogue"
                f" ({error.args[0]!s}); copy it anew."
            ) from error
        return _span_table(source, spans, name), _peak_table(source, peaks, name)


def _sources(hdus: fits.HDUList, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Identifiers of the parents and of their footprints in the archive."""
    for hdu in hdus:
        columns = hdu.columns.names if isinstance(hdu, fits.BinTableHDU) else ()
        if "id" in columns and "footprint" in columns:
            identifier = np.asarray(hdu.data["footprint"], np.int64)
            keep = identifier > 0
            if "parent" in columns:
                keep &= np.asarray(hdu.data["parent"]) == 0
            return np.asarray(hdu.data["id"], np.int64)[keep], identifier[keep]
    raise BadInputError(
        f"{name}: no catalogue with footprints; give an LSST source catalogue that was written with"
        " them."
    )


def _spans(archive: Archive, footprint: int) -> np.ndarray:
    """Rows of the spans of a footprint, which names a SpanSet."""
    rows = archive.rows(footprint, _SPANS_TABLE)
    if rows.dtype.names != ("id",) or len(rows) != 1:
        raise KeyError(f"no SpanSet of the archive object {footprint}")
    return archive.rows(int(rows["id"][0]), 0)


def _span_table(source: np.ndarray, rows: list[np.ndarray], name: str) -> Table:
    columns = _columns(rows, _SPAN_FIELDS, name)
    footprint = np.repeat(source, [len(part) for part in rows])
    order = np.lexsort((columns["x0"], columns["y"], footprint))
    spans = {"footprintId": footprint, **columns}
    return SPANS.make({field: values[order] for field, values in spans.items()})


def _peak_table(source: np.ndarray, rows: list[np.ndarray], name: str) -> Table:
    columns = _columns(rows, _PEAK_FIELDS, name)
    known = bool(rows) and "significance" in rows[0].dtype.names
    significance = _columns(rows, ("significance",), name)["significance"] if known else np.nan
    unknown = ("f_xErr", "f_yErr", "coord_ra", "coord_dec", "probability")
    peaks = PEAKS.make(
        {
            "footprintId": np.repeat(source, [len(part) for part in rows]),
            **columns,
            **dict.fromkeys(unknown, np.nan),
            "significance": significance,
            "rank": np.concatenate([np.arange(len(part)) for part in rows] or [np.zeros(0)]),
            "partOf": 0,
            "peakFinder": "lsst",
            "flags": 0,
        }
    )
    # A catalogue need not be sorted by its identifiers; peaks keep their order.
    return peaks[np.argsort(peaks["footprintId"], kind="stable")]


def _columns(rows: list[np.ndarray], fields: tuple[str, ...], name: str) -> dict[str, np.ndarray]:
    """Columns of the rows of all footprints, one after the other."""
    kinds = {part.dtype.names for part in rows}
    if any(field not in names for names in kinds for field in fields):
        raise BadInputError(
            f"{name}: its footprints lack one of the columns {', '.join(fields)}; give a catalogue"
            " of a stack from 2017 or later."
        )
    return {
        field: np.concatenate([part[field] for part in rows]) if rows else np.zeros(0)
        for field in fields
    }
