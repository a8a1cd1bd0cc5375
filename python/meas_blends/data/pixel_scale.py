"""How large a pixel is on the sky, at one place of an image."""

from __future__ import annotations

import warnings

import numpy as np
from astropy.wcs import WCS

__all__ = ["local_pixel_sides"]


def local_pixel_sides(wcs: WCS | None, shape: tuple[int, int]) -> tuple[float, float]:
    """Sides of the pixel in the middle of an image, from the local Jacobian of its WCS.

    Projections such as plate carree have pixels of other sizes far from their
    reference pixel, which may lie far outside the image.

    Parameters
    ----------
    wcs : `astropy.wcs.WCS` or `None`
        Of the array.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the array.

    Returns
    -------
    long, short : `float`
        The longest and the shortest way across such a pixel [arcsec]; their
        product is its area. NaN without a celestial WCS.
    """
    if wcs is None or not wcs.has_celestial:
        return float("nan"), float("nan")
    x, y = 0.5 * (shape[1] - 1), 0.5 * (shape[0] - 1)
    across = np.array([-0.5, 0.5, 0.0, 0.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sky = wcs.celestial
        angles = np.radians(sky.pixel_to_world_values(x + across, y + across[[2, 3, 0, 1]]))
    longitude, latitude = angles[sky.wcs.lng], angles[sky.wcs.lat]
    # As unit vectors, which know no pole and no first meridian.
    places = np.stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ]
    )
    steps = places[:, 1::2] - places[:, ::2]
    if not np.all(np.isfinite(steps)):
        return float("nan"), float("nan")
    long, short = np.degrees(np.linalg.svd(steps, compute_uv=False)) * 3600.0
    return float(long), float(short)
