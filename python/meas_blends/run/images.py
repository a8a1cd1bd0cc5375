"""Reading a user's image, with what the user gives where the file is silent."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..data.coadd import Coadd
from ..data.fits import read_coadd
from ..data.fits.psf_reader import PsfInFile, read_psf
from ..detection.complete import complete_coadd
from ..detection.psf import psf_from_fwhm
from ..errors import BadInputError
from .model_psf import with_model_psf
from .psf_of_image import given_psf, held_against_stars

__all__ = ["ImageOptions", "read_image", "read_psf"]


@dataclass(frozen=True)
class ImageOptions:
    """What the user says about the images; it wins over the files.

    Parameters
    ----------
    psf : `~meas_blends.data.fits.psf_reader.PsfInFile`, optional
        PSF from a file of its own.
    psf_fwhm : `float`, optional
        FWHM of the PSF [arcsec], which is taken to be a Kolmogorov profile.
    pixel_scale : `float`, optional
        Pixel scale [arcsec].
    zero_point : `float`, optional
        AB magnitude of one count.
    """

    psf: PsfInFile | None = field(default=None, repr=False)
    psf_fwhm: float | None = None
    pixel_scale: float | None = None
    zero_point: float | None = None

    def identity(self) -> list:
        """Return all of it in a form that JSON can hold."""
        psf = None if self.psf is None else self.psf.identity()
        return [psf, self.psf_fwhm, self.pixel_scale, self.zero_point]


def read_image(path: str | Path, options: ImageOptions, band: str = "") -> Coadd:
    """Read a coadd from FITS, and complete what it lacks.

    Parameters
    ----------
    path : path-like
        The file.
    options : `ImageOptions`
        What the user gives.
    band : `str`, optional
        Its band by its name, for a file that does not say.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With variance and PSF, estimated where neither the file nor the user
        has them.

    Raises
    ------
    BadInputError
        If the file cannot be used, or the PSF is given in arcsec for an image
        without a pixel scale.
    """
    coadd = read_coadd(path, options.zero_point)
    if options.psf is None and options.psf_fwhm is None:
        coadd = with_model_psf(coadd, path)
    changes: dict[str, object] = {}
    remarks: dict[str, str] = {}
    if options.pixel_scale is not None:
        changes["pixel_scale"] = options.pixel_scale
    if options.psf is not None:
        changes["psf"], remarks = given_psf(options.psf, coadd, options.pixel_scale)
    if options.psf_fwhm is not None:
        scale = options.pixel_scale or coadd.pixel_scale
        if not np.isfinite(scale):
            raise BadInputError(
                f"{path}: the image has no pixel scale, so a PSF in arcsec has no size in pixels;"
                " give --pixel-scale too."
            )
        changes["psf"] = psf_from_fwhm(options.psf_fwhm / scale)
    origins = dict.fromkeys(changes, "given by the user")
    if band and not coadd.band:
        changes["band"], origins["band"] = band, "the file's name"
    if "psf" in changes:
        # What was said of another PSF.
        coadd.remarks.pop("PSF", None)
    coadd = coadd.replace(**changes, origins=origins, remarks=remarks)
    known = coadd.psf is not None
    coadd = complete_coadd(coadd)
    return held_against_stars(coadd, options.psf) if known else coadd
