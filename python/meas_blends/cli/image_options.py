"""The options that say what a user's image lacks, and which part of its file is what."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..run.images import ImageOptions

__all__ = ["given_options", "image_options"]

#: Parts of a file.
_PARTS = ("layout", "hdu", "plane", "mask", "variance", "weight", "rms")

_OPTIONS = (
    click.option(
        "--psf",
        metavar="FILE|ARCSEC",
        help="PSF: its FWHM, or a file: FITS image, PSFEx, STPSF.",
    ),
    click.option(
        "--pixel-scale",
        type=click.FloatRange(min=0, min_open=True),
        metavar="ARCSEC",
        help="Pixel scale, for images without a WCS.",
    ),
    click.option("--zero-point", type=float, metavar="MAG", help="AB magnitude of one count."),
    click.option(
        "--layout", metavar="NAME", help="Layout of the images, as blendtask list names it."
    ),
    click.option(
        "--hdu", metavar="HDU", help="HDU of the image: its name, number, or NAME,VERSION."
    ),
    click.option("--plane", metavar="PLANE", help="Plane of a cube: its number, or its band."),
    click.option(
        "--variance",
        metavar="SOURCE",
        help="Variances: FILE, FILE[HDU], or an HDU of the image.",
    ),
    click.option("--weight", metavar="SOURCE", help="Inverse variances, likewise."),
    click.option("--rms", metavar="SOURCE", help="Standard deviations, likewise."),
    click.option("--mask", metavar="SOURCE", help="A mask, likewise."),
)


def image_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def given_options(
    psf: str | None,
    pixel_scale: float | None,
    zero_point: float | None,
    **parts: str | None,
) -> ImageOptions:
    """Read what the user says about the images.

    Parameters
    ----------
    psf, pixel_scale, zero_point, **parts
        Values of the options, by their names.

    Returns
    -------
    options : `~meas_blends.run.images.ImageOptions`

    Raises
    ------
    BadInputError
        If a value is not one that it can have.
    """
    from ..errors import BadInputError
    from ..run.images import ImageOptions, check_layout, read_psf

    for option, value in (("--pixel-scale", pixel_scale), ("--zero-point", zero_point)):
        if value is not None and not math.isfinite(value):
            raise BadInputError(f"{option} {value}: not a number; give one, or leave it out.")
    image, fwhm = None, None
    if psf is not None:
        try:
            fwhm = float(psf)
        except ValueError:
            image = read_psf(psf)
        if fwhm is not None and not 0 < fwhm < float("inf"):
            raise BadInputError(
                f"--psf {psf}: not a width; give a positive FWHM in arcsec, or a file."
            )
    if parts["layout"] is not None:
        check_layout(parts["layout"])
    return ImageOptions(
        image, fwhm, pixel_scale, zero_point, **{part: parts[part] for part in _PARTS}
    )
