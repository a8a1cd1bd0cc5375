"""The sky background that is left in a coadd."""

from __future__ import annotations

import numpy as np
import sep

from ..data.coadd import Coadd

__all__ = ["subtract_background"]

#: Pixels of which a median tells the level of an image well enough.
_ENOUGH_PIXELS = 250_000


def subtract_background(
    coadd: Coadd, mesh: int = 128, median_filter: int = 3, sources: np.ndarray | None = None
) -> Coadd:
    """Subtract a smooth background.

    The clipped mode of the sky in each cell of a mesh, median-filtered and
    interpolated by splines (Bertin & Arnouts 1996, A&AS 117, 393), over the
    pixels that are not `~meas_blends.data.coadd.Coadd.bad`.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        A coadd; pixels that are bad may hold anything.
    mesh : `int`, optional
        Side of a cell [pixel]; an image smaller than it is one cell.
    median_filter : `int`, optional
        Side of the median filter [cell], odd.
    sources : `numpy.ndarray` of bool, (ny, nx), optional
        Pixels of sources, to be left out; without it, clipping alone keeps
        their wings out.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With the background taken off ``image``; that of an image without a
        single good pixel is left as it is.
    """
    bad = coadd.bad if sources is None else coadd.bad | sources
    if bad.all():
        return coadd.replace(
            origins={"background": "not subtracted: the image has no usable pixel"}
        )
    # sep works in float32: the median is taken off first, so that a high
    # pedestal does not cost the background its digits.
    level = np.float32(_rough_median(coadd.image, ~bad))
    image = np.where(bad, np.float32(0), coadd.image - level)
    ny, nx = coadd.shape
    background = sep.Background(
        image, mask=bad, bw=min(mesh, nx), bh=min(mesh, ny), fw=median_filter, fh=median_filter
    )
    return coadd.replace(
        image=coadd.image - level - background.back(dtype=np.float32),
        origins={"background": f"subtracted, on a mesh of {mesh} pixels"},
    )


def _rough_median(image: np.ndarray, use: np.ndarray) -> float:
    """Median of enough of the pixels to use, of which there is one at least."""
    step = max(int(np.sqrt(image.size / _ENOUGH_PIXELS)), 1)
    part = (slice(None, None, step), slice(None, None, step))
    some = image[part][use[part]]
    return float(np.median(some if some.size else image[use]))
