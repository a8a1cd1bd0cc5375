"""PSFs as files hold them, and how they become that of an image."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

from ...errors import BadInputError
from ..psf import CellPsf
from ..psf_judgement import PSF_ADVICE, judge_psf, whole_step
from .header import mask_planes, number
from .opening import open_fits
from .planes import has_image, name_of
from .psfex import PsfexModel, is_psfex, read_psfex

__all__ = ["ImageFrame", "PsfInFile", "place_psf", "psf_beside_image", "read_psf"]

#: HDUs of STPSF (WebbPSF), the best first: with the optics' distortion, at the detector's pixels.
_STPSF = ("DET_DIST", "DET_SAMP", "OVERDIST", "OVERSAMP")

#: Cards that say how many pixels lie on one of the detector's, how large they are [arcsec],
#: and how large a stamp of a mosaic is [pixel].
_OVERSAMPLING = ("OVERSAMP", "OVERSAMPLE", "OVERSAMPLING", "OSAMP")
_SCALE = ("PIXELSCL", "PIXSCALE")
_STAMP = ("STMPSIZE", "STAMPSIZ", "STAMPSIZE")

#: Oversampling of Anderson's libraries (STDPSF), whose files do not say it.
_STDPSF_OVERSAMPLING = 4.0

#: Sides beyond this are no PSF's [pixel].
_LARGEST = 4096

#: Least side of the cells in which a PSF that varies is evaluated [pixel], and most of them a row.
_CELL, _CELLS = 128, 8

#: What a remark about the PSF ends with.
PSF_OPTION = "(--psf FILE or FWHM)"

#: The sum of a PSF of ours is 1 to this.
_UNIT = 1e-5

#: What cards and columns that hold something else than they should give.
_DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)

#: HDUs sampled this nearly as the image are taken as they are.
_SAME = 0.03


@dataclass(frozen=True)
class ImageFrame:
    """What a PSF needs to know about the image that it belongs to.

    Parameters
    ----------
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)``.
    xy0 : `tuple` [`int`, `int`]
        Parent pixel of its first one.
    pixel_scale : `float`
        [arcsec]; if NaN that of ``wcs``.
    wcs : `astropy.wcs.WCS`, optional
        Of the array.
    """

    shape: tuple[int, int]
    xy0: tuple[int, int] = (0, 0)
    pixel_scale: float = math.nan
    wcs: WCS | None = None

    def __post_init__(self) -> None:
        if math.isnan(self.pixel_scale) and self.wcs is not None and self.wcs.has_celestial:
            sides = proj_plane_pixel_scales(self.wcs.celestial)
            object.__setattr__(self, "pixel_scale", 3600.0 * math.sqrt(math.prod(sides)))


@dataclass(frozen=True, eq=False)
class _Sampled:
    """Images of PSFs, how they are sampled, and where they belong.

    Parameters
    ----------
    images : `numpy.ndarray`, (n, ny, nx)
    oversampling : `float`
        How many of their pixels lie side by side on one of the detector's; NaN if not said.
    scale : `float`
        Side of their pixels [arcsec]; NaN if not said.
    effective : `bool` or `None`
        Whether the light is summed up over the detector's pixels already;
        `None` if the file does not say.
    places : `numpy.ndarray`, (n, 2), optional
        Where each belongs, ``(x, y)`` in pixels of the image, the first of which is 0.
    sky : `numpy.ndarray`, (n, 2), optional
        Likewise, ICRS degrees.
    """

    images: np.ndarray = field(repr=False)
    oversampling: float = math.nan
    scale: float = math.nan
    effective: bool | None = None
    places: np.ndarray | None = field(default=None, repr=False)
    sky: np.ndarray | None = field(default=None, repr=False)

    def step(self, pixel_scale: float) -> float:
        """Side of their pixels, in pixels of an image."""
        step = self.scale / pixel_scale
        if not 0 < step < math.inf:
            step = 1.0 / self.oversampling
        return whole_step(step) if 0 < step < math.inf else 1.0


@dataclass(frozen=True, eq=False)
class PsfInFile:
    """A PSF as a file holds it.

    Parameters
    ----------
    name : `str`
        What to call it in a message.
    samplings : `tuple`
        The PSF in one or several samplings, the best first; or one model of PSFEx.
    """

    name: str
    samplings: tuple[_Sampled | PsfexModel, ...]

    def identity(self) -> str:
        """What tells it from others, as text."""
        digest = hashlib.sha256()
        for one in self.samplings:
            digest.update(repr(one).encode())
            for array in vars(one).values():
                if isinstance(array, np.ndarray):
                    digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    @property
    def may_lack_pixel(self) -> bool:
        """Whether it is not said if the light is summed up over the detector's pixels."""
        return any(isinstance(one, _Sampled) and one.effective is None for one in self.samplings)

    @property
    def says_sampling(self) -> bool:
        """Whether it says how large its pixels are."""
        return any(
            isinstance(one, PsfexModel) or one.oversampling > 0 or one.scale > 0
            for one in self.samplings
        )

    def as_effective(self) -> PsfInFile:
        """The same, taken to be summed up over the detector's pixels."""
        samplings = tuple(
            replace(one, effective=True) if isinstance(one, _Sampled) else one
            for one in self.samplings
        )
        return replace(self, samplings=samplings)


