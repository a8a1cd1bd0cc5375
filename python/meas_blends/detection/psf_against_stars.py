"""A PSF that was given, held against the stars of its image."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..data.coadd import Coadd
from ..data.psf import CellPsf
from ..data.psf_judgement import judge_psf
from ..errors import BadInputError
from .psf import psf_sigma
from .stars import star_psf

__all__ = ["StarWidth", "narrowed", "oversampling_by_stars", "star_width", "width_ratio"]

#: Stars that say how wide a PSF is, and the side of the part of an image that
#: is searched for them [pixel].
_FEWEST = 10
_PART = 2048

#: How near to a whole number the ratio of two widths is that comes from oversampling.
_WHOLE = 0.08
_LARGEST_OVERSAMPLING = 10


class StarWidth(NamedTuple):
    """Width of the stars of an image: sigma [pixel], how many, and where ``(x, y)``."""

    sigma: float
    number: int
    place: tuple[float, float]


def star_width(coadd: Coadd) -> StarWidth | None:
    """Measure how wide the stars of a coadd are, in a part in its middle.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        With a variance plane.

    Returns
    -------
    width : `StarWidth` or `None`
        `None` without ten stars that say so.
    """
    starts = [max(0, (length - _PART) // 2) for length in coadd.shape]
    part = coadd.window(*(slice(start, start + _PART) for start in starts))
    psf, number = star_psf(part)
    if psf is None or number < _FEWEST:
        return None
    try:
        sigma = psf_sigma(psf)
    except BadInputError:
        return None
    (ny, nx), (x0, y0) = part.shape, part.xy0
    return StarWidth(sigma, number, (x0 + 0.5 * (nx - 1), y0 + 0.5 * (ny - 1)))


def width_ratio(psf: CellPsf, stars: StarWidth) -> float:
    """How many times as wide as the stars a PSF is; NaN if it has no width."""
    x, y = stars.place
    try:
        return psf_sigma(psf.at([x], [y])[0]) / stars.sigma
    except BadInputError:
        return float("nan")


def oversampling_by_stars(ratio: float) -> int | None:
    """Oversampling that makes a PSF a whole number of times as wide as the stars; else `None`."""
    if not 1.5 < ratio < _LARGEST_OVERSAMPLING + 0.5:
        return None
    times = round(ratio)
    return times if abs(ratio / times - 1.0) < _WHOLE else None


def narrowed(psf: CellPsf, times: int, stars: StarWidth) -> CellPsf:
    """Resample an oversampled PSF to the pixels of its image.

    Parameters
    ----------
    psf : `~meas_blends.data.psf.CellPsf`
        Its images oversampled.
    times : `int`
        How often.
    stars : `StarWidth`
        Which tell whether it must be summed up over the image's pixels.

    Returns
    -------
    psf : `~meas_blends.data.psf.CellPsf`
    """
    versions = []
    for box in (None, float(times)):
        images = np.stack(
            [judge_psf(image, psf.name, 1.0 / times, box)[0] for image in psf.kinds[0]]
        )
        cells = images[psf.kinds[1]]
        versions.append(CellPsf(cells, psf.origin, psf.cell_shape, psf.name))
    return min(versions, key=lambda version: abs(np.log(width_ratio(version, stars))))
