"""Reading a user's image, with what the user gives where the file is silent."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..data.coadd import Coadd
from ..data.fits import read_coadd
from ..data.fits.given import Given, given_file
from ..data.fits.layouts import layout_names
from ..data.fits.psf_reader import PsfInFile, read_psf
from ..detection.complete import complete_coadd
from ..detection.psf import psf_from_fwhm
from ..errors import BadInputError
from ..plugins.layouts import register_layouts
from .model_psf import with_model_psf
from .psf_of_image import given_psf, held_against_stars
from .storage import stamp

__all__ = ["ImageOptions", "check_layout", "read_image", "read_psf"]

_PLANES = ("variance", "weight", "rms", "mask")


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
    layout : `str`, optional
        Layout of the files.
    hdu : `str`, optional
        HDU of the image: name, number, or ``NAME,VERSION``.
    plane : `str`, optional
        Plane of a cube: number, or name of its band.
    variance, weight, rms, mask : `str`, optional
        Planes of noise and mask, as `~meas_blends.data.fits.read_coadd` takes
        them: ``FILE``, ``FILE[HDU]``, or an HDU of the image's file.

    Raises
    ------
    BadInputError
        If the noise is given more than once.
    """

    psf: PsfInFile | None = field(default=None, repr=False)
    psf_fwhm: float | None = None
    pixel_scale: float | None = None
    zero_point: float | None = None
    layout: str | None = None
    hdu: str | None = None
    plane: str | None = None
    variance: str | None = None
    weight: str | None = None
    rms: str | None = None
    mask: str | None = None

    def __post_init__(self) -> None:
        # The reader's own check, before any image is opened.
        Given(**self.of_reader())

    def identity(self) -> list:
        """Return all of it in a form that JSON can hold, with the state of the files it names."""
        psf = None if self.psf is None else self.psf.identity()
        parts = {name: value for name, value in self.of_reader().items() if value is not None}
        for name in _PLANES:
            file = given_file(parts[name]) if name in parts else None
            if file is not None:
                # However the path is written: workers elsewhere get it whole.
                parts[name] = [str(file.resolve()), Path(parts[name]).name, stamp(file)]
        return [psf, self.psf_fwhm, self.pixel_scale, self.zero_point, *([parts] if parts else [])]

    def absolute(self) -> ImageOptions:
        """Copy it with the whole paths of the files that it names, for workers elsewhere."""
        named = {name: getattr(self, name) for name in _PLANES}
        changes = {
            name: os.path.abspath(source)
            for name, source in named.items()
            if source is not None and given_file(source) is not None
        }
        return replace(self, **changes)

    def of_reader(self) -> dict[str, str | None]:
        """What `~meas_blends.data.fits.read_coadd` takes."""
        return {name: getattr(self, name) for name in ("layout", "hdu", "plane", *_PLANES)}


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
    register_layouts()
    coadd = read_coadd(path, options.zero_point, **options.of_reader())
    if options.psf is None and options.psf_fwhm is None:
        coadd = with_model_psf(coadd, path)
    changes: dict[str, object] = {}
    remarks: dict[str, str] = {}
    if options.pixel_scale is not None:
        changes["pixel_scale"] = options.pixel_scale
        coadd.remarks.pop("pixel scale", None)
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
    if "psf" in changes:
        coadd.remarks.pop("PSF", None)
    origins = dict.fromkeys(changes, "given by the user")
    if band and not coadd.band:
        changes["band"], origins["band"] = band, "the file's name"
    coadd = coadd.replace(**changes, origins=origins, remarks=remarks)
    known = coadd.psf is not None
    coadd = complete_coadd(coadd)
    return held_against_stars(coadd, options.psf) if known else coadd


def check_layout(name: str) -> None:
    """Check that there is a layout of a name.

    Raises
    ------
    BadInputError
        If there is none.
    """
    register_layouts()
    if name not in layout_names():
        raise BadInputError(
            f"--layout {name}: no such layout; choose one of {', '.join(layout_names())}."
        )
