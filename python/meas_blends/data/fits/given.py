"""What the user says about a file: which part of it is what, and planes of other files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from astropy.io import fits

from ...errors import BadInputError
from .layouts.layout import NOISE_KINDS, Layout
from .opening import open_fits
from .planes import cube_length, has_image, name_of

__all__ = ["Given", "cube_plane", "find_hdu", "given_file", "open_given", "plane_band"]

_FILE_AND_HDU = re.compile(r"^(.+)\[([^\[\]]*)\]$")


@dataclass(frozen=True)
class Given:
    """What the user says about a file; it wins over the file.

    Parameters
    ----------
    layout : `str` or `~meas_blends.data.fits.layouts.Layout`, optional
        The file's layout.
    hdu : `str`, optional
        HDU of the image: its name, its number (the primary one is 0), or
        ``NAME,VERSION``.
    plane : `str`, optional
        Plane of a cube: its number (the first is 0), or the name of its band.
    variance, weight, rms, mask : `str`, optional
        Where variance, inverse variance, standard deviation and mask are: a
        file, ``FILE[HDU]``, or an HDU of the image's own file.
    """

    layout: str | Layout | None = None
    hdu: str | None = None
    plane: str | None = None
    variance: str | None = None
    weight: str | None = None
    rms: str | None = None
    mask: str | None = None

    def __post_init__(self) -> None:
        noise = [f"--{kind}" for kind in NOISE_KINDS if getattr(self, kind) is not None]
        if len(noise) > 1:
            raise BadInputError(f"{' and '.join(noise)}: both give the noise; leave one out.")


def find_hdu(hdus: fits.HDUList, wanted: str, name: str, option: str) -> int:
    """Number of the HDU that the user names.

    Parameters
    ----------
    hdus : `astropy.io.fits.HDUList`
        An open file.
    wanted : `str`
        Name, number, or ``NAME,VERSION``.
    name, option : `str`
        The file and the option, for a message.

    Raises
    ------
    BadInputError
        If there is none, or it holds no image.
    """
    text = str(wanted).strip()
    found = None
    if re.fullmatch(r"\d+", text):
        found = int(text) if int(text) < len(hdus) else None
    else:
        label, comma, version = text.rpartition(",")
        if not comma or not version.strip().isdigit():
            label, version = text, ""
        for k, hdu in reversed(list(enumerate(hdus))):
            if hdu.name == label.strip().upper() and version.strip() in ("", str(hdu.ver)):
                found = k
    if found is None:
        there = ", ".join(f"{k} {hdu.name}".strip() for k, hdu in enumerate(hdus))
        raise BadInputError(f"{name}: no HDU {text} for {option}; choose one of {there}.")
    if not has_image(hdus[found]):
        raise BadInputError(
            f"{name}: {name_of(hdus[found], found)} holds no image; give {option} another HDU."
        )
    return found


def given_file(source: str) -> Path | None:
    """The file that a ``FILE`` or ``FILE[HDU]`` names, `None` if there is no such file."""
    whole = Path(source)
    if whole.is_file():
        return whole
    match = _FILE_AND_HDU.match(source)
    return Path(match[1]) if match and Path(match[1]).is_file() else None


@contextmanager
def open_given(
    source: str, own: fits.HDUList, name: str, option: str
) -> Iterator[tuple[fits.ImageHDU, str, str]]:
    """Open a plane where the user says that it is.

    Parameters
    ----------
    source : `str`
        A file, ``FILE[HDU]``, or an HDU of the image's own file.
    own : `astropy.io.fits.HDUList`
        The image's own file.
    name, option : `str`
        The image's file and the option, for a message.

    Yields
    ------
    hdu : HDU
        With the plane; of a file without ``[HDU]`` the first image.
    file : `str`
        Path of its file.
    what : `str`
        What to call the HDU.

    Raises
    ------
    BadInputError
        If there is no such file or HDU.
    """
    path = given_file(source)
    if path is None:
        if os.sep in source or source.lower().split("[")[0].endswith((".fits", ".fit", ".fz")):
            raise BadInputError(f"{option} {source}: no such file; give a FITS image.")
        k = find_hdu(own, source, name, option)
        yield own[k], name, name_of(own[k], k)
        return
    with open_fits(path) as hdus:
        if Path(source).is_file():
            images = [k for k, hdu in enumerate(hdus) if has_image(hdu)]
            if not images:
                raise BadInputError(f"{path}: holds no image; give {option} a file with one.")
            k = images[0]
        else:
            k = find_hdu(hdus, _FILE_AND_HDU.match(source)[2], str(path), option)
        yield hdus[k], str(path), name_of(hdus[k], k)


def cube_plane(hdu: fits.ImageHDU, name: str, what: str, wanted: str | None) -> int | None:
    """Number of the plane of a cube that the user wants.

    Its bands are those of the cards BAND0, BAND1... or the letters of BANDS.

    Returns
    -------
    plane : `int` or `None`
        `None` if the HDU is no cube.

    Raises
    ------
    BadInputError
        If it is one and no plane, or none that it has, was asked for; or if
        it is none and a plane was.
    """
    length = cube_length(hdu)
    if not length:
        if wanted is not None:
            raise BadInputError(f"{name}: {what} is no cube of planes; leave out --plane.")
        return None
    bands = [plane_band(hdu, k) for k in range(length)]
    known = f" ({', '.join(bands)})" if all(bands) else ""
    if wanted is None:
        # Where nothing says that it is one of bands, the shape is what matters.
        if not known:
            return None
        raise BadInputError(
            f"{name}: {what} is a cube of {length} bands{known}; choose one with --plane"
            f" {bands[0]}."
        )
    if wanted in bands:
        return bands.index(wanted)
    if re.fullmatch(r"\d+", wanted) and int(wanted) < length:
        return int(wanted)
    raise BadInputError(
        f"{name}: {what} has no plane {wanted}; give --plane a number from 0 to {length - 1}"
        + (f" or a band{known}." if known else ".")
    )


def plane_band(hdu: fits.ImageHDU, plane: int) -> str:
    """Name of the band of a cube's plane, ``""`` if it has none."""
    letters = str(hdu.header.get("BANDS", "")).replace(",", "").strip()
    named = str(hdu.header.get(f"BAND{plane}", "")).strip()
    return named or (letters[plane] if len(letters) == cube_length(hdu) else "")
