"""Three bands as one colour image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.visualization import make_lupton_rgb

from ..data.coadd import Coadd
from ..data.grid import check_same_grid

__all__ = ["lupton_rgb"]

#: Softening, and intensity up to which the stretch is linear [noise of the mean of the bands].
_SOFTENING = 8.0
_LINEAR = 8.0

#: Where a band has no light: the brown that grey pictures have, too.
_NO_LIGHT = (0x33, 0x26, 0x1F)


def lupton_rgb(coadds: Sequence[Coadd]) -> np.ndarray:
    """Combine three bands so that colours hold at all brightnesses.

    Lupton et al. (2004, PASP 116, 133): the asinh stretch is that of the mean
    intensity, and each band keeps its share of it.

    Parameters
    ----------
    coadds : sequence of `~meas_blends.data.coadd.Coadd`
        Three on one grid, from blue to red. They are compared in flux if all
        have a zero point, else in units of their noise.

    Returns
    -------
    levels : `numpy.ndarray` of uint8, (ny, nx, 3)
        Red, green, blue.

    Raises
    ------
    BadInputError
        If the bands are not on one grid.
    """
    for other in coadds[1:]:
        check_same_grid(coadds[0], other)
    dark = np.logical_or.reduce([~np.isfinite(coadd.image) for coadd in coadds])
    factors = np.array([coadd.nanojansky_per_count for coadd in coadds])
    planes = []
    for coadd, factor in zip(coadds, factors, strict=True):
        values = np.where(dark, np.nan, coadd.image)
        sky, noise = _sky_and_noise(values)
        scale = factor if np.all(np.isfinite(factors)) else 1.0 / noise
        planes.append((values - np.float32(sky)) * np.float32(scale))
    _, noise = _sky_and_noise(np.mean(planes, axis=0))
    blue, green, red = (np.nan_to_num(plane) for plane in planes)
    levels = make_lupton_rgb(
        red, green, blue, minimum=-noise, stretch=_LINEAR * noise, Q=_SOFTENING
    )
    levels[dark] = _NO_LIGHT
    return levels


def _sky_and_noise(values: np.ndarray) -> tuple[float, float]:
    """Median and robust scatter of the finite pixels; 0 and 1 where there are none, or no noise."""
    sample = values[np.isfinite(values)][:: max(1, values.size // 400_000)].astype(float)
    if sample.size == 0:
        return 0.0, 1.0
    sky = float(np.median(sample))
    noise = 1.4826 * np.median(np.abs(sample - sky)) or np.std(sample)
    return sky, float(noise) or 1.0
