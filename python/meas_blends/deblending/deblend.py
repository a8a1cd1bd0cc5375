"""Deblend all footprints of a patch. Needs scarlet2."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.table import Table

from ..data.coadd import Coadd
from ..data.footprints import PixelLists
from ..detection.matched_filter import matched_filter
from ..detection.psf import psf_sigma
from .blends import BlendCutter
from .children import Children, Deblended
from .fit import BlendFitter
from .free import free_images

__all__ = ["CUTOUT_SIDES", "deblend"]

#: Sides of cutouts [pixel]: odd, for models have a middle pixel, and few, for
#: the model is compiled anew for each.
CUTOUT_SIDES = (33, 49, 65, 97, 129, 193, 257)


def deblend(
    coadds: Mapping[str, Coadd],
    pixels: PixelLists,
    peaks: Table,
    max_side: int = 129,
    max_peaks: int = 16,
    max_steps: int = 50,
    max_misfit: float | None = 10.0,
) -> Deblended:
    """Fit all peaks of every footprint together, in all bands at once.

    Parameters
    ----------
    coadds : mapping of `str` to `~meas_blends.data.coadd.Coadd`
        Complete, background subtracted, on one grid, by band.
    pixels : `~meas_blends.data.footprints.PixelLists`
        The footprints.
    peaks : `astropy.table.Table`
        `~meas_blends.data.catalogs.PEAKS`.
    max_side : `int`, optional
        Largest side of a footprint's cutout [pixel].
    max_peaks : `int`, optional
        Most peaks in a footprint.
    max_steps : `int`, optional
        Most steps of a fit.
    max_misfit : `float`, optional
        Excess of a child's chi^2 over noise [its scatter by noise] above
        which it gets a free image; none does if `None`.

    Returns
    -------
    deblended : `~meas_blends.deblending.children.Deblended`
        One row a peak in the same order, whatever became of it.
    """
    bands = list(coadds)
    cutter = BlendCutter(
        coadds,
        {band: matched_filter(coadd).noise_factor for band, coadd in coadds.items()},
        pixels,
        [side for side in CUTOUT_SIDES if side <= max_side],
    )
    widths = [psf_sigma(coadd.psf.middle) for coadd in coadds.values()]
    fitter = BlendFitter([coadd.psf.middle for coadd in coadds.values()], min(widths), max_steps)
    found = Children(peaks, bands, cutter.scales)
    sides = cutter.sides()
    for row, identifier in enumerate(pixels.identifiers):
        mine = np.flatnonzero(found.footprint == identifier)
        found.n_peaks[mine] = len(mine)
        if sides[row] == 0 or len(mine) > max_peaks:
            found.flag(mine, "TOO_LARGE")
        elif len(mine):
            x, y = (np.asarray(peaks[name], float)[mine] for name in ("f_x", "f_y"))
            blend = cutter.cut(row, int(sides[row]), x, y)
            # Whatever goes wrong in one blend must not stop the others.
            try:
                fitted = fitter.fit(blend)
                found.take(mine, blend, free_images(fitter, blend, fitted, max_misfit))
            except (ArithmeticError, ValueError, RuntimeError) as error:
                found.flag(mine, "FAILED")
                reason = str(error) or type(error).__name__
                found.failures[int(identifier)] = reason.splitlines()[0]
    found.flag(np.flatnonzero(found.n_peaks == 0), "FAILED")
    return found.tables(coadds)