def read_psf(path: str | os.PathLike[str]) -> PsfInFile:
    """Read a PSF from a file of its own.

    Parameters
    ----------
    path : path-like
        A FITS file with an image of a PSF, of any size, perhaps oversampled as
        its cards OVERSAMP or PIXELSCL say; a model of PSFEx; an output of STPSF
        (WebbPSF); a mosaic of stamps with their positions, as of Euclid's MER;
        or a library of effective PSFs (STDPSF, STPSF).

    Returns
    -------
    psf : `PsfInFile`

    Raises
    ------
    BadInputError
        If there is none.
    """
    name = str(path)
    if not Path(path).exists():
        raise BadInputError(
            f"{name}: no such file, and not a number; give a PSF image in FITS, or a FWHM in"
            " arcsec."
        )
    with open_fits(path) as hdus:
        psf = _read(hdus, name)
    # What fits no image at all is refused at once.
    place_psf(psf, ImageFrame((1, 1)))
    return psf


def psf_beside_image(
    hdus: fits.HDUList, frame: ImageFrame, key: str | int = "PSF"
) -> dict[str, Any]:
    """Read the PSF of an image from an HDU of the same file.

    Parameters
    ----------
    hdus : `astropy.io.fits.HDUList`
        An open file.
    frame : `ImageFrame`
        The image.
    key : `str` or `int`, optional
        The HDU.

    Returns
    -------
    parts : `dict`
        Of a `~meas_blends.data.coadd.Coadd`: "psf", `None` if the HDU holds
        none, and its "origins" and "remarks".
    """
    number = hdus.index_of(key)
    what = name_of(hdus[number], number)
    if _is_our_own(hdus, number):
        return {"psf": np.array(hdus[number].data), "origins": {"psf": what}, "remarks": {}}
    try:
        cells, notes = place_psf(_read([hdus[number]], what), frame)
    except (BadInputError, *_DAMAGE) as error:
        reason = f"{what} cannot be read ({str(error) or type(error).__name__})"
        if isinstance(error, BadInputError):
            reason = f"{what} {_refusal(error, what)}"
        remark = f"{reason}, and is not used: the PSF is taken from the image's stars"
        return {
            "psf": None,
            "origins": {"psf": reason},
            "remarks": {"PSF": f"{remark} {PSF_OPTION}"},
        }
    said = ": ".join([what, *(["; ".join(notes)] if notes else [])])
    remarks = {"PSF": f"{said} {PSF_OPTION}"} if notes else {}
    return {"psf": cells, "origins": {"psf": said}, "remarks": remarks}


def _refusal(error: BadInputError, name: str) -> str:
    """Why a PSF was refused, without its name and the advice."""
    return str(error).removeprefix(f"{name}: ").split(f"; {PSF_ADVICE}")[0].rstrip(".")


def _is_our_own(hdus: fits.HDUList, number: int) -> bool:
    """Whether a PSF is as `write_coadd` leaves it: right, and to be kept to the last bit."""
    psf, names = hdus[number], {hdu.name: hdu for hdu in hdus}
    if not (has_image(psf) and psf.header["BITPIX"] == -32 and len(psf.shape) == 2):
        return False
    if not ("IMAGE" in names and "MASK" in names and mask_planes(names["MASK"].header)):
        return False
    whole = abs(float(np.sum(psf.data, dtype=np.float64)) - 1.0) < _UNIT
    return whole and all(length % 2 == 1 for length in psf.shape)


