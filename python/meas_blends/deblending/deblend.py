"""Deblend all footprints of a patch: children, their fluxes and their models. Needs scarlet2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from ..data.child_models import ChildModels
from ..data.coadd import Coadd
from ..data.deblending_tables import CHILD_FLUXES, CHILDREN
from ..data.footprints import PixelLists
from ..detection.matched_filter import matched_filter
from ..detection.psf import psf_sigma
from .blends import Blend, BlendCutter
from .fit import BlendFitter, FittedBlend

__all__ = ["CUTOUT_SIDES", "Deblended", "deblend"]

#: Sides of cutouts [pixel]: odd, for models have a middle pixel, and few, for
#: the model is compiled anew for each.
CUTOUT_SIDES = (33, 49, 65, 97, 129, 193, 257)

#: Models are kept where they reach this share of the noise in some band.
_FAINTEST = 0.02


@dataclass(frozen=True)
class Deblended:
    """What the deblender makes of a patch.

    Parameters
    ----------
    children, fluxes : `astropy.table.Table`
        `~meas_blends.data.deblending_tables.CHILDREN` and
        `~meas_blends.data.deblending_tables.CHILD_FLUXES`.
    models : `~meas_blends.data.child_models.ChildModels`
    failures : `dict` [`int`, `str`]
        Footprints whose fit broke down, and why.
    """

    children: Table
    fluxes: Table
    models: ChildModels
    failures: Mapping[int, str]


def deblend(
    coadds: Mapping[str, Coadd],
    pixels: PixelLists,
    peaks: Table,
    max_side: int = 129,
    max_peaks: int = 16,
    max_steps: int = 50,
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

    Returns
    -------
    deblended : `Deblended`
        One row a peak in the same order, whatever became of it.
    """
    bands = list(coadds)
    cutter = BlendCutter(
        coadds,
        {band: matched_filter(coadd).noise_factor for band, coadd in coadds.items()},
        pixels,
        [side for side in CUTOUT_SIDES if side <= max_side],
    )
    widths = [psf_sigma(coadd.psf) for coadd in coadds.values()]
    fitter = BlendFitter([coadd.psf for coadd in coadds.values()], min(widths), max_steps)
    found = _Children(peaks, bands, cutter.scales)
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
                found.take(mine, blend, fitter.fit(blend))
            except (ArithmeticError, ValueError, RuntimeError) as error:
                found.flag(mine, "FAILED")
                reason = str(error) or type(error).__name__
                found.failures[int(identifier)] = reason.splitlines()[0]
    found.flag(np.flatnonzero(found.n_peaks == 0), "FAILED")
    return found.tables(coadds)


class _Children:
    """Columns of the children, filled blend by blend."""

    def __init__(self, peaks: Table, bands: list[str], scales: np.ndarray) -> None:
        n = len(peaks)
        self.bands, self.scales = bands, scales
        self.peak = np.asarray(peaks["id"], np.int64)
        self.footprint = np.asarray(peaks["footprintId"], np.int64)
        self.x, self.y = (np.array(peaks[name], float) for name in ("f_x", "f_y"))
        self.n_peaks, self.n_steps, self.flags = np.zeros((3, n), int)
        names = ("radius", "index", "e1", "e2", "chi2")
        self.values = {name: np.full(n, np.nan) for name in names}
        self.flux, self.error = np.full((2, n, len(bands)), np.nan)
        self.unseen = np.zeros((n, len(bands)), bool)
        self.failures: dict[int, str] = {}
        self._models: dict[int, tuple[tuple[int, int], np.ndarray]] = {}

    def flag(self, rows: np.ndarray, name: str) -> None:
        self.flags[rows] |= CHILDREN.flag(name)

    def take(self, rows: np.ndarray, blend: Blend, fitted: FittedBlend) -> None:
        """Fill the rows of one blend."""
        self.x[rows], self.y[rows] = fitted.x + blend.corner[0], fitted.y + blend.corner[1]
        for name, values in self.values.items():
            values[rows] = getattr(fitted, name)
        seen = np.where(blend.weights.any(axis=(1, 2)), self.scales, np.nan)
        self.flux[rows] = fitted.fluxes * seen
        self.error[rows] = fitted.errors * seen
        self.unseen[rows] = np.isnan(seen)
        self.n_steps[rows] = fitted.n_steps
        if len(rows) == 1:
            self.flag(rows, "SINGLE")
        if not fitted.converged:
            self.flag(rows, "NOT_CONVERGED")
        self.flag(rows[~(fitted.fluxes > 0).any(axis=1)], "DARK")
        for row, model in zip(rows, fitted.models, strict=True):
            self._models[int(row)] = _trim(model, blend.corner, self.scales)

    def tables(self, coadds: Mapping[str, Coadd]) -> Deblended:
        """Tables of all children."""
        first = next(iter(coadds.values()))
        ra, dec = first.sky(self.x, self.y)
        children = CHILDREN.make(
            {
                "peakId": self.peak,
                "footprintId": self.footprint,
                "nPeaks": self.n_peaks,
                "x": self.x,
                "y": self.y,
                "coord_ra": ra,
                "coord_dec": dec,
                "radius": self.values["radius"],
                "sersicIndex": self.values["index"],
                "e1": self.values["e1"],
                "e2": self.values["e2"],
                "chi2": self.values["chi2"],
                "nSteps": self.n_steps,
                "flags": self.flags,
            }
        )
        nanojansky = np.array([coadd.nanojansky_per_count for coadd in coadds.values()])
        lost = self.flags & (CHILDREN.flag("TOO_LARGE") | CHILDREN.flag("FAILED")) != 0
        flags = np.where(lost, CHILD_FLUXES.flag("NOT_DEBLENDED"), 0)[:, None]
        flags = flags | np.where(np.isfinite(nanojansky), 0, CHILD_FLUXES.flag("NO_ZERO_POINT"))
        flags = flags | np.where(self.unseen, CHILD_FLUXES.flag("NO_DATA"), 0)
        n_bands = len(self.bands)
        fluxes = CHILD_FLUXES.make(
            {
                "peakId": np.repeat(self.peak, n_bands),
                "footprintId": np.repeat(self.footprint, n_bands),
                "band": np.tile(np.array(self.bands, str), len(self.peak)),
                "flux": (self.flux * nanojansky).ravel(),
                "fluxErr": (self.error * nanojansky).ravel(),
                "flags": flags.ravel(),
            }
        )
        rows = sorted(self._models)
        models = ChildModels.of(
            self.peak[rows],
            [self._models[row][0] for row in rows],
            [self._models[row][1] for row in rows],
            self.bands,
        )
        return Deblended(children, fluxes, models, self.failures)


def _trim(
    model: np.ndarray, corner: tuple[int, int], scales: np.ndarray
) -> tuple[tuple[int, int], np.ndarray]:
    """Corner and pixels [count] of the part of a model that shows; one pixel if none does."""
    shown = np.max(model, axis=0) > _FAINTEST
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    if not len(rows):
        rows = columns = np.array([model.shape[-1] // 2])
    part = model[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    pixels = part * np.asarray(scales, np.float32)[:, None, None]
    return (corner[0] + int(columns[0]), corner[1] + int(rows[0])), pixels
