"""Cores of saturated stars, filled in or given a point, so that each star is one object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, optimize

from ..data.coadd import BAD_PLANES, MASK_BITS, Coadd
from ..data.large import image_array
from ..data.psf import FWHM_PER_SIGMA
from ..data.tiles import row_strips
from .connect import find_groups, find_runs
from .psf import psf_sigma

__all__ = ["FILLED_CORE", "fill_cores", "point_plateaus"]

#: Mask plane of the pixels that were filled in.
FILLED_CORE = "FILLED_CORE"

#: The largest hole that is filled, in FWHM of the PSF.
_LARGEST = 6.0

#: What is beside a hole that light encloses: S/N of a pixel in the middle and
#: of the tenth faintest, and the share of them that a first look asks for.
_MEDIAN_SIGNIFICANCE = 5.0
_LEAST_SIGNIFICANCE = 2.0
_FIRST_LOOK = 0.8

#: Pixels beside a hole: the first, those farther out, and those that the light is fitted to.
_BESIDE = 1.5
_FARTHER = (2.5, 4.5)
_FITTED = 3.5

#: The light of a star falls outwards in this many of eight directions at least.
_FALLING = 7

#: Exponent of the Moffat profile that a core is filled with.
_MOFFAT = 3.0

#: Values of a flat top differ by this part of the largest at most, and its
#: middle is raised by this part.
_FLAT = 0.02
_POINT = 0.05


@dataclass(frozen=True)
class _Hole:
    """Bad pixels that hang together, and what is around them.

    Parameters
    ----------
    image, variance : `numpy.ndarray`, (ny, nx)
        A part of the coadd.
    bad : `numpy.ndarray` of bool, (ny, nx)
        All bad pixels of it.
    inside : `numpy.ndarray` of bool, (ny, nx)
        Those of the hole.
    """

    image: np.ndarray
    variance: np.ndarray
    bad: np.ndarray
    inside: np.ndarray


def fill_cores(coadd: Coadd) -> Coadd:
    """Fill holes that light encloses, such as the saturated cores of stars.

    For detection: bad pixels count as empty there, and a star without its
    core would be a ring of several peaks. What is filled in joins the light
    around it smoothly; where that falls outwards on all sides it is a star's
    profile, fitted to the rim. Holes of more than 6 FWHM, at the border or
    on the sky stay as they are.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete and background-subtracted.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With the holes filled in a copy of image, variance and mask: they are
        no more bad, but in the plane ``FILLED_CORE``. The same object if
        there are none.
    """
    bad = coadd.bad
    free = set(range(MASK_BITS)) - set(coadd.mask_planes.values())
    if not free or not bad.any() or bad.all():
        return coadd
    fwhm = FWHM_PER_SIGMA * psf_sigma(coadd.psf.middle)
    filled = []
    for part, hole in _enclosed_holes(coadd, bad, fwhm):
        if _in_light(hole):
            where = np.nonzero(hole.inside)
            place = where[0] + part[0].start, where[1] + part[1].start
            beside = ndimage.binary_dilation(hole.inside, np.ones((3, 3))) & ~hole.bad
            variance = np.median(hole.variance[beside])
            filled.append((place, _light(hole, fwhm), variance))
    if not filled:
        return coadd
    planes = {**coadd.mask_planes, FILLED_CORE: max(free)}
    image, variance, mask = (_copy(p) for p in (coadd.image, coadd.variance, coadd.mask))
    unusable = sum(1 << planes[name] for name in BAD_PLANES if name in planes)
    bits = mask.view(np.uint32)
    for place, light, noise in filled:
        image[place] = light
        variance[place] = noise
        bits[place] = bits[place] & ~np.uint32(unusable) | np.uint32(1 << planes[FILLED_CORE])
    return coadd.replace(image=image, variance=variance, mask=mask, mask_planes=planes)


def _copy(plane: np.ndarray) -> np.ndarray:
    copy = image_array(plane.shape, plane.dtype)
    for rows in row_strips(plane.shape):
        copy[rows] = plane[rows]
    return copy


def _enclosed_holes(
    coadd: Coadd, bad: np.ndarray, fwhm: float
) -> list[tuple[tuple[slice, slice], _Hole]]:
    """Small holes with light at most of their ends, and where they are."""
    ny, nx = coadd.shape
    runs = find_runs(bad)
    group = find_groups(runs)
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    y, x0, x1 = runs.y[order], runs.x0[order], runs.x1[order]
    low_y, high_y = np.minimum.reduceat(y, first), np.maximum.reduceat(y, first)
    low_x, high_x = np.minimum.reduceat(x0, first), np.maximum.reduceat(x1, first)
    # The pixels left and right of runs are good ones, or beyond the image.
    light = np.zeros(len(y))
    for x in (np.maximum(x0 - 1, 0), np.minimum(x1 + 1, nx - 1)):
        bright = coadd.image[y, x] > _LEAST_SIGNIFICANCE * np.sqrt(
            np.where(bad[y, x], 1.0, coadd.variance[y, x])
        )
        light += 0.5 * (bright & ~bad[y, x])
    share = np.add.reduceat(light, first) / np.diff(first, append=len(y))
    size = np.maximum(high_y - low_y, high_x - low_x) + 1
    chosen = (share >= _FIRST_LOOK) & (size <= _LARGEST * fwhm)
    chosen &= (low_y > 0) & (low_x > 0) & (high_y < ny - 1) & (high_x < nx - 1)
    last = np.append(first[1:], len(y))
    pad = int(np.ceil(_FARTHER[1]))
    holes = []
    for k in np.flatnonzero(chosen):
        part = (
            slice(max(low_y[k] - pad, 0), min(high_y[k] + pad + 1, ny)),
            slice(max(low_x[k] - pad, 0), min(high_x[k] + pad + 1, nx)),
        )
        inside = np.zeros([one.stop - one.start for one in part], bool)
        for run in range(first[k], last[k]):
            columns = slice(x0[run] - part[1].start, x1[run] - part[1].start + 1)
            inside[y[run] - part[0].start, columns] = True
        image, variance = (
            plane[part].astype(np.float64) for plane in (coadd.image, coadd.variance)
        )
        holes.append((part, _Hole(image, variance, bad[part], inside)))
    return holes


def _in_light(hole: _Hole) -> bool:
    """Whether the pixels beside a hole hold light, all around."""
    beside = ndimage.binary_dilation(hole.inside, np.ones((3, 3))) & ~hole.bad
    significance = hole.image[beside] / np.sqrt(hole.variance[beside])
    faint, middle = np.percentile(significance, [10, 50])
    return bool(faint > _LEAST_SIGNIFICANCE and middle > _MEDIAN_SIGNIFICANCE)


def _light(hole: _Hole, fwhm: float) -> np.ndarray:
    """Values for the pixels of a hole, in the order of `numpy.nonzero`."""
    star = _star(hole, fwhm) if _falls_outwards(hole) else np.zeros(hole.image.shape)
    return star[hole.inside] + _smooth(hole.image - star, hole.inside)


def _falls_outwards(hole: _Hole) -> bool:
    """Whether the light around a hole is brightest beside it, in most directions."""
    distance = ndimage.distance_transform_edt(~hole.inside)
    y, x = np.indices(hole.image.shape)
    centre_y, centre_x = (axis[hole.inside].mean() for axis in (y, x))
    angle = np.arctan2(y - centre_y, x - centre_x)
    sector = np.floor(angle / (np.pi / 4) + 0.5).astype(int) % 8
    falling = 0
    for one in range(8):
        theirs = (sector == one) & ~hole.bad
        near = hole.image[theirs & (distance <= _BESIDE)]
        far = hole.image[theirs & (distance >= _FARTHER[0]) & (distance <= _FARTHER[1])]
        falling += bool(near.size and far.size and near.mean() > far.mean())
    return falling >= _FALLING


def _star(hole: _Hole, fwhm: float) -> np.ndarray:
    """Profile of a star that fits what is around a hole; 0 if none does."""
    distance = ndimage.distance_transform_edt(~hole.inside)
    use = (distance <= _FITTED) & ~hole.bad & (hole.image > 0)
    y, x = np.indices(hole.image.shape)
    centre = [axis[hole.inside].mean() for axis in (y, x)]
    reach = 0.5 * max(np.ptp(axis[hole.inside]) for axis in (y, x)) + 0.5
    scale = 0.5 * fwhm / np.sqrt(2.0 ** (1.0 / _MOFFAT) - 1.0)
    values = np.log(hole.image[use])

    def profile(place: np.ndarray, where: np.ndarray) -> np.ndarray:
        square = (y[where] - place[0]) ** 2 + (x[where] - place[1]) ** 2
        return -_MOFFAT * np.log1p(square / scale**2)

    def misfit(place: np.ndarray) -> np.ndarray:
        left = values - profile(place, use)
        return left - left.mean()

    low, high = ([one + sign * reach for one in centre] for sign in (-1, 1))
    # To a hundredth of a pixel; the rim says no more.
    place = optimize.least_squares(
        misfit, centre, bounds=(low, high), loss="soft_l1", xtol=1e-3, ftol=1e-3, max_nfev=30
    ).x
    height = np.median(values - profile(place, use))
    everywhere = np.ones(hole.image.shape, bool)
    return np.exp(height + profile(place, everywhere)).reshape(hole.image.shape)


def _smooth(image: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Values inside a hole that are each the mean of the four beside it (Laplace's equation)."""
    number = np.cumsum(inside).reshape(inside.shape) - 1
    y, x = np.nonzero(inside)
    matrix = 4.0 * np.eye(len(y))
    known = np.zeros(len(y))
    for step_y, step_x in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        beside = y + step_y, x + step_x
        also = inside[beside]
        rows = np.flatnonzero(also)
        matrix[rows, number[beside][also]] -= 1.0
        known += np.where(also, 0.0, image[beside])
    return np.linalg.solve(matrix, known)


