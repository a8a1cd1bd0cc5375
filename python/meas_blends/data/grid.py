"""Whether coadds of several bands lie on one grid of pixels."""

from __future__ import annotations

import numpy as np

from ..errors import BadInputError
from .coadd import Coadd

__all__ = ["check_same_grid"]

#: Farther than this apart [pixel], the corners of two WCSs are two grids.
_TOLERANCE = 0.1


def check_same_grid(first: Coadd, other: Coadd) -> None:
    """Check that two coadds have the same pixels on the sky.

    Parameters
    ----------
    first, other : `Coadd`
        Two bands of one patch.

    Raises
    ------
    BadInputError
        If their shapes, origins or, where both have one, WCSs differ.
    """
    if first.shape != other.shape:
        (ny, nx), (other_ny, other_nx) = first.shape, other.shape
        difference = f"{other_nx} x {other_ny} pixels and {first.name} {nx} x {ny}"
    elif first.xy0 != other.xy0:
        difference = f"its first pixel at {other.xy0} and {first.name} at {first.xy0}"
    elif _corner_distance(first, other) > _TOLERANCE:
        difference = f"another WCS than {first.name}"
    else:
        return
    raise BadInputError(
        f"{other.name}: has {difference}; bands of one patch must be on one grid: resample them,"
        " or give images of two patches names that differ in more than the band."
    )


def _corner_distance(first: Coadd, other: Coadd) -> float:
    """Largest distance of the corners of two images [pixel]; 0 if it cannot be told."""
    if first.wcs is None or other.wcs is None or not np.isfinite(first.pixel_scale):
        return 0.0
    ny, nx = first.shape
    x = first.xy0[0] + np.array([0, nx - 1, 0, nx - 1])
    y = first.xy0[1] + np.array([0, 0, ny - 1, ny - 1])
    (ra, dec), (other_ra, other_dec) = first.sky(x, y), other.sky(x, y)
    # An angle of 359.9999 deg is near 0.
    along = (other_ra - ra + 180.0) % 360.0 - 180.0
    distance = np.hypot(along * np.cos(np.radians(dec)), other_dec - dec) * 3600.0
    return float(np.max(distance)) / first.pixel_scale
