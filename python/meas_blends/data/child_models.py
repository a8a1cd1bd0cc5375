"""Images of deblended children in every band, models or stamps, in one FITS file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from astropy.io import fits
from astropy.table import Table

from ..errors import BadInputError
from .files import write_whole
from .fits.opening import open_fits
from .schema import Column, TableSchema

__all__ = ["ChildModels"]

_BOXES = TableSchema(
    "boxes",
    "One row a child: where its model lies, and its first pixel in the list of all",
    (
        Column("peakId", "i8", "Peak that the child was made from"),
        Column("x0", "i4", "First column, parent pixels"),
        Column("y0", "i4", "First row, parent pixels"),
        Column("nx", "i4", "Columns"),
        Column("ny", "i4", "Rows"),
        Column("first", "i8", "Its first pixel in each band's row of MODELS"),
    ),
)


@dataclass
class ChildModels:
    """Images of ``n`` children in ``C`` bands: their models, or their shares of the data.

    Parameters
    ----------
    boxes : `astropy.table.Table`
        ``peakId``, ``x0``, ``y0`` [parent pixel], ``nx``, ``ny`` and ``first``
        of each child.
    pixels : `numpy.ndarray` of float32, (C, N)
        Pixels of all models, one after the other, row by row [count].
    bands : sequence of `str`
        Names of the bands.
    name : `str`
        What to call it in messages: usually the path of its file.

    Raises
    ------
    BadInputError
        If the parts do not fit each other.
    """

    boxes: Table
    pixels: np.ndarray
    bands: Sequence[str]
    name: str = field(default="models")

    def __post_init__(self) -> None:
        self.bands = tuple(self.bands)
        self.pixels = np.asarray(self.pixels, np.float32)
        missing = [c.name for c in _BOXES.columns if c.name not in self.boxes.colnames]
        if missing:
            raise BadInputError(f"{self.name}: the boxes lack {', '.join(missing)}; make it anew.")
        nx, ny, first = (np.asarray(self.boxes[n], np.int64) for n in ("nx", "ny", "first"))
        n_pixels = self.pixels.shape[-1]
        fits_in = (nx > 0) & (ny > 0) & (first >= 0) & (nx <= n_pixels) & (ny <= n_pixels)
        fits_in &= first + np.where(fits_in, nx * ny, 0) <= n_pixels
        if self.pixels.ndim != 2 or len(self.bands) != len(self.pixels) or not fits_in.all():
            raise BadInputError(
                f"{self.name}: boxes, bands and pixels do not fit each other; make it anew."
            )
        self._row = {int(peak): row for row, peak in enumerate(self.boxes["peakId"])}

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def of(
        cls,
        peak_ids: Sequence[int],
        corners: Sequence[tuple[int, int]],
        models: Sequence[np.ndarray],
        bands: Sequence[str],
    ) -> ChildModels:
        """Put models together.

        Parameters
        ----------
        peak_ids : sequence of `int`
        corners : sequence of `tuple` [`int`, `int`]
            Parent pixel ``(x, y)`` of the first pixel of each.
        models : sequence of `numpy.ndarray`, (C, ny, nx)
        bands : sequence of `str`
        """
        sizes = np.array([model[0].size for model in models], np.int64)
        flat = [model.reshape(len(bands), -1) for model in models]
        columns = {
            "peakId": np.asarray(peak_ids, np.int64),
            "x0": np.array([x for x, _ in corners], np.int64),
            "y0": np.array([y for _, y in corners], np.int64),
            "nx": np.array([model.shape[2] for model in models], np.int64),
            "ny": np.array([model.shape[1] for model in models], np.int64),
            "first": np.cumsum(sizes) - sizes,
        }
        empty = np.zeros((len(bands), 0), np.float32)
        return cls(_BOXES.make(columns), np.concatenate([empty, *flat], axis=1), bands)

    def of_child(self, peak_id: int, band: str) -> tuple[np.ndarray, tuple[int, int]] | None:
        """Model of one child in one band.

        Returns
        -------
        model : `numpy.ndarray` of float32, (ny, nx)
            [count].
        corner : `tuple` [`int`, `int`]
            Parent pixel ``(x, y)`` of its first pixel. ``None`` instead of
            both if the child has no model.
        """
        row = self._row.get(int(peak_id))
        if row is None:
            return None
        x0, y0, nx, ny, first = (
            int(self.boxes[name][row]) for name in ("x0", "y0", "nx", "ny", "first")
        )
        values = self.pixels[self._band(band), first : first + nx * ny]
        return values.reshape(ny, nx), (x0, y0)

    def image(self, band: str, shape: tuple[int, int], xy0: tuple[int, int] = (0, 0)) -> np.ndarray:
        """All models in one image.

        Parameters
        ----------
        band : `str`
        shape : `tuple` [`int`, `int`]
            ``(ny, nx)``.
        xy0 : `tuple` [`int`, `int`]
            Parent-pixel position of its first pixel.

        Returns
        -------
        image : `numpy.ndarray` of float32, (ny, nx)
            [count].
        """
        image = np.zeros(shape, np.float32)
        for peak_id in self.boxes["peakId"]:
            self.add(image, int(peak_id), band, xy0)
        return image

    def add(
        self, image: np.ndarray, peak_id: int, band: str, xy0: tuple[int, int], factor: float = 1.0
    ) -> None:
        """Add the model of one child, times a factor, to an image that may not hold all of it."""
        found = self.of_child(peak_id, band)
        if found is None:
            return
        model, (x0, y0) = found
        left, top = x0 - xy0[0], y0 - xy0[1]
        ny, nx = image.shape
        y = slice(max(top, 0), min(top + model.shape[0], ny))
        x = slice(max(left, 0), min(left + model.shape[1], nx))
        if y.start < y.stop and x.start < x.stop:
            part = model[y.start - top : y.stop - top, x.start - left : x.stop - left]
            image[y, x] += np.float32(factor) * part

    def _band(self, band: str) -> int:
        if band not in self.bands:
            raise BadInputError(
                f"{self.name}: no models in the {band} band; choose one of {', '.join(self.bands)}."
            )
        return self.bands.index(band)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write one FITS file, whole or not at all.

        HDUs MODELS (C, N), with the names of the bands in BAND1, BAND2... of
        its header, and the table BOXES.
        """
        header = fits.Header()
        header["BUNIT"] = "count"
        header["NBANDS"] = len(self.bands)
        for number, band in enumerate(self.bands, 1):
            header[f"BAND{number}"] = band
        # FITS knows no axis without pixels.
        pixels = self.pixels if self.pixels.size else None
        hdus = [
            fits.PrimaryHDU(),
            fits.ImageHDU(pixels, header, name="MODELS"),
            fits.BinTableHDU(Table(self.boxes, copy=False), name="BOXES"),
        ]
        with write_whole(path) as temporary:
            fits.HDUList(hdus).writeto(temporary)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> ChildModels:
        """Read a file that `write` made.

        Raises
        ------
        BadInputError
            If it cannot be used.
        """
        with open_fits(path) as hdus:
            for wanted in ("MODELS", "BOXES"):
                if wanted not in hdus:
                    raise BadInputError(f"{path}: no HDU {wanted}; give a file of child models.")
            header = hdus["MODELS"].header
            count = header.get("NBANDS", 0)
            bands = [str(header.get(f"BAND{number}", "")) for number in range(1, count + 1)]
            data = hdus["MODELS"].data
            pixels = np.zeros((count, 0)) if data is None else np.asarray(data, np.float32)
            boxes = Table(hdus["BOXES"].data)
        return cls(boxes, pixels, bands, str(path))
