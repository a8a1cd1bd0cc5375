"""The coadd: pixels with their variance, mask, PSF and calibration."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field

import numpy as np
from astropy.wcs import WCS

from ..errors import BadInputError
from .large import image_array
from .pixel_scale import local_pixel_sides
from .psf import CellPsf
from .tiles import row_strips

__all__ = [
    "ACTIVE_PLANES",
    "BAD_PLANES",
    "DEFAULT_MASK_PLANES",
    "MASK_BITS",
    "NANOJANSKY_ZERO_POINT",
    "Coadd",
]

#: AB magnitude of one nanojansky.
NANOJANSKY_ZERO_POINT = 31.4

#: Bits of the mask planes in our own files, the names of ``lsst.afw``.
DEFAULT_MASK_PLANES = {
    "BAD": 0,
    "SAT": 1,
    "INTRP": 2,
    "CR": 3,
    "EDGE": 4,
    "DETECTED": 5,
    "DETECTED_NEGATIVE": 6,
    "SUSPECT": 7,
    "NO_DATA": 8,
}

#: Bits of a mask, the last of which is the sign, as in ``lsst.afw``.
MASK_BITS = 32

#: Parent pixels must fit the 32-bit columns of the tables, and zero points
#: beyond these magnitudes are mistakes that would overflow.
_LARGEST_PIXEL = 2**31
_ZERO_POINT_LIMIT = 200.0

#: Planes whose pixels hold no usable light. Interpolated and saturated pixels
#: stay in: the pipelines have given them a value, and dropping them would cut
#: holes into bright footprints.
BAD_PLANES = ("BAD", "NO_DATA", "EDGE")

#: What planes with these names are called by Rubin since DP2 (``lsst.images``).
_OTHER_NAMES = {
    "SAT": ("SATURATED",),
    "INTRP": ("INTERPOLATED",),
    "CR": ("COSMIC_RAY",),
    "EDGE": ("DETECTION_EDGE",),
}

#: All planes that anything is done about, by any name.
ACTIVE_PLANES = frozenset(
    other for name in (*BAD_PLANES, "SAT") for other in (name, *_OTHER_NAMES.get(name, ()))
)


@dataclass
class Coadd:
    """One band of one coadd.

    Arrays are indexed ``[y, x]``. Positions everywhere in the package are
    *parent pixels*: 0-based, an integer is the centre of a pixel, and the
    pixel ``image[j, i]`` lies at ``(i + xy0[0], j + xy0[1])``, as in
    ``lsst.afw``.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Pixel values [count], turned into native float32; NaN where a masked
        array hides them.
    variance : `numpy.ndarray`, (ny, nx), optional
        Variance of single pixels [count^2], whatever their neighbours do, as
        in the coadds of Rubin and HSC. ``None`` where the file has none;
        `meas_blends.detection.complete_coadd` estimates it.
    noise_correlation : `numpy.ndarray`, (odd, odd), optional
        Autocorrelation of the noise at small lags, 1 at lag 0 in the middle.
        ``None`` until it is known from noise realizations or estimated by
        `meas_blends.detection.complete_coadd`.
    mask : `numpy.ndarray` of int32, (ny, nx), optional
        Mask bits; all clear if not given.
    mask_planes : `dict` [`str`, `int`]
        Bit number of each named plane in ``mask``.
    psf : `~meas_blends.data.psf.CellPsf`, optional
        The PSF as a function of place. One image of it, (odd, odd), its
        centre pixel the PSF's centre, is turned into that.
    wcs : `astropy.wcs.WCS`, optional
        Of the array (0-based array pixels, not parent pixels).
    zero_point : `float`
        AB magnitude of one count; NaN if unknown.
    band : `str`
        Name of the band, ``""`` if unknown.
    xy0 : `tuple` [`int`, `int`]
        Parent-pixel position ``(x0, y0)`` of ``image[0, 0]``.
    pixel_scale : `float`, optional
        Pixel scale [arcsec]; if not given that of ``wcs`` in the middle of
        the array, NaN if neither is known.
    name : `str`
        What to call it in messages: usually the path of its file.
    origins : `dict` [`str`, `str`]
        Where ``variance``, ``psf``, ``zero_point``... came from, one phrase
        each; goes into ``run.json``.
    remarks : `dict` [`str`, `str`]
        What was assumed about the image, or left out of its file, by subject
        ("zero point", "PSF"...): one line each for the screen and
        ``run.json``, with the option that gives what is missing.

    Raises
    ------
    BadInputError
        If the shapes of the planes disagree, the image is not 2-D, or a
        number is out of its range.
    """

    image: np.ndarray
    variance: np.ndarray | None = None
    mask: np.ndarray | None = None
    mask_planes: dict[str, int] = field(default_factory=lambda: dict(DEFAULT_MASK_PLANES))
    psf: CellPsf | None = None
    wcs: WCS | None = None
    zero_point: float = float("nan")
    band: str = ""
    xy0: tuple[int, int] = (0, 0)
    pixel_scale: float | None = None
    name: str = "coadd"
    origins: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    noise_correlation: np.ndarray | None = None

    def __post_init__(self) -> None:
        self.image = _native(self.image, np.float32)
        if self.image.ndim != 2 or 0 in self.image.shape:
            raise BadInputError(
                f"{self.name}: the image has shape {self.image.shape}; give a 2-D image"
                " with pixels in it."
            )
        if self.variance is not None:
            self.variance = _native(self.variance, np.float32)
        if self.mask is None:
            self.mask = image_array(self.image.shape, np.int32)
        self.mask = _native(self.mask, np.int32)
        for label, plane in (("variance", self.variance), ("mask", self.mask)):
            if plane is not None and plane.shape != self.image.shape:
                raise BadInputError(
                    f"{self.name}: the {label} has shape {plane.shape} but the image"
                    f" {self.image.shape}; give planes of one shape."
                )
        if self.psf is not None and not isinstance(self.psf, CellPsf):
            self.psf = CellPsf.constant(self.psf, self.name)
        if self.pixel_scale is None:
            self.pixel_scale = math.sqrt(math.prod(local_pixel_sides(self.wcs, self.shape)))
        self._check_numbers()

    def _check_numbers(self) -> None:
        """Check what is neither pixels nor text."""
        for plane, bit in self.mask_planes.items():
            if not 0 <= bit < MASK_BITS:
                raise BadInputError(
                    f"{self.name}: the mask plane {plane} has bit {bit}; give bits from 0 to"
                    f" {MASK_BITS - 1}."
                )
        limit = _LARGEST_PIXEL - max(self.shape)
        x0, y0 = self.xy0
        if not (-limit < x0 < limit and -limit < y0 < limit):
            raise BadInputError(
                f"{self.name}: its first pixel is the parent pixel ({x0:.10g}, {y0:.10g}); give an"
                " origin (xy0) of 32-bit numbers."
            )
        self.xy0 = (int(self.xy0[0]), int(self.xy0[1]))
        if abs(self.zero_point) > _ZERO_POINT_LIMIT:
            raise BadInputError(
                f"{self.name}: a zero point of {self.zero_point:g} mag; give the AB magnitude of"
                " one count, or none."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """``(ny, nx)``."""
        return self.image.shape

    @property
    def bad(self) -> np.ndarray:
        """Pixels without usable light, `bool` (ny, nx).

        Not finite in image or variance, variance not positive, or in one of
        `BAD_PLANES`.
        """
        bad = self.in_planes(*BAD_PLANES)
        # Strip by strip: what the comparisons give is as large as the image.
        for rows in row_strips(self.shape):
            bad[rows] |= ~np.isfinite(self.image[rows])
            if self.variance is not None:
                # A NaN compares false, so it counts as bad too.
                bad[rows] |= ~((self.variance[rows] > 0) & (self.variance[rows] < np.inf))
        return bad

    def in_planes(self, *names: str) -> np.ndarray:
        """Pixels in any of some mask planes, `bool` (ny, nx); unknown planes are empty.

        The names are those of ``lsst.afw``; planes with Rubin's newer names,
        such as SATURATED for SAT, count as well.
        """
        wanted = {other for name in names for other in (name, *_OTHER_NAMES.get(name, ()))}
        bits = 0
        for name in wanted & self.mask_planes.keys():
            bits |= 1 << self.mask_planes[name]
        inside = image_array(self.shape, bool)
        for rows in row_strips(self.shape):
            # Unsigned, for bit 31 is the sign.
            inside[rows] = (self.mask[rows].view(np.uint32) & np.uint32(bits)) != 0
        return inside

    @property
    def nanojansky_per_count(self) -> float:
        """Flux of one count [nJy]; NaN if the zero point is unknown."""
        return 10 ** (0.4 * (NANOJANSKY_ZERO_POINT - self.zero_point))

    def array_pixels(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Turn parent pixels into those of the FITS standard and DS9: the first pixel is (1, 1)."""
        return np.asarray(x, float) - self.xy0[0] + 1.0, np.asarray(y, float) - self.xy0[1] + 1.0

    def sky(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Turn parent pixels into sky coordinates.

        Parameters
        ----------
        x, y : array-like, (n,)
            Parent pixels.

        Returns
        -------
        ra, dec : `numpy.ndarray`, (n,)
            ICRS degrees; NaN without a WCS.
        """
        x = np.asarray(x, float)
        y = np.asarray(y, float)
        if self.wcs is None:
            return np.full(x.shape, np.nan), np.full(x.shape, np.nan)
        if x.size == 0:
            return x.copy(), y.copy()
        world = self.wcs.pixel_to_world(x - self.xy0[0], y - self.xy0[1]).icrs
        return world.ra.deg, world.dec.deg

    def window(self, rows: slice, columns: slice) -> Coadd:
        """Return a part, in the same parent pixels.

        Parameters
        ----------
        rows, columns : `slice`
            The part, array pixels: without steps, within the image.

        Returns
        -------
        coadd : `Coadd`
            With ``xy0`` and ``wcs`` moved; the same object if the part is all
            of it.
        """
        ny, nx = self.shape
        j0, j1, _ = rows.indices(ny)
        i0, i1, _ = columns.indices(nx)
        if (j0, j1, i0, i1) == (0, ny, 0, nx):
            return self
        part = slice(j0, j1), slice(i0, i1)
        return self.replace(
            image=self.image[part],
            variance=None if self.variance is None else self.variance[part],
            mask=self.mask[part],
            wcs=None if self.wcs is None else self.wcs.slice(part),
            xy0=(self.xy0[0] + i0, self.xy0[1] + j0),
        )

    def replace(self, **changes: object) -> Coadd:
        """Return a copy with some fields changed; ``origins`` and ``remarks`` are merged."""
        for name in ("origins", "remarks"):
            changes[name] = {**getattr(self, name), **changes.get(name, {})}
        return dataclasses.replace(self, **changes)


def _native(array: np.ndarray, dtype: type) -> np.ndarray:
    """Contiguous array in the machine's own byte order, as sep and torch need.

    Pixels that a masked array hides are NaN, or 0 in a mask of planes.
    """
    if isinstance(array, np.ma.MaskedArray):
        array = array.astype(dtype).filled(np.nan if np.issubdtype(dtype, np.floating) else 0)
    array = np.asarray(array)
    if array.ndim != 2 or (array.dtype == dtype and array.flags.c_contiguous):
        return np.ascontiguousarray(array, dtype=dtype)
    native = image_array(array.shape, dtype)
    for rows in row_strips(array.shape):
        native[rows] = array[rows]
    return native
