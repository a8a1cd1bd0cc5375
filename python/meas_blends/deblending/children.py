"""Children of a patch: their tables and images, filled blend by blend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from ..data.child_models import ChildModels
from ..data.coadd import Coadd
from ..data.deblending_tables import CHILD_FLUXES, CHILDREN
from .blends import Blend
from .free import FreedBlend
from .shares import child_stamps, light_shares, shared_fluxes

__all__ = ["Children", "Deblended"]

#: Images are kept where they reach this share of the noise in some band.
_FAINTEST = 0.02

#: Columns of fluxes: of the model, its error, of the share of the data, its error.
_FLUXES = ("flux", "fluxErr", "sharedFlux", "sharedFluxErr")

#: Parent pixel of an image's corner, and the image.
_Box = tuple[tuple[int, int], np.ndarray]


@dataclass(frozen=True)
class Deblended:
    """What the deblender makes of a patch.

    Parameters
    ----------
    children, fluxes : `astropy.table.Table`
        `~meas_blends.data.deblending_tables.CHILDREN` and
        `~meas_blends.data.deblending_tables.CHILD_FLUXES`.
    models : `~meas_blends.data.child_models.ChildModels`
        As the bands' PSFs show them.
    stamps : `~meas_blends.data.child_models.ChildModels`
        The children's shares of the data, see
        `~meas_blends.deblending.shares.child_stamps`.
    failures : `dict` [`int`, `str`]
        Footprints whose fit broke down, and why.
    """

    children: Table
    fluxes: Table
    models: ChildModels
    stamps: ChildModels
    failures: Mapping[int, str]


class Children:
    """Columns of the children, filled blend by blend.

    Parameters
    ----------
    peaks : `astropy.table.Table`
        `~meas_blends.data.catalogs.PEAKS`.
    bands : `list` [`str`]
    scales : `numpy.ndarray`, (C,)
        Counts of one unit of each band's cutouts.
    """

    def __init__(self, peaks: Table, bands: list[str], scales: np.ndarray) -> None:
        n = len(peaks)
        self.bands, self.scales = bands, scales
        self.peak = np.asarray(peaks["id"], np.int64)
        self.footprint = np.asarray(peaks["footprintId"], np.int64)
        self.x, self.y = (np.array(peaks[name], float) for name in ("f_x", "f_y"))
        self.n_peaks, self.n_steps, self.flags = np.zeros((3, n), int)
        names = ("radius", "index", "e1", "e2")
        self.values = {name: np.full(n, np.nan) for name in names}
        self.chi2, self.own_chi2 = np.full((2, n), np.nan)
        self.fluxes = {name: np.full((n, len(bands)), np.nan) for name in _FLUXES}
        self.unseen = np.zeros((n, len(bands)), bool)
        self.failures: dict[int, str] = {}
        self._models: dict[int, _Box] = {}
        self._stamps: dict[int, _Box] = {}

    def flag(self, rows: np.ndarray, name: str) -> None:
        """Set a flag of `~meas_blends.data.deblending_tables.CHILDREN`."""
        self.flags[rows] |= CHILDREN.flag(name)

    def take(self, rows: np.ndarray, blend: Blend, freed: FreedBlend) -> None:
        """Fill the rows of one blend."""
        fitted, models = freed.fitted, freed.fitted.models
        self.x[rows], self.y[rows] = fitted.x + blend.corner[0], fitted.y + blend.corner[1]
        for name, values in self.values.items():
            values[rows] = getattr(fitted, name)
        self.chi2[rows], self.own_chi2[rows] = fitted.chi2, freed.own_chi2
        shares = light_shares(models)
        shared = shared_fluxes(blend.images, blend.weights, blend.own, shares)
        seen = np.where(blend.weights.any(axis=(1, 2)), self.scales, np.nan)
        measured = (fitted.fluxes, fitted.errors, *shared)
        for values, found in zip(self.fluxes.values(), measured, strict=True):
            values[rows] = found * seen
        self.unseen[rows] = np.isnan(seen)
        self.n_steps[rows] = fitted.n_steps
        if len(rows) == 1:
            self.flag(rows, "SINGLE")
        if not fitted.converged:
            self.flag(rows, "NOT_CONVERGED")
        self.flag(rows[~(fitted.fluxes > 0).any(axis=1)], "DARK")
        self.flag(rows[freed.free], "FREE_FORM")
        self.flag(rows[freed.misfit], "MISFIT")
        usable = blend.own & (blend.weights > 0)
        stamps = child_stamps(blend.images, usable, models, shares)
        for row, model, stamp in zip(rows, models, stamps, strict=True):
            self._models[int(row)] = _trim(model, blend.corner, self.scales)
            self._stamps[int(row)] = _trim(stamp, blend.corner, self.scales)

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
                "chi2": self.chi2,
                "ownChi2": self.own_chi2,
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
                **{name: (values * nanojansky).ravel() for name, values in self.fluxes.items()},
                "flags": flags.ravel(),
            }
        )
        images = [self._together(boxes) for boxes in (self._models, self._stamps)]
        return Deblended(children, fluxes, *images, self.failures)

    def _together(self, boxes: dict[int, _Box]) -> ChildModels:
        rows = sorted(boxes)
        corners, images = ([boxes[row][part] for row in rows] for part in (0, 1))
        return ChildModels.of(self.peak[rows], corners, images, self.bands)


def _trim(image: np.ndarray, corner: tuple[int, int], scales: np.ndarray) -> _Box:
    """Corner and pixels [count] of the part of an image that shows; one pixel if none does."""
    shown = np.max(np.abs(image), axis=0) > _FAINTEST
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    if not len(rows):
        rows = columns = np.array([image.shape[-1] // 2])
    part = image[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    pixels = part * np.asarray(scales, np.float32)[:, None, None]
    return (corner[0] + int(columns[0]), corner[1] + int(rows[0])), pixels
