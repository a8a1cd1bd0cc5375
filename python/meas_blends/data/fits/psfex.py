"""PSFEx models: images whose sum, weighted by a polynomial of the place, is the PSF."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
from astropy.io import fits

from ...errors import BadInputError
from ..psf_judgement import PSF_ADVICE
from .header import number

__all__ = ["PsfexModel", "is_psfex", "read_psfex"]

#: Column of the table that holds the images.
_COLUMN = "PSF_MASK"

#: More axes, and higher powers, no polynomial has that could be fitted.
_MOST_AXES, _HIGHEST = 4, 10


@dataclass(frozen=True, eq=False)
class PsfexModel:
    """What a PSFEx file holds.

    Parameters
    ----------
    images : `numpy.ndarray`, (k, ny, nx)
        One image a term of the polynomial.
    powers : `list` [`tuple`]
        Powers of the axes in each term.
    axes : `list` [`str`]
        What each axis is: "x" or "y" (pixels of the image, the first is 1),
        "ra" or "dec" [deg], or "" for another, which counts as in the middle
        of its range.
    zero, scale : `list` [`float`]
        What is taken off each axis, and its length.
    step : `float`
        Side of the images' pixels, in pixels of the image.
    notes : `list` [`str`]
        What could not be followed, a phrase each.
    """

    images: np.ndarray = field(repr=False)
    powers: list[tuple[int, ...]]
    axes: list[str]
    zero: list[float]
    scale: list[float]
    step: float
    notes: list[str]

    def at(self, place: dict[str, float]) -> np.ndarray:
        """Image of the PSF at a place, (ny, nx), where each axis is given by its name.

        No farther than its stars reached: polynomials run away beyond.
        """
        scaled = [
            np.clip((place.get(axis, zero) - zero) / scale, -0.5, 0.5)
            for axis, zero, scale in zip(self.axes, self.zero, self.scale, strict=True)
        ]
        terms = [np.prod([s**p for s, p in zip(scaled, term, strict=True)]) for term in self.powers]
        return np.tensordot(terms, self.images, 1)

    def covers(self, axis: str) -> tuple[float, float] | None:
        """Where its stars lay on an axis, from and to; `None` if it does not vary along it."""
        for label, zero, scale in zip(self.axes, self.zero, self.scale, strict=True):
            if label == axis:
                return zero - 0.5 * abs(scale), zero + 0.5 * abs(scale)
        return None


def is_psfex(hdu: fits.BinTableHDU) -> bool:
    """Whether an HDU is the table of a PSFEx model."""
    return isinstance(hdu, fits.BinTableHDU) and _COLUMN in hdu.columns.names


def read_psfex(hdu: fits.BinTableHDU, name: str) -> PsfexModel:
    """Read a PSFEx model.

    Parameters
    ----------
    hdu : `astropy.io.fits.BinTableHDU`
        Its table, see `is_psfex`.
    name : `str`
        What to call it in a message.

    Returns
    -------
    model : `PsfexModel`
        Where its cards do not say how it varies, or in a way that is not known
        here, the PSF in the middle of its range.

    Raises
    ------
    BadInputError
        If it holds no images.
    """
    header = hdu.header
    images = np.array(hdu.data[_COLUMN], np.float64) if len(hdu.data) else np.zeros(0)
    if images.ndim > 1:
        images = images[0]
    if images.ndim == 1:
        sides = [number([header], f"PSFAXIS{k}") for k in (3, 2, 1)]
        sides = [1 if np.isnan(side) else int(side) for side in sides]
        if np.prod(sides) == images.size:
            images = images.reshape(sides)
    if images.ndim == 2:
        images = images[None]
    if images.ndim != 3 or 0 in images.shape:
        raise BadInputError(
            f"{name}: is a table of PSFEx without images whose sides its cards PSFAXIS give;"
            f" {PSF_ADVICE}."
        )
    step = number([header], "PSF_SAMP")
    count = number([header], "POLNAXIS")
    count = int(count) if 0 < count <= _MOST_AXES else 0
    axes = [_axis(str(header.get(f"POLNAME{k}", ""))) for k in range(1, count + 1)]
    zero = [number([header], f"POLZERO{k}") for k in range(1, count + 1)]
    scale = [number([header], f"POLSCAL{k}") for k in range(1, count + 1)]
    powers, notes = _powers(header, count), []
    if len(powers) != len(images) or not np.all(np.isfinite(zero)) or not np.all(np.abs(scale) > 0):
        if len(images) > 1:
            notes.append(
                f"the first of its {len(images)} images, for its cards do not say how it varies"
            )
        images, powers, axes, zero, scale = images[:1], [()], [], [], []
    elif len(images) > 1 and "" in axes:
        other = header.get(f"POLNAME{axes.index('') + 1}", "an axis without a name")
        notes.append(f"taken in the middle of its range of {other}")
    return PsfexModel(images, powers, axes, zero, scale, step if step > 0 else 1.0, notes)


def _powers(header: fits.Header, count: int) -> list[tuple[int, ...]]:
    """Powers of the axes in each term of a polynomial of one group: 1, x, x2, y, xy, y2."""
    degree = number([header], "POLDEG1")
    groups = number([header], "POLNGRP")
    if groups > 1 or not 0 <= degree <= _HIGHEST:
        return [(0,) * count]
    every = itertools.product(range(int(degree) + 1), repeat=count)
    # The first axis runs fastest.
    return [powers[::-1] for powers in every if sum(powers) <= degree]


def _axis(name: str) -> str:
    """What a column of SExtractor, by which the PSF varies, is."""
    name = name.strip().upper()
    if name.endswith("_IMAGE") and name[:1] in "XY":
        return name[0].lower()
    if name.endswith("J2000"):
        return {"ALPHA": "ra", "DELTA": "dec"}.get(name[:5], "")
    return {"X_WORLD": "ra", "Y_WORLD": "dec", "RA": "ra", "DEC": "dec"}.get(name, "")
