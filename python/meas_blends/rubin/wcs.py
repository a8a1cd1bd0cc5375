"""The WCS of an image of ``lsst.images``: in the words of FITS, or as near as these come."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from astropy.wcs import WCS
from astropy.wcs.utils import fit_wcs_from_points

if TYPE_CHECKING:
    from lsst.images import Box, SkyProjection

__all__ = ["wcs_of"]

#: The projection is sampled on a grid of so many points a side,
_POINTS = 20
#: and fitted by a tangential projection with distortions of this order.
_ORDER = 3


def wcs_of(projection: SkyProjection | None, box: Box) -> tuple[WCS | None, str]:
    """Turn a projection into a WCS of the array.

    Parameters
    ----------
    projection : `lsst.images.SkyProjection` or `None`
        From parent pixels to the sky.
    box : `lsst.images.Box`
        The pixels of the image.

    Returns
    -------
    wcs : `astropy.wcs.WCS` or `None`
        Of the array; `None` without a projection.
    origin : `str`
        Where it comes from and, if it is not the projection itself, how far
        it is from that.
    """
    if projection is None:
        return None, "none"
    exact = projection.as_fits_wcs(box)
    if exact is not None:
        return exact, "sky projection"
    wcs = projection.as_fits_wcs(box, allow_approximation=True)
    form = "FITS approximation of the sky projection"
    x, y = (
        axis.ravel()
        for axis in np.meshgrid(
            np.linspace(0, box.x.size - 1, _POINTS), np.linspace(0, box.y.size - 1, _POINTS)
        )
    )
    sky = projection.pixel_to_sky(x=x + box.x.start, y=y + box.y.start)
    if wcs is None:
        form = "fit to the sky projection"
        with warnings.catch_warnings():
            # Of a fit that wanders on its way the end counts, which is told.
            warnings.simplefilter("ignore")
            wcs = fit_wcs_from_points((x, y), sky, sip_degree=_ORDER)
    apart = wcs.pixel_to_world(x, y).separation(sky).to_value("arcsec").max()
    return wcs, f"{form}, at most {apart:.2g} arcsec from it"