def point_plateaus(coadd: Coadd, image: np.ndarray) -> np.ndarray:
    """Give flat tops of saturated stars a point, so that each has one maximum.

    Where all pixels under the kernel are equal, smoothing leaves a plateau,
    and every pixel of a plateau is a peak.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        With a plane ``SAT`` in its mask, and a PSF.
    image : `numpy.ndarray` of float32, (ny, nx)
        What will be smoothed.

    Returns
    -------
    image : `numpy.ndarray` of float32, (ny, nx)
        A copy in which flat tops rise from their rims to their middles by a
        twentieth; the same object if there are none.
    """
    saturated = coadd.in_planes("SAT")
    if not saturated.any():
        return image
    runs = find_runs(saturated)
    group = find_groups(runs)
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    y, x0, x1 = runs.y[order], runs.x0[order], runs.x1[order]
    low_y, high_y = np.minimum.reduceat(y, first), np.maximum.reduceat(y, first) + 1
    low_x, high_x = np.minimum.reduceat(x0, first), np.maximum.reduceat(x1, first) + 1
    # Smaller ones have a maximum after smoothing.
    least = 4.0 * psf_sigma(coadd.psf.middle)
    pointed = image
    for k in np.flatnonzero(np.minimum(high_y - low_y, high_x - low_x) > least):
        part = slice(low_y[k], high_y[k]), slice(low_x[k], high_x[k])
        light = image[part]
        usable = saturated[part] & np.isfinite(light)
        top = float(np.max(light, where=usable, initial=0.0))
        flat = usable & (light > (1.0 - _FLAT) * top)
        if top <= 0.0 or np.count_nonzero(flat) < least**2:
            continue
        if pointed is image:
            pointed = _copy(image)
        depth = ndimage.distance_transform_edt(np.pad(flat, 1))[1:-1, 1:-1]
        pointed[part] += (_POINT * top / depth.max() * depth).astype(np.float32)
    return pointed
