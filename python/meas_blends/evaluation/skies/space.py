"""Objects of a space image, brought onto the pixels of a ground coadd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sep
from scipy.spatial import cKDTree

from ...data.coadd import Coadd
from ...detection.background import subtract_background
from ...detection.complete import complete_coadd
from ...detection.psf import typical_width
from ...errors import BadInputError

__all__ = ["Alignment", "SpaceObjects", "align", "find_space_objects"]

#: Farthest distance at which sources are compared to align two images [arcsec].
_FAR, _NEAR = 2.0, 0.5

#: Brightest sources of each image that are compared.
_N_BRIGHT = 60

#: Light within this many Kron radii is a galaxy's flux, and the least such radius [sigma].
_KRON, _LEAST_KRON = 2.5, 1.75

#: Step of numerical derivatives of an alignment [pixel].
_STEP = 0.5


@dataclass(frozen=True)
class SpaceObjects:
    """Sources of a space image, in its own pixels.

    Parameters
    ----------
    x, y : `numpy.ndarray`, (n,)
        Centres, array pixels.
    flux, flux_err : `numpy.ndarray`, (n,)
        Within 2.5 Kron radii [count].
    radius : `numpy.ndarray`, (n,)
        Half-light radius, the width of the PSF taken off in quadrature
        [arcsec].
    moments : `numpy.ndarray`, (n, 2, 2)
        Second moments [pixel^2].
    """

    x: np.ndarray
    y: np.ndarray
    flux: np.ndarray
    flux_err: np.ndarray
    radius: np.ndarray
    moments: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def select(self, keep: np.ndarray) -> SpaceObjects:
        """Return those where ``keep`` is true, or of these rows."""
        parts = (self.x, self.y, self.flux, self.flux_err, self.radius, self.moments)
        return SpaceObjects(*(part[keep] for part in parts))


@dataclass(frozen=True)
class Alignment:
    """The way from the pixels of a space image to those of a ground coadd.

    Parameters
    ----------
    transform : callable
        From x, y of the space array to x, y of the ground array.
    shift : `tuple` [`float`, `float`]
        Added to both after it, from sources that both see [ground pixel].
    n_sources : `int`
        How many of these there were; 0 where the shift is none.
    """

    transform: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    shift: tuple[float, float] = (0.0, 0.0)
    n_sources: int = 0

    def __call__(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Turn array pixels of the space image into those of the ground coadd."""
        gx, gy = self.transform(np.asarray(x, float), np.asarray(y, float))
        return gx + self.shift[0], gy + self.shift[1]

    def moments(self, objects: SpaceObjects) -> np.ndarray:
        """Second moments of objects on the ground coadd, (n, 2, 2) [ground pixel^2]."""
        columns = []
        for dx, dy in ((_STEP, 0.0), (0.0, _STEP)):
            high = self(objects.x + dx, objects.y + dy)
            low = self(objects.x - dx, objects.y - dy)
            columns.append([(a - b) / (2 * _STEP) for a, b in zip(high, low, strict=True)])
        jacobian = np.transpose(np.array(columns), (2, 1, 0))
        return jacobian @ objects.moments @ np.transpose(jacobian, (0, 2, 1))


def find_space_objects(
    space: Coadd, threshold: float = 3.0, min_area: int = 12, contrast: float = 0.01
) -> tuple[Coadd, SpaceObjects]:
    """Find the sources of a space image with Source Extractor.

    Parameters
    ----------
    space : `~meas_blends.data.coadd.Coadd`
        May lack variance and PSF.
    threshold : `float`
        Of a pixel of the image smoothed by the PSF, in units of its noise.
    min_area : `int`
        Fewest pixels of a source.
    contrast : `float`
        Least share of the light of a branch that makes a source of its own:
        small values turn knots of one galaxy into sources.

    Returns
    -------
    space : `~meas_blends.data.coadd.Coadd`
        Complete and less its background.
    objects : `SpaceObjects`
    """
    space = subtract_background(complete_coadd(space))
    bad, image = space.bad, np.ascontiguousarray(space.image, np.float32)
    image = np.where(bad, np.float32(0), image)
    error = np.sqrt(np.where(bad, np.float32(1), space.variance))
    sigma = max(typical_width(space.psf), 1.0)
    # A PSF that was guessed from a few galaxies must not smooth them away.
    sigma = min(sigma, 4.0)
    half = int(np.ceil(3 * sigma))
    profile = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    found, segments = sep.extract(
        image,
        threshold,
        err=error.astype(np.float32),
        mask=bad,
        minarea=min_area,
        filter_kernel=np.outer(profile, profile).astype(np.float32),
        deblend_nthresh=32,
        deblend_cont=contrast,
        segmentation_map=True,
    )
    x, y, a, b, theta = (np.asarray(found[name], float) for name in ("x", "y", "a", "b", "theta"))
    theta = np.clip(theta, -np.pi / 2, np.pi / 2)
    # Pixels of other sources are left out of each.
    own = {"mask": bad, "seg_id": np.arange(1, len(x) + 1), "segmap": segments}
    kron, _ = sep.kron_radius(image, x, y, a, b, theta, 6.0, **own)
    size = np.maximum(_KRON * np.nan_to_num(kron), _LEAST_KRON)
    flux, flux_err, _ = sep.sum_ellipse(image, x, y, a, b, theta, size, err=error, subpix=5, **own)
    radius, _ = sep.flux_radius(image, x, y, 6.0 * a, 0.5, normflux=flux, subpix=5, **own)
    blur = 1.1774 * typical_width(space.psf)
    radius = np.sqrt(np.maximum(radius**2 - blur**2, 0.0)) * space.pixel_scale
    xx, yy, xy = (np.asarray(found[name], float) for name in ("x2", "y2", "xy"))
    moments = np.stack([np.stack([xx, xy], axis=-1), np.stack([xy, yy], axis=-1)], axis=-2)
    objects = SpaceObjects(x, y, flux, flux_err, radius, moments)
    return space, objects.select(np.flatnonzero(flux > 0))


