"""Sets of galaxy cutouts with what is known of each: simulated, or a user's own."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field

import numpy as np
from astropy.io import fits
from astropy.table import Table

from ..errors import BadInputError
from .coadd import NANOJANSKY_ZERO_POINT
from .files import write_whole
from .fits.opening import open_fits
from .galaxy_tables import GALAXY_TARGETS, GALAXY_TRUTH
from .schema import missing_columns

__all__ = ["GalaxySet"]

#: Units that astropy knows under other names than FITS.
_FITS_UNITS = {"pix": "pixel"}


@dataclass
class GalaxySet:
    """Cutouts of ``n`` galaxies of known morphology, in one band.

    Parameters
    ----------
    images : `numpy.ndarray` of float32, (n, size, size)
        Background-subtracted pixels [count]. The galaxy's centre lies in the
        pixel ``[size // 2, size // 2]``, or off it by ``dx`` and ``dy``. NaN
        where a pixel holds no usable light.
    psf : `numpy.ndarray` of float32, (m, p, p)
        PSF images, pixel included, each centred on its middle pixel (p is
        odd) and with unit sum: one for all galaxies, one for each, or some
        that the column ``psfRow`` chooses from.
    galaxies : `astropy.table.Table`
        ``n`` rows; columns of `~meas_blends.data.galaxy_tables.GALAXY_TRUTH`.
        ``bulgeToTotal``, ``halfLightRadius`` [arcsec] and ``flux`` [nJy] must
        be there. What else is not there is unknown.
    pixel_scale : `float`
        [arcsec].
    zero_point : `float`
        AB magnitude of one count.
    band, survey : `str`
        Of the images; empty if unknown.
    name : `str`
        What to call it in messages: usually the path of its file.

    Raises
    ------
    BadInputError
        If the parts do not fit each other or a number is out of its range.
    """

    images: np.ndarray
    psf: np.ndarray
    galaxies: Table
    pixel_scale: float
    zero_point: float
    band: str = ""
    survey: str = ""
    name: str = field(default="galaxies")

    def __post_init__(self) -> None:
        self.images = np.asarray(self.images, np.float32)
        self.psf = np.asarray(self.psf, np.float32)
        if self.psf.ndim == 2:
            self.psf = self.psf[None]
        self._check_images()
        self._check_psf()
        self._check_galaxies()

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """Side of the cutouts [pixel]."""
        return self.images.shape[-1]

    @property
    def nanojansky_per_count(self) -> float:
        """Flux of one count [nJy]."""
        return 10 ** (0.4 * (NANOJANSKY_ZERO_POINT - self.zero_point))

    @property
    def psf_row(self) -> np.ndarray:
        """Row of each galaxy's PSF in `psf`, (n,)."""
        if "psfRow" in self.galaxies.colnames:
            return np.asarray(self.galaxies["psfRow"], int)
        return np.arange(len(self)) if len(self.psf) > 1 else np.zeros(len(self), int)

    def truth(self) -> np.ndarray:
        """B/T, half-light radius [arcsec] and flux [nJy] of each galaxy, (n, 3)."""
        return np.stack([np.asarray(self.galaxies[n], float) for n in GALAXY_TARGETS], axis=1)

    def _check_images(self) -> None:
        shape = self.images.shape
        if self.images.ndim != 3 or shape[1] != shape[2] or shape[1] < 1:
            raise BadInputError(
                f"{self.name}: the images have shape {shape}; give a cube of square cutouts."
            )
        for what, value, good in (
            ("pixel scale", self.pixel_scale, self.pixel_scale > 0),
            ("zero point", self.zero_point, abs(self.zero_point) < 200),
        ):
            if not (math.isfinite(value) and good):
                raise BadInputError(
                    f"{self.name}: the {what} is {value}; give PIXSCALE [arcsec] and MAGZERO, the"
                    " AB magnitude of one count, in the header of IMAGE."
                )

    def _check_psf(self) -> None:
        shape = self.psf.shape
        if self.psf.ndim != 3 or shape[1] != shape[2] or shape[1] % 2 == 0 or shape[0] == 0:
            raise BadInputError(
                f"{self.name}: the PSF has shape {shape}; give one image or a cube of them, square,"
                " with an odd side."
            )
        total = self.psf.sum(axis=(1, 2), dtype=np.float64)
        if not (np.isfinite(self.psf).all() and (total > 0).all()):
            raise BadInputError(
                f"{self.name}: a PSF image is not finite or has no positive sum; give others."
            )
        self.psf = (self.psf / total[:, None, None]).astype(np.float32)

    def _check_galaxies(self) -> None:
        missing = missing_columns(self.galaxies, GALAXY_TARGETS)
        if missing:
            raise BadInputError(
                f"{self.name}: the table of galaxies lacks {', '.join(missing)}; give at least"
                f" {', '.join(GALAXY_TARGETS)}."
            )
        if len(self.galaxies) != len(self):
            raise BadInputError(
                f"{self.name}: {len(self.galaxies)} galaxies in the table and {len(self)} images;"
                " give a row for each image."
            )
        truth = self.truth()
        good = (truth[:, 0] >= 0) & (truth[:, 0] <= 1) & (truth[:, 1] > 0) & (truth[:, 2] > 0)
        good &= np.isfinite(truth).all(axis=1)
        if not good.all():
            raise BadInputError(
                f"{self.name}: row {int(np.argmin(good))} of the galaxies has"
                f" {', '.join(GALAXY_TARGETS)} = {truth[np.argmin(good)].tolist()}; give B/T from 0"
                " to 1, and positive radii and fluxes."
            )
        row, named = self.psf_row, "psfRow" in self.galaxies.colnames
        fits_each = named or len(self.psf) in (1, len(self))
        if not fits_each or (len(row) and not (0 <= row.min() and row.max() < len(self.psf))):
            raise BadInputError(
                f"{self.name}: {len(self.psf)} PSF images for {len(self)} galaxies; give one, one"
                " for each, or a column psfRow with rows that are there."
            )
        if "skySigma" in self.galaxies.colnames and not (self.galaxies["skySigma"] > 0).all():
            raise BadInputError(f"{self.name}: skySigma must be positive; leave out the column.")

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write one FITS file, whole or not at all.

        HDUs IMAGE (n, size, size) with MAGZERO, PIXSCALE, BAND and SURVEY in
        its header, PSF (m, p, p), and the table GALAXIES.

        Parameters
        ----------
        path : path-like
            Where to; with ``.gz`` at the end it is compressed.
        """
        header = fits.Header()
        header["BUNIT"] = "count"
        header["MAGZERO"] = (float(self.zero_point), "[mag] AB magnitude of one count")
        header["PIXSCALE"] = (float(self.pixel_scale), "[arcsec] pixel scale")
        if self.band:
            header["BAND"] = self.band
        if self.survey:
            header["SURVEY"] = self.survey
        hdus = [
            fits.PrimaryHDU(),
            fits.ImageHDU(self.images, header, name="IMAGE"),
            fits.ImageHDU(self.psf, name="PSF"),
            _table_hdu(self.galaxies),
        ]
        with write_whole(path) as temporary:
            fits.HDUList(hdus).writeto(temporary)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> GalaxySet:
        """Read a file as `write` makes it, or one like it from elsewhere.

        Raises
        ------
        BadInputError
            If the file cannot be used.
        """
        with open_fits(path) as hdus:
            for wanted in ("IMAGE", "PSF", "GALAXIES"):
                if wanted not in hdus:
                    raise BadInputError(
                        f"{path}: no set of galaxies, the HDU {wanted} is missing; give IMAGE (a"
                        " cube of cutouts), PSF and the table GALAXIES."
                    )
            if not isinstance(hdus["GALAXIES"], fits.BinTableHDU):
                raise BadInputError(f"{path}: the HDU GALAXIES is no binary table; give one.")
            header = hdus["IMAGE"].header
            return cls(
                images=_array(hdus["IMAGE"], path),
                psf=_array(hdus["PSF"], path),
                galaxies=_galaxies(hdus["GALAXIES"], path),
                pixel_scale=_number(header, "PIXSCALE", path),
                zero_point=_number(header, "MAGZERO", path),
                band=str(header.get("BAND", "")),
                survey=str(header.get("SURVEY", "")),
                name=str(path),
            )


def _array(hdu: fits.ImageHDU, path: str | os.PathLike[str]) -> np.ndarray:
    if not isinstance(hdu, fits.ImageHDU | fits.CompImageHDU) or hdu.data is None:
        raise BadInputError(f"{path}: the HDU {hdu.name} holds no image; give one.")
    return np.asarray(hdu.data, np.float32)


def _number(header: fits.Header, key: str, path: str | os.PathLike[str]) -> float:
    try:
        return float(header[key])
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(
            f"{path}: {key} is missing in the header of IMAGE or no number; give PIXSCALE [arcsec]"
            " and MAGZERO, the AB magnitude of one count."
        ) from error


def _table_hdu(galaxies: Table) -> fits.BinTableHDU:
    """Binary table with units, and descriptions as comments of the columns' names."""
    columns = []
    for name in galaxies.colnames:
        values = np.asarray(galaxies[name])
        unit = str(galaxies[name].unit or "") or None
        code = fits.column.NUMPY2FITS.get(values.dtype.str[1:])
        code = f"{values.dtype.itemsize // 4}A" if values.dtype.kind == "U" else code
        columns.append(fits.Column(name, code, unit=_FITS_UNITS.get(unit, unit), array=values))
    hdu = fits.BinTableHDU.from_columns(columns, name="GALAXIES")
    for i, name in enumerate(galaxies.colnames, start=1):
        # Cards hold what fits beside the name.
        hdu.header.comments[f"TTYPE{i}"] = (galaxies[name].info.description or "")[:45]
    return hdu


def _galaxies(hdu: fits.BinTableHDU, path: str | os.PathLike[str]) -> Table:
    """Columns in native byte order; those that are known with their unit and description."""
    known = {column.name: column for column in GALAXY_TRUTH.all_columns}
    table = Table()
    for column in hdu.columns:
        values = np.asarray(hdu.data[column.name])
        values = values.astype(values.dtype.newbyteorder("="))
        if column.name in GALAXY_TARGETS and values.dtype.kind not in "fiu":
            raise BadInputError(
                f"{path}: the column {column.name} of GALAXIES holds no numbers; give numbers."
            )
        table[column.name] = values
        like = known.get(column.name)
        if like is not None:
            table[column.name].unit = like.unit or None
            table[column.name].description = like.description
    return table
