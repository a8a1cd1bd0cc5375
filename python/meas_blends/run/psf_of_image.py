"""The PSF of an image that comes from its file or the user, judged by the image's stars."""

from __future__ import annotations

import math

import numpy as np

from ..data.coadd import Coadd
from ..data.fits.psf_reader import PSF_OPTION, ImageFrame, PsfInFile, place_psf
from ..data.psf import CellPsf
from ..detection.complete import complete_coadd
from ..detection.psf_against_stars import (
    StarWidth,
    narrowed,
    oversampling_by_stars,
    star_width,
    width_ratio,
)
from ..errors import BadInputError

__all__ = ["given_psf", "held_against_stars"]

#: How many times as wide as the stars a PSF may be, or they as it, without a word. Where
#: stars are, their width is right to 0.5%; ten galaxies alike, of scores that are
#: compact, seem stars at times, 1.16 times as wide as the PSF.
_WIDER, _NARROWER = 1.15, 1.2

#: Beyond this, either way, it is another image's, or at other pixels.
_REFUSED = 1.5


def given_psf(
    psf: PsfInFile, coadd: Coadd, pixel_scale: float | None = None
) -> tuple[CellPsf, dict[str, str]]:
    """Fit a PSF that the user gives to an image.

    Parameters
    ----------
    psf : `~meas_blends.data.fits.psf_reader.PsfInFile`
        What the user's file holds.
    coadd : `~meas_blends.data.coadd.Coadd`
        The image.
    pixel_scale : `float`, optional
        Its pixel scale [arcsec], in place of its own.

    Returns
    -------
    psf : `~meas_blends.data.psf.CellPsf`
    remarks : `dict` [`str`, `str`]
        Of the coadd: what was done to it.

    Raises
    ------
    BadInputError
        If it is no PSF.
    """
    scale = coadd.pixel_scale if pixel_scale is None else pixel_scale
    cells, notes = place_psf(psf, ImageFrame(coadd.shape, coadd.xy0, scale, coadd.wcs))
    return cells, {"PSF": f"{psf.name}: {'; '.join(notes)}"} if notes else {}


def held_against_stars(coadd: Coadd, given: PsfInFile | None = None) -> Coadd:
    """Compare the PSF of a coadd with its stars, and put right or leave out what cannot be.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        With variance, and a PSF from its file or the user.
    given : `~meas_blends.data.fits.psf_reader.PsfInFile`, optional
        The user's file that this comes from.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With the PSF that was chosen, and a remark where it is not as wide as
        the stars.

    Raises
    ------
    BadInputError
        If the user's PSF is far wider or narrower than the stars, and does not
        say how it is sampled.
    """
    stars = star_width(coadd)
    if stars is None or math.isnan(width_ratio(coadd.psf, stars)):
        return coadd
    if given is not None and given.may_lack_pixel:
        other, _ = given_psf(given.as_effective(), coadd)
        coadd = coadd.replace(psf=min((coadd.psf, other), key=lambda psf: _apart(psf, stars)))
    ratio = width_ratio(coadd.psf, stars)
    if 1 / _NARROWER <= ratio <= _WIDER:
        return coadd
    origin = coadd.origins.get("psf", "")
    is_image = given is not None or origin.startswith("HDU ")
    what = given.name if given is not None else origin.split(":")[0] if is_image else "the PSF"
    differs = f"{what} is {ratio:.2f} times as wide as the {stars.number} stars of the image"
    sure = given is not None and given.says_sampling
    times = oversampling_by_stars(ratio) if is_image and not sure else None
    if times is not None:
        psf = narrowed(coadd.psf, times, stars)
        if 1 / _NARROWER <= width_ratio(psf, stars) <= _WIDER:
            remark = f"{differs}: taken to be oversampled {times} times {PSF_OPTION}"
            return coadd.replace(psf=psf, remarks={"PSF": remark})
    if is_image and not sure and not 1 / _REFUSED <= ratio <= _REFUSED:
        if given is not None:
            raise BadInputError(
                f"{coadd.name}: {differs}; give its own PSF, with OVERSAMP (1 at the image's"
                " pixels) in its header to have it taken as it is, or its FWHM in arcsec."
            )
        remark = f"{differs}, and is not used: the PSF is taken from these {PSF_OPTION}"
        return complete_coadd(
            coadd.replace(psf=None, origins={"psf": differs}, remarks={"PSF": remark})
        )
    return coadd.replace(remarks={"PSF": f"{differs}, and is kept {PSF_OPTION}"})


def _apart(psf: CellPsf, stars: StarWidth) -> float:
    """How far the ratio of the widths is from one, as a logarithm."""
    return abs(float(np.log(width_ratio(psf, stars))))
