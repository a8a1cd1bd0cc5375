"""Images of single real galaxies from space, each with its PSF, as files hold them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from ..errors import BadInputError

__all__ = ["HALVES", "SpaceGalaxy", "half_of", "read_space_galaxies"]

#: Which galaxies: those to choose models and settings on, those held for reports, or all.
HALVES = ("choose", "held", "all")

#: Columns of the two kinds of catalogues.
_OWN = ("IDENT", "MAG", "PIXEL_SCALE", "NOISE_VARIANCE")
_GALSIM = ("IDENT", "MAG", "GAL_FILENAME", "PSF_FILENAME", "GAL_HDU", "PSF_HDU")

#: Pixel scale of GalSim's COSMOS galaxies, where a catalogue does not say it [arcsec].
_COSMOS_SCALE = 0.03


@dataclass(frozen=True)
class SpaceGalaxy:
    """Image of one galaxy, its sky subtracted.

    Parameters
    ----------
    name : `str`
        Its identifier.
    image : `numpy.ndarray`, (ny, nx)
        Pixels [count], the galaxy about the middle.
    psf : `numpy.ndarray`, (ny, nx)
        PSF with the pixel in it, about its middle pixel, unit sum.
    pixel_scale : `float`
        Of both [arcsec].
    noise_variance : `float`
        Of single pixels [count^2].
    mag : `float`
        AB magnitude; NaN if not known.
    """

    name: str
    image: np.ndarray
    psf: np.ndarray
    pixel_scale: float
    noise_variance: float
    mag: float = float("nan")

    @property
    def significance(self) -> float:
        """S/N of all of its light by a filter of its own shape, noise taken as white."""
        power = float(np.sum(np.square(self.image, dtype=float))) / self.noise_variance
        return float(np.sqrt(max(power - self.image.size, 0.0)))


def half_of(name: str) -> str:
    """Which half of the real galaxies one belongs to: ``"choose"`` or ``"held"``.

    Parameters
    ----------
    name : `str`
        Identifier of the galaxy.

    Returns
    -------
    half : `str`
        By the parity of the CRC-32 of the identifier, so that a galaxy stays in
        its half whatever catalogue, order or selection it comes in.
    """
    return HALVES[zlib.crc32(str(name).encode()) & 1]


def read_space_galaxies(
    path: str | Path, half: str = "all", leave_out: Sequence[str] = ()
) -> list[SpaceGalaxy]:
    """Read a catalogue of real galaxies.

    Parameters
    ----------
    path : `str` or `pathlib.Path`
        A FITS file of one of two kinds: one with the table ``GALAXIES``
        (``IDENT``, ``MAG``, ``PIXEL_SCALE``, ``NOISE_VARIANCE``) and, for each
        row, the images ``GALAXY_IDENT`` and ``PSF_IDENT``; or the catalogue of
        a GalSim ``RealGalaxyCatalog``, whose rows name files beside it.
    half : `str`
        One of `HALVES`.
    leave_out : sequence of `str`
        Identifiers of galaxies that are not wanted: doubles, say.

    Returns
    -------
    galaxies : `list` [`SpaceGalaxy`]
        In the order of the catalogue.

    Raises
    ------
    BadInputError
        If there is no such file, it is neither of the two, or a half is none.
    """
    if half not in HALVES:
        raise BadInputError(f"half {half!r}: there is none; give one of {', '.join(HALVES)}.")
    path = Path(path)
    unwanted = {str(name) for name in leave_out}

    def wanted(name: str) -> bool:
        return name not in unwanted and half in ("all", half_of(name))

    try:
        with fits.open(path) as hdus:
            own = "GALAXIES" in {hdu.name for hdu in hdus}
            read = _read_own if own else _read_galsim
            return list(read(path, hdus, wanted))
    except OSError as error:
        raise BadInputError(
            f"{path}: no catalogue of galaxies that can be read ({error}); give a FITS file."
        ) from error


def _read_own(
    path: Path, hdus: fits.HDUList, wanted: Callable[[str], bool]
) -> Iterator[SpaceGalaxy]:
    """Galaxies of a file with the table GALAXIES."""
    table = _table(path, hdus["GALAXIES"], _OWN)
    for row in table:
        name = str(row["IDENT"])
        if not wanted(name):
            continue
        try:
            image, psf = hdus[f"GALAXY_{name}"].data, hdus[f"PSF_{name}"].data
        except KeyError as error:
            raise BadInputError(
                f"{path}: the galaxy {name} of its table has no image or no PSF ({error}); give"
                f" HDUs GALAXY_{name} and PSF_{name}."
            ) from error
        numbers = (float(row[column]) for column in ("PIXEL_SCALE", "NOISE_VARIANCE", "MAG"))
        yield _made(path, name, image, psf, *numbers)


def _read_galsim(
    path: Path, hdus: fits.HDUList, wanted: Callable[[str], bool]
) -> Iterator[SpaceGalaxy]:
    """Galaxies of a GalSim RealGalaxyCatalog; its rows name files beside it."""
    table = _table(path, hdus[1] if len(hdus) > 1 else None, _GALSIM)
    columns = table.dtype.names
    for row in table:
        name = str(row["IDENT"])
        if not wanted(name):
            continue
        images = [
            fits.getdata(
                path.parent / str(row[f"{kind}_FILENAME"]).strip(), int(row[f"{kind}_HDU"])
            )
            for kind in ("GAL", "PSF")
        ]
        scale = float(row["PIXEL_SCALE"]) if "PIXEL_SCALE" in columns else _COSMOS_SCALE
        variance = float(row["NOISE_VARIANCE"]) if "NOISE_VARIANCE" in columns else np.nan
        if not variance > 0:
            variance = _border_variance(images[0])
        yield _made(path, name, *images, scale, variance, float(row["MAG"]))


def _table(path: Path, hdu: Any, needed: Sequence[str]) -> np.ndarray:
    """Rows of a table, once it is known to have some columns."""
    names = () if not isinstance(hdu, fits.BinTableHDU) else hdu.columns.names
    missing = [name for name in needed if name not in names]
    if missing:
        raise BadInputError(
            f"{path}: no catalogue of real galaxies, for it lacks {', '.join(missing)}; give a"
            " file with a table GALAXIES, or the catalogue of a GalSim RealGalaxyCatalog."
        )
    return hdu.data


def _made(
    path: Path, name: str, image: Any, psf: Any, scale: float, variance: float, mag: float
) -> SpaceGalaxy:
    """A galaxy whose numbers have been looked at."""
    image, psf = (np.asarray(array, float) for array in (image, psf))
    usable = image.ndim == 2 and psf.ndim == 2 and np.isfinite(image).all()
    if not (usable and np.isfinite(psf).all() and psf.sum() > 0 and scale > 0 and variance > 0):
        raise BadInputError(
            f"{path}: the galaxy {name} has no finite image and PSF with a positive pixel scale"
            " and noise variance; leave it out."
        )
    return SpaceGalaxy(name, image, psf / psf.sum(), scale, variance, mag)


def _border_variance(image: np.ndarray) -> float:
    """Variance of the pixels at the border of a stamp, by their median deviation [count^2]."""
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    return float((1.4826 * np.median(np.abs(border - np.median(border)))) ** 2)
