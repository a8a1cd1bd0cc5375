"""Deblend all footprints of a patch. Needs scarlet2."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from astropy.table import Table

from ..data.coadd import Coadd
from ..data.footprints import PixelLists
from ..detection.matched_filter import matched_filter
from ..detection.psf import psf_widths
from .blends import BlendCutter
from .children import Children, Deblended
from .fit import BlendFitter
from .free import free_images

__all__ = ["CUTOUT_SIDES", "deblend"]

#: Sides of cutouts [pixel]: odd, for models have a middle pixel, and few, for
#: the model is compiled anew for each.
CUTOUT_SIDES = (33, 49, 65, 97, 129, 193, 257)

#: Most places whose PSFs are kept ready: more than a row of cells of a coadd has.
_READY = 128


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
    psfs = [coadd.psf for coadd in coadds.values()]
    # One width for all, for which the model is compiled.
    narrowest = min(float(psf_widths(psf).min()) for psf in psfs)

    @lru_cache(maxsize=_READY)
    def fitter_of(*kinds: int) -> BlendFitter:
        images = [psf.kinds[0][kind] for psf, kind in zip(psfs, kinds, strict=True)]
        return BlendFitter(images, narrowest, max_steps)

    kinds = np.stack([psf.kind_at(*_middles(cutter, pixels)) for psf in psfs], axis=1).tolist()
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
                fitter = fitter_of(*kinds[row])
                fitted = fitter.fit(blend)
                found.take(mine, blend, free_images(fitter, blend, fitted, max_misfit))
            except (ArithmeticError, ValueError, RuntimeError) as error:
                found.flag(mine, "FAILED")
                reason = str(error) or type(error).__name__
                found.failures[int(identifier)] = reason.splitlines()[0]
    found.flag(np.flatnonzero(found.n_peaks == 0), "FAILED")
    return found.tables(coadds)


def _middles(cutter: BlendCutter, pixels: PixelLists) -> tuple[np.ndarray, np.ndarray]:
    """Middles ``(x, y)`` of the footprints' boxes, parent pixels."""
    y, x = (
        0.5 * (pixels.reduce(np.minimum, axis) + pixels.reduce(np.maximum, axis))
        for axis in np.divmod(pixels.flat, cutter.shape[1])
    )
    return x + cutter.xy0[0], y + cutter.xy0[1]