def _read(hdus: Sequence[fits.ImageHDU], name: str) -> PsfInFile:
    """The PSF of some HDUs."""
    models = [hdu for hdu in hdus if is_psfex(hdu)]
    if len(models) > 1:
        raise BadInputError(
            f"{name}: holds {len(models)} models of PSFEx; give a file with that of this image."
        )
    if models:
        return PsfInFile(name, (read_psfex(models[0], name),))
    images = [hdu for hdu in hdus if has_image(hdu) and _dimensions(hdu) in (2, 3)]
    named = {hdu.name: hdu for hdu in images[::-1]}
    chosen = [named[key] for key in _STPSF if key in named]
    if not chosen and "PSF" in named:
        chosen = [named["PSF"]]
    chosen = chosen or images[:1]
    if not chosen:
        raise BadInputError(f"{name}: holds no 2-D image; {PSF_ADVICE}.")
    tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU)]
    return PsfInFile(name, tuple(_sampled(hdu, hdus[0].header, tables, name) for hdu in chosen))


def _dimensions(hdu: fits.ImageHDU) -> int:
    return sum(length > 1 for length in hdu.shape)


def _sampled(
    hdu: fits.ImageHDU, primary: fits.Header, tables: list[fits.BinTableHDU], name: str
) -> _Sampled:
    """The PSF or PSFs of an image HDU."""
    headers = [hdu.header] if hdu.name in _STPSF else [hdu.header, primary]
    size = _stamp_size(headers, tables)
    if max(hdu.shape) > _LARGEST and size == 0:
        sides = " x ".join(str(length) for length in hdu.shape[::-1])
        raise BadInputError(f"{name}: has {sides} pixels, too many for a PSF; {PSF_ADVICE}.")
    image = np.array(hdu.data, np.float64)
    image = np.squeeze(image) if image.ndim > 2 else image
    oversampling, scale = (
        next((value for key in keys if (value := number(headers, key)) > 0), math.nan)
        for keys in (_OVERSAMPLING, _SCALE)
    )
    if image.ndim == 2 and 0 < size < max(image.shape):
        stamps, places, sky = _cut_mosaic(image, size, tables)
        return _Sampled(stamps, oversampling, scale, None, places, sky)
    if image.ndim == 2:
        # At the detector's pixels the light is summed up, or the image would be no image.
        effective = True if hdu.name.startswith("DET_") or "EPSF" in hdu.name.upper() else None
        return _Sampled(image[None], oversampling, scale, effective)
    places = _library_places(headers, len(image))
    if places is not None:
        if math.isnan(oversampling) and "NXPSFS" in hdu.header:
            oversampling = _STDPSF_OVERSAMPLING
        return _Sampled(image, oversampling, scale, True, places)
    if not np.all(image.sum(axis=(1, 2)) > 0):
        raise BadInputError(
            f"{name}: holds {len(image)} images, not all of which are PSFs, and no card says how"
            f" they make one; {PSF_ADVICE}, or the .psf file of PSFEx."
        )
    return _Sampled(image, oversampling, scale)


def _stamp_size(headers: list[fits.Header], tables: list[fits.BinTableHDU]) -> int:
    """Side of the stamps of a mosaic [pixel], by a card or their centres; 0 if it is none."""
    sizes = [number(headers, key) for key in _STAMP]
    sizes = [size for size in sizes if size >= 3]
    for table in tables if not sizes else []:
        columns = _columns(table, "x_center", "y_center")
        if columns is not None:
            apart = np.diff(np.unique(columns.ravel().round(1)))
            sizes += [float(apart[apart > 2].min())] if np.any(apart > 2) else []
    return round(sizes[0]) if sizes else 0


def _columns(table: fits.BinTableHDU, *wanted: str) -> np.ndarray | None:
    """Some columns of a table, whose names may be in capitals, (n, k); `None` without them."""
    names = {column.lower(): column for column in table.columns.names}
    if not all(name in names for name in wanted):
        return None
    return np.column_stack([np.asarray(table.data[names[name]], float) for name in wanted])


