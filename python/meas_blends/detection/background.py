"""The sky background that is left in a coadd."""

from __future__ import annotations

import numpy as np
import sep

from ..data.coadd import Coadd
from ..data.tiles import row_strips
from .noise import flattened, rough_median
from .rounding import dithered

__all__ = ["subtract_background"]


def subtract_background(
    coadd: Coadd, mesh: int = 128, median_filter: int = 3, sources: np.ndarray | None = None
) -> Coadd:
    """Subtract a smooth background.

    The clipped mode of the sky in each cell of a mesh, median-filtered and
    interpolated by splines (Bertin & Arnouts 1996, A&AS 117, 393), over the
    pixels that are not `~meas_blends.data.coadd.Coadd.bad`. Of rounded pixels
    it is taken after `~meas_blends.detection.rounding.dithered`.

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
    bad = coadd.bad
    if sources is not None:
        bad |= sources
    if bad.all():
        return coadd.replace(
            origins={"background": "not subtracted: the image has no usable pixel"}
        )
    # sep works in float32: the median is taken off first, so that a high
    # pedestal does not cost the background its digits.
    level = np.float32(rough_median(coadd.image, bad))
    image = flattened(coadd.image, bad, level)
    ny, nx = coadd.shape
    background = sep.Background(
        dithered(image, bad)[0],
        mask=bad,
        bw=min(mesh, nx),
        bh=min(mesh, ny),
        fw=median_filter,
        fh=median_filter,
    )
    # In place: one more image is all the memory that this takes.
    background.subfrom(image)
    for rows in row_strips(image.shape):
        hidden = bad[rows]
        image[rows][hidden] += coadd.image[rows][hidden] - level
    return coadd.replace(
        image=image, origins={"background": f"subtracted, on a mesh of {mesh} pixels"}
    )
