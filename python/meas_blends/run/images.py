"""Reading a user's image, with what the user gives where the file is silent."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..data.coadd import Coadd
from ..data.fits import open_fits, read_coadd
from ..data.psf import normalise_psf
from ..detection.complete import complete_coadd
from ..detection.psf import psf_from_fwhm
from ..errors import BadInputError
from .model_psf import with_model_psf

__all__ = ["ImageOptions", "read_image", "read_psf"]


@dataclass(frozen=True)
class ImageOptions:
    """What the user says about the images; it wins over the files.

    Parameters
    ----------
    psf : `numpy.ndarray`, (odd, odd), optional
        PSF image.
    psf_fwhm : `float`, optional
        FWHM of the PSF [arcsec], which is taken to be a Kolmogorov profile.
    pixel_scale : `float`, optional
        Pixel scale [arcsec].
    zero_point : `float`, optional
        AB magnitude of one count.
    """

    psf: np.ndarray | None = field(default=None, repr=False)
    psf_fwhm: float | None = None
    pixel_scale: float | None = None
    zero_point: float | None = None

    def identity(self) -> list:
        """Return all of it in a form that JSON can hold."""
        psf = None if self.psf is None else np.asarray(self.psf, float).tolist()
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
    if options.pixel_scale is not None:
        changes["pixel_scale"] = options.pixel_scale
    if options.psf is not None:
        changes["psf"] = options.psf
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
    return complete_coadd(coadd.replace(**changes, origins=origins))


def read_psf(path: str | Path) -> np.ndarray:
    """Read a PSF image: the first 2-D image of a FITS file.

    Raises
    ------
    BadInputError
        If there is none, or its sides are not odd.
    """
    with open_fits(path) as hdus:
        images = [hdu.data for hdu in hdus if hdu.is_image and hdu.data is not None]
    flat = [np.squeeze(image) for image in images]
    flat = [image for image in flat if image.ndim == 2]
    if not flat:
        raise BadInputError(f"{path}: holds no 2-D image; give a PSF image, or a FWHM in arcsec.")
    return normalise_psf(flat[0], str(path))
