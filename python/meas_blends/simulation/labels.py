"""How many true objects each footprint holds."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from ..data.catalogs import FOOTPRINT_LABELS
from ..data.footprints import footprint_of

__all__ = ["label_footprints"]


def label_footprints(spans: Table, truth: Table, min_significance: float = 5.0) -> Table:
    """Count the significant galaxies whose centre lies in each footprint.

    Buchanan et al. (2022), ApJ 924, 94: a footprint is blended if it contains
    the centre of more than one galaxy of significant flux. Every galaxy
    counts, two in one pixel as two, and stars count as galaxies do. Their
    code truncates centres that are half a pixel low; here a centre belongs to
    the pixel that holds it.

    Parameters
    ----------
    spans : `astropy.table.Table`
        Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
    truth : `astropy.table.Table`
        Galaxies and stars, `~meas_blends.data.catalogs.TRUTH`; those beyond
        the image lie in no footprint.
    min_significance : `float`
        Least point-source S/N of an object that counts.

    Returns
    -------
    labels : `astropy.table.Table`
        `~meas_blends.data.catalogs.FOOTPRINT_LABELS`, one row a footprint in
        the order of ``footprintId``.
    """
    significant = np.asarray(truth["significance"]) >= min_significance
    owner = footprint_of(spans, truth["x"][significant], truth["y"][significant])
    identifiers = np.unique(np.asarray(spans["footprintId"]))
    number = np.bincount(np.searchsorted(identifiers, owner[owner > 0]), minlength=len(identifiers))
    return FOOTPRINT_LABELS.make(
        {
            "footprintId": identifiers,
            "nObjects": number,
            "blended": number > 1,
            "flags": (number == 0) * FOOTPRINT_LABELS.flag("EMPTY"),
        }
    )