def align(
    ground: Coadd,
    bright: np.ndarray,
    space: Coadd,
    objects: SpaceObjects,
    match: str = "wcs",
    refine: bool = True,
) -> Alignment:
    """Find the way from a space image to a ground coadd.

    Parameters
    ----------
    ground : `~meas_blends.data.coadd.Coadd`
        The ground coadd.
    bright : `numpy.ndarray`, (n, 2)
        Its peaks, the brightest first, array pixels.
    space : `~meas_blends.data.coadd.Coadd`
        The space image.
    objects : `SpaceObjects`
        Its sources.
    match : `str`
        ``"wcs"`` to begin with the two WCS; ``"sources"`` to begin with the
        shift at which most sources meet, where north is up in both, or both
        are turned alike, and both pixel scales are known.
    refine : `bool`
        Shift by the median offset of sources that both see?

    Returns
    -------
    alignment : `Alignment`

    Raises
    ------
    BadInputError
        If what the way is to be found from is not there.
    """
    order = np.argsort(-objects.flux)[:_N_BRIGHT]
    few = objects.select(order)
    bright = np.asarray(bright, float).reshape(-1, 2)[:_N_BRIGHT]
    if match == "wcs":
        if ground.wcs is None or space.wcs is None:
            raise BadInputError(
                f"{space.name}: it or {ground.name} has no WCS to align them by; set match to"
                " sources."
            )

        def transform(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            world = space.wcs.pixel_to_world(x, y)
            return tuple(np.asarray(axis) for axis in ground.wcs.world_to_pixel(world))

        way = Alignment(transform)
    else:
        ratio = space.pixel_scale / ground.pixel_scale
        if not np.isfinite(ratio):
            raise BadInputError(
                f"{space.name}: its pixel scale or that of {ground.name} is not known; give them."
            )
        way = Alignment(lambda x, y: (ratio * x, ratio * y))
        way = Alignment(way.transform, _most_common_shift(way, few, bright, ground), 0)
    if not refine or len(few) == 0 or len(bright) == 0:
        return way
    return _refined(way, few, bright, ground.pixel_scale)


def _most_common_shift(
    way: Alignment, few: SpaceObjects, bright: np.ndarray, ground: Coadd
) -> tuple[float, float]:
    """Shift at which most of the sources meet [ground pixel]."""
    if len(few) == 0 or len(bright) == 0:
        raise BadInputError(f"{ground.name}: no sources to align a space image by; give a WCS.")
    places = np.column_stack(way(few.x, few.y))
    shifts = (bright[:, None] - places).reshape(-1, 2)
    near = cKDTree(shifts).query_ball_point(shifts, _NEAR / ground.pixel_scale)
    # Of shifts that as many share, the one of the brightest pair.
    best = int(np.argmax([len(group) for group in near]))
    return tuple(np.mean(shifts[near[best]], axis=0).tolist())


def _refined(way: Alignment, few: SpaceObjects, bright: np.ndarray, scale: float) -> Alignment:
    """The same way with the median offset of sources that both see taken off."""
    for radius in (_FAR, _NEAR):
        places = np.column_stack(way(few.x, few.y))
        distance, nearest = cKDTree(places).query(bright)
        seen = distance < radius / scale
        if not seen.any():
            break
        moved = np.median((bright - places[nearest])[seen], axis=0)
        shift = (way.shift[0] + moved[0], way.shift[1] + moved[1])
        way = Alignment(way.transform, shift, int(seen.sum()))
    return way
