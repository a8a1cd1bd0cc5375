"""Rubin and Hyper Suprime-Cam: what ``lsst.images`` and ``lsst.afw`` persist."""

from __future__ import annotations

from typing import Any

from astropy.io import fits

from ....errors import BadInputError
from ..archive import Archive
from ..cell_coadd import cell_coadd_band, is_cell_coadd, read_cell_coadd
from ..exposure import exposure_band, is_exposure, read_exposure
from .layout import Layout

__all__ = ["CELL_TABLE", "EXPOSURE", "LSST_IMAGES"]

#: Columns of a row for each cell.
_CELL_COLUMNS = {"cell_id", "image", "mask", "variance", "psf"}


def _exposure_band(hdus: fits.HDUList) -> str:
    return exposure_band(Archive(hdus), [hdu.header for hdu in hdus])


def _is_cell_table(hdus: fits.HDUList) -> bool:
    tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU) and not hdu.is_image]
    return any(_CELL_COLUMNS <= {name.lower() for name in table.columns.names} for table in tables)


def _refuse_cell_table(hdus: fits.HDUList, name: str) -> dict[str, Any]:
    raise BadInputError(
        f"{name}: a MultipleCellCoadd of lsst.cell_coadds, a table with a row for each cell; stitch"
        " it with the LSST stack and give the Exposure, or give the CellCoadd of lsst.images."
    )


#: Also the coadds and cutouts of HSC's public data releases.
EXPOSURE = Layout("exposure", is_exposure, read=read_exposure, band=_exposure_band)

#: DP2's coadds, visit images and difference images.
LSST_IMAGES = Layout(
    "lsst_images", is_cell_coadd, read=read_cell_coadd, band=cell_coadd_band
)

CELL_TABLE = Layout("cell_table", _is_cell_table, read=_refuse_cell_table)
