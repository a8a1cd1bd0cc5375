"""The table of what is truly there, from its columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS

from ..data.catalogs import TRUTH
from ..data.coadd import NANOJANSKY_ZERO_POINT
from .survey import Survey

__all__ = ["join_truth", "make_truth"]

#: Columns that need not be given, and what they are then.
_DEFAULTS = {
    "shear1": 0.0,
    "shear2": 0.0,
    "convergence": 0.0,
    "redshift": np.nan,
    "isStar": False,
    "structure": 0,
}


def make_truth(
    columns: Mapping[str, np.ndarray],
    survey: Survey,
    wcs: WCS | None = None,
    xy0: tuple[int, int] = (0, 0),
) -> Table:
    """Build a truth table from positions, magnitudes and shapes.

    Parameters
    ----------
    columns : mapping of `str` to array-like, (n,)
        ``x``, ``y`` [parent pixels], ``mag`` in the survey's band, the shape
        columns of `~meas_blends.data.catalogs.TRUTH`, and, if known, its
        lensing, ``redshift``, ``isStar`` and ``structure``.
    survey : `~meas_blends.simulation.survey.Survey`
        Depth, for the S/N.
    wcs : `astropy.wcs.WCS`, optional
        Of the array, for sky coordinates.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position of the array's first pixel.

    Returns
    -------
    truth : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`, in the order given.
    """
    x, y, mag = (np.asarray(columns[name], float) for name in ("x", "y", "mag"))
    ra = dec = np.full(len(mag), np.nan)
    if wcs is not None and len(mag):
        world = wcs.pixel_to_world(x - xy0[0], y - xy0[1])
        ra, dec = world.ra.deg, world.dec.deg
    return TRUTH.make(
        {
            **_DEFAULTS,
            **columns,
            "galaxyId": np.arange(1, len(mag) + 1),
            "coord_ra": ra,
            "coord_dec": dec,
            "flux": 10 ** (0.4 * (NANOJANSKY_ZERO_POINT - mag)),
            "significance": survey.significance(survey.photons(mag)),
        }
    )


def join_truth(*tables: Table) -> Table:
    """Put truth tables one below the other and number their rows anew.

    Parameters
    ----------
    *tables : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`.

    Returns
    -------
    truth : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`.
    """
    columns = {
        name: np.concatenate([np.asarray(table[name]) for table in tables])
        for name in tables[0].colnames
    }
    columns["galaxyId"] = np.arange(1, len(columns["x"]) + 1)
    return TRUTH.make(columns)
