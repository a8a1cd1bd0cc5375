"""Stamps of the galaxies of a set, as those of peaks in a coadd are."""

from __future__ import annotations

import numpy as np

from ..data.galaxy_sets import GalaxySet
from ..data.morphology_tables import MORPHOLOGY
from ..data.psf import FWHM_PER_SIGMA
from ..detection.noise import clipped_scatter
from ..errors import BadInputError
from .stamps import Stamps
from .widths import psf_width

__all__ = ["SetStamps"]


class SetStamps:
    """Makes stamps of the galaxies of a set.

    Of the set's truth only what the pixels would say is used: PSF, noise of
    the sky and its correlation. Where each galaxy lies within its central
    pixel is not told.

    Parameters
    ----------
    galaxies : `~meas_blends.data.galaxy_sets.GalaxySet`
    size : `int`
        Side of the stamps [pixel]: the middle of the cutouts.
    min_core : `float`, optional
        As of `~meas_blends.morphology.stamps.StampCutter`.

    Raises
    ------
    BadInputError
        If the cutouts are smaller than the stamps.
    """

    def __init__(self, galaxies: GalaxySet, size: int, min_core: float = 0.5) -> None:
        if size > galaxies.size:
            raise BadInputError(
                f"{galaxies.name}: cutouts of {galaxies.size} pixels, but stamps of {size} are"
                " needed; make the cutouts larger, or choose another estimator."
            )
        self._galaxies = galaxies
        self.size = size
        self.min_core = min_core
        self._psf_sigma = np.array([psf_width(psf) for psf in galaxies.psf], np.float32)

    def __len__(self) -> int:
        return len(self._galaxies)

    def cut(self, rows: slice) -> Stamps:
        """Make the stamps of some galaxies.

        Parameters
        ----------
        rows : `slice`
            Rows of the set.

        Returns
        -------
        stamps : `~meas_blends.morphology.stamps.Stamps`
        """
        first = self._galaxies.size // 2 - self.size // 2
        middle = slice(first, first + self.size)
        images = self._galaxies.images[rows, middle, middle]
        usable = np.isfinite(images)
        n, psf_row = len(images), self._galaxies.psf_row[rows]
        sigma = self._sigma(rows)
        psf_sigma = self._psf_sigma[psf_row]
        scaled = np.where(usable, images / sigma[:, None, None].astype(np.float32), np.float32(0))
        return Stamps(
            images=scaled,
            usable=usable,
            sigma=sigma,
            psf=self._galaxies.psf[psf_row],
            psf_sigma=psf_sigma,
            noise_correlation=self._correlation(rows, n),
            dx=np.zeros(n),
            dy=np.zeros(n),
            flags=self._flags(usable, psf_sigma),
            masked_fraction=1.0 - usable.mean(axis=(1, 2)),
            pixel_scale=self._galaxies.pixel_scale,
            nanojansky_per_count=self._galaxies.nanojansky_per_count,
        )

    def _sigma(self, rows: slice) -> np.ndarray:
        """Noise of the sky [count], from the border of the cutouts if it is not known, (n,)."""
        table = self._galaxies.galaxies
        if "skySigma" in table.colnames:
            return np.asarray(table["skySigma"][rows], float)
        images = self._galaxies.images[rows]
        border = np.ones(images.shape[1:], bool)
        edge = max(self._galaxies.size // 8, 1)
        border[edge:-edge, edge:-edge] = False
        sigma = [clipped_scatter(image[border & np.isfinite(image)])[1] for image in images]
        return np.maximum(sigma, np.finfo(np.float32).tiny)

    def _correlation(self, rows: slice, n: int) -> np.ndarray:
        table = self._galaxies.galaxies
        if "noiseCorrelation" in table.colnames:
            return np.asarray(table["noiseCorrelation"][rows], np.float32)
        return np.zeros(n, np.float32)

    def _flags(self, usable: np.ndarray, psf_sigma: np.ndarray) -> np.ndarray:
        """Flags of bad pixels, and of too many of them around the centre."""
        offset = np.arange(self.size) - self.size // 2
        radius = FWHM_PER_SIGMA * psf_sigma[:, None, None]
        core = offset[:, None] ** 2 + offset**2 <= radius**2
        left = (usable & core).sum(axis=(1, 2)) / core.sum(axis=(1, 2))
        half = self.size // 2
        failed = ~usable[:, half, half] | (left < self.min_core)
        bad = ~usable.all(axis=(1, 2))
        flags = np.where(bad, MORPHOLOGY.flag("BAD_PIXELS"), 0)
        return (flags | np.where(failed, MORPHOLOGY.flag("FAILED"), 0)).astype(np.int32)