def _cut_mosaic(
    image: np.ndarray, size: int, tables: list[fits.BinTableHDU]
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Stamps of a mosaic, with their places by a table beside it."""
    rows, columns = (length // size for length in image.shape)
    stamps = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
    stamps = stamps.swapaxes(1, 2)
    for table in tables:
        centres = _columns(table, "x_center", "y_center")
        if centres is None:
            continue
        # The stamp in which a centre lies, whether pixels count from 0 or from 1.
        column, row = (centres // size).astype(int).T
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        if not inside.any():
            continue
        places, sky = _columns(table, "x", "y"), _columns(table, "ra", "dec")
        return (
            stamps[row[inside], column[inside]],
            None if places is None else places[inside] - 1.0,
            None if sky is None else sky[inside],
        )
    stamps = stamps.reshape(-1, size, size)
    filled = np.isfinite(stamps).all(axis=(1, 2)) & stamps.any(axis=(1, 2))
    return (stamps[filled] if filled.any() else stamps), None, None


def _library_places(headers: list[fits.Header], count: int) -> np.ndarray | None:
    """Places ``(x, y)`` of the PSFs of a library, pixels from 0; `None` if it is none."""
    # STPSF: "(y, x)", from 0.
    texts = [str(headers[0].get(f"DET_YX{k}", "")) for k in range(count)]
    pairs = [re.findall(r"[-+0-9.eE]+", text) for text in texts]
    if all(len(pair) == 2 for pair in pairs):
        return np.array(pairs, float)[:, ::-1]
    # STDPSF: a grid, x fastest, from 1.
    columns, rows = number(headers, "NXPSFS"), number(headers, "NYPSFS")
    if not columns * rows == count:
        return None
    x = [number(headers, f"IPSFX{k:02d}") for k in range(1, int(columns) + 1)]
    y = [number(headers, f"JPSFY{k:02d}") for k in range(1, int(rows) + 1)]
    if not np.all(np.isfinite([*x, *y])):
        return None
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2) - 1.0


def place_psf(psf: PsfInFile, frame: ImageFrame) -> tuple[CellPsf, list[str]]:
    """Make the PSF of an image, at its pixels and as a function of place.

    Parameters
    ----------
    psf : `PsfInFile`
        What a file holds.
    frame : `ImageFrame`
        The image.

    Returns
    -------
    cells : `~meas_blends.data.psf.CellPsf`
    notes : `list` [`str`]
        What was done to it, a phrase each.

    Raises
    ------
    BadInputError
        If it is not the image of one PSF.
    """
    one = _best_sampling(psf, frame.pixel_scale)
    if isinstance(one, PsfexModel):
        return _place_psfex(psf.name, one, frame)
    step = one.step(frame.pixel_scale)
    box = None
    if not one.effective and step != 1.0:
        # Of the detector's pixel and the image's, the larger one smears.
        box = max(1.0 / step, one.oversampling if one.oversampling > 0 else 1.0)
        box = box if box > 1.0 else None
    if len(one.images) == 1:
        cell, notes = judge_psf(one.images[0], psf.name, step, box)
        return CellPsf.constant(cell, psf.name), notes
    places = _places_on(one, frame)
    if places is None:
        mean, notes = judge_psf(_mean(one.images), psf.name, step, box)
        what = f"the mean of its {len(one.images)} PSFs, for it does not say where they belong"
        return CellPsf.constant(mean, psf.name), [what, *notes]
    grid, shape = _grid(frame)
    judged = []
    for middle in grid.reshape(-1, 2):
        # The mean of those in a cell, or the nearest.
        apart = np.abs(places - middle)
        inside = np.all(apart <= 0.5 * np.array(shape[::-1]), axis=1)
        if not inside.any():
            inside = np.arange(len(places)) == np.argmin(np.hypot(*apart.T))
        judged.append(_judged(_mean(one.images[inside]), psf.name, step, box))
    return _cells(judged, grid, shape, frame, psf.name)


def _best_sampling(psf: PsfInFile, pixel_scale: float) -> _Sampled | PsfexModel:
    """The first that is sampled as the image is, else the finest."""
    if len(psf.samplings) == 1:
        return psf.samplings[0]
    steps = [one.step(pixel_scale) for one in psf.samplings]
    same = [k for k, step in enumerate(steps) if abs(step - 1.0) < _SAME]
    return psf.samplings[same[0] if same else int(np.argmin(steps))]


def _places_on(one: _Sampled, frame: ImageFrame) -> np.ndarray | None:
    """Places of PSFs on an image, array pixels, (n, 2); `None` if they cannot be told."""
    if one.sky is not None and frame.wcs is not None and frame.wcs.has_celestial:
        sky = SkyCoord(*one.sky.T, unit="deg", frame="icrs")
        places = np.column_stack(frame.wcs.celestial.world_to_pixel(sky))
        if np.isfinite(places).all():
            return places
    if one.places is None:
        return None
    low, high = one.places.min(axis=0), one.places.max(axis=0)
    offset = _offset((low[0], high[0]), (low[1], high[1]), frame)
    return None if offset is None else one.places - offset


def _offset(
    x: tuple[float, float], y: tuple[float, float], frame: ImageFrame
) -> tuple[int, int] | None:
    """What leads from the pixels of a PSF's places to the array's.

    Zero if they are those of the array, ``xy0`` if parent pixels, whichever
    agrees better with where they lie; the latter where a whole image's hold
    both. `None` if they do not lie on the image.
    """

    def agreement(offset: tuple[int, int]) -> float:
        shares = []
        for (low, high), first, length in zip((x, y), offset, frame.shape[::-1], strict=True):
            low, high = low - first, high - first
            common = min(high, length - 0.5) - max(low, -0.5)
            shares.append(max(common, 0.0) / (max(high, length - 0.5) - min(low, -0.5)))
        return shares[0] * shares[1]

    best = max([frame.xy0, (0, 0)], key=agreement)
    return best if agreement(best) > 0 else None


def _grid(frame: ImageFrame) -> tuple[np.ndarray, tuple[float, float]]:
    """Middles ``(x, y)`` of cells, array pixels, (rows, columns, 2), and their height and width."""
    numbers = [min(max(round(length / _CELL), 1), _CELLS) for length in frame.shape]
    shape = tuple(length / count for length, count in zip(frame.shape, numbers, strict=True))
    y, x = (
        (np.arange(count) + 0.5) * side - 0.5 for count, side in zip(numbers, shape, strict=True)
    )
    return np.stack(np.meshgrid(x, y), axis=-1), shape


def _place_psfex(name: str, model: PsfexModel, frame: ImageFrame) -> tuple[CellPsf, list[str]]:
    """Evaluate a PSFEx model in the cells of an image."""
    ranges = {axis: model.covers(axis) for axis in ("x", "y", "ra", "dec")}
    if all(extent is None for extent in ranges.values()):
        image, notes = judge_psf(model.at({}), name, model.step)
        return CellPsf.constant(image, name), [*model.notes, *notes]
    grid, shape = _grid(frame)
    places = [{} for _ in range(grid[..., 0].size)]
    notes = list(model.notes)
    if ranges["x"] or ranges["y"]:
        everywhere = (-math.inf, math.inf)
        # SExtractor's first pixel is 1.
        x, y = ((e[0] - 1, e[1] - 1) if (e := ranges[a]) else everywhere for a in "xy")
        x, y = (
            (-0.5, length - 0.5) if extent is everywhere else extent
            for extent, length in zip((x, y), frame.shape[::-1], strict=True)
        )
        offset = _offset(x, y, frame)
        if offset is None:
            notes.append("its stars lie outside the image: taken at their border")
        first = np.array(offset or (0, 0)) + 1.0
        places = [{"x": x, "y": y} for x, y in grid.reshape(-1, 2) + first]
    elif frame.wcs is not None and frame.wcs.has_celestial:
        sky = frame.wcs.celestial.pixel_to_world(*grid.reshape(-1, 2).T).icrs
        places = [{"ra": ra, "dec": dec} for ra, dec in zip(sky.ra.deg, sky.dec.deg, strict=True)]
    else:
        notes.append("taken in the middle of its range, for the image has no WCS")
    judged = [_judged(model.at(place), name, model.step, None) for place in places]
    cells, more = _cells(judged, grid, shape, frame, name)
    return cells, [*notes, *more]


def _judged(
    image: np.ndarray, name: str, step: float, box: float | None
) -> tuple[np.ndarray, list[str]] | BadInputError:
    """What `judge_psf` gives, or why it gives nothing."""
    try:
        return judge_psf(image, name, step, box)
    except BadInputError as error:
        return error


def _cells(
    judged: list[tuple[np.ndarray, list[str]] | BadInputError],
    grid: np.ndarray,
    shape: tuple[float, float],
    frame: ImageFrame,
    name: str,
) -> tuple[CellPsf, list[str]]:
    """Cells of one size; a refused one is missing, and all of them an error."""
    good = [one for one in judged if not isinstance(one, BadInputError)]
    if not good:
        raise judged[0]
    sides = np.max([image.shape for image, _ in good], axis=0)
    images = np.full((len(judged), *sides), np.nan)
    for k, one in enumerate(judged):
        if not isinstance(one, BadInputError):
            margin = (sides - one[0].shape) // 2
            images[k] = np.pad(one[0], [(m, m) for m in margin])
    notes = good[len(good) // 2][1]
    if len(good) < len(judged):
        notes = [*notes, f"{len(judged) - len(good)} of {len(judged)} cells have their neighbour's"]
    cells = CellPsf(images.reshape(*grid.shape[:2], *sides), frame.xy0, shape, name)
    return cells, notes


def _mean(images: np.ndarray) -> np.ndarray:
    """Mean of some PSFs, each of the same weight."""
    total = images.sum(axis=(1, 2), keepdims=True)
    whole = (total[:, 0, 0] > 0) & np.isfinite(total[:, 0, 0])
    return (images[whole] / total[whole]).mean(axis=0) if whole.any() else images[0]
