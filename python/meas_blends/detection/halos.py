"""Saturated stars: where they are, and which pixels hold nothing but their light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..data.coadd import BAD_PLANES, MASK_BITS, Coadd
from ..data.large import image_array
from ..data.psf import FWHM_PER_SIGMA
from ..data.tiles import row_strips
from .connect import find_groups, find_runs
from .cores import FILLED_CORE
from .noise import rough_median
from .psf import psf_sigma

__all__ = ["STAR_HALO", "SaturatedStar", "mark_star_halos"]

#: Mask plane of pixels that hold the light of a saturated star, and no other that shows.
STAR_HALO = "STAR_HALO"

#: What the light beside a core reaches, in standard deviations of the sky.
_BRIGHT = 30.0

#: A core that nothing marks: so bright, flat to this part of its largest value over
#: the width of a hole, and falling to that part within so many times the area.
_CLIPPED = 100.0
_FLAT = 0.9
_RIM = 0.3
_STEEP = 3.0

#: Least widths of a core in SAT, and of one that is a hole, in FWHM and in pixels: a
#: few dead pixels in a star or a galaxy are no such core.
_LEAST_MARKED = (0.5, 2.5)
_LEAST_HOLE = (1.0, 4.0)

#: Fewer pixels than this say nothing of a level.
_ENOUGH = 50

#: The largest hole that is looked at, as the side of a square of its area [FWHM].
_LARGEST_HOLE = 40.0

#: The light around a core falls, within one FWHM, by this part of what the PSF's does
#: at that distance, in logarithms.
_AS_THE_PSF = 0.4

#: The profile is believed where it exceeds so many errors; beyond, it goes on as a power law.
_SEEN = 5.0
_POWERS = (2.0, 4.0)

#: The mask ends where the profile falls below this part of the noise of a pixel, and
#: no farther than so many widths of the core and FWHM.
_FAINTEST = 0.5
_FARTHEST = (12.0, 30.0)

#: What is brighter than the star's light by this part of it, and by so many standard
#: deviations of the smoothed pixels, is something else.
_PATTERN = 0.35
_OTHER = 5.0

#: Beyond the halo spikes are followed this many times as far.
_SPIKES = 2.5


@dataclass(frozen=True)
class SaturatedStar:
    """A star whose core is not to be believed.

    Parameters
    ----------
    x, y : `float`
        Centre, parent pixels.
    core : `float`
        Radius of the core [pixel].
    halo : `float`
        Where its light falls below the noise [pixel].
    """

    x: float
    y: float
    core: float
    halo: float


@dataclass(frozen=True)
class _Core:
    """A core in array pixels: its pixels, its centre and its radius."""

    y: np.ndarray
    x: np.ndarray
    centre: tuple[float, float]
    radius: float


def mark_star_halos(coadd: Coadd) -> tuple[Coadd, tuple[SaturatedStar, ...]]:
    """Find saturated stars, and mask what their halos and spikes cover.

    A core is a group of pixels in ``SAT``, one that was filled in
    (`~meas_blends.detection.cores.fill_cores`), or a flat top many times
    wider than the PSF's, with light around it that falls off as the PSF does.
    The star's light is the median of rings around it, in the wings of the
    PSF as far as they are seen and as a power law beyond, or that of the
    opposite pixel if this is more: spikes have two ends, neighbours do not.
    Pixels that are clearly brighter than that belong to something else.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete and background-subtracted, its cores filled in.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With the plane ``STAR_HALO`` in a copy of its mask; the same object if
        there are no such stars, or no plane is left.
    stars : `tuple` [`SaturatedStar`]
        Brightest cores first.
    """
    free = set(range(MASK_BITS)) - set(coadd.mask_planes.values())
    fwhm = FWHM_PER_SIGMA * psf_sigma(coadd.psf.middle)
    bad = coadd.bad
    if len(free) < 2 or bad.all():
        return coadd, ()
    noise = float(np.sqrt(rough_median(coadd.variance, bad)))
    cores = _cores(coadd, bad, noise, fwhm)
    if not cores:
        return coadd, ()
    known = coadd.in_planes("SAT")
    known |= coadd.in_planes(FILLED_CORE)
    known |= bad
    planes = dict(coadd.mask_planes)
    for name in (STAR_HALO, FILLED_CORE):
        planes.setdefault(name, max(free - set(planes.values())))
    mask, bit, stars, holes = None, np.uint32(1 << planes[STAR_HALO]), [], []
    for core in sorted(cores, key=lambda one: -one.radius):
        if any(np.hypot(core.centre[0] - s.y, core.centre[1] - s.x) < s.core for s in stars):
            continue
        halo = _halo(coadd, core, known, noise, fwhm)
        if halo is None:
            continue
        part, covered, reach, centre, rim = halo
        if mask is None:
            mask = _copy(coadd.mask)
        mask.view(np.uint32)[part][covered] |= bit
        stars.append(SaturatedStar(centre[1], centre[0], core.radius, reach))
        holes.append((core, centre, rim))
    if mask is None:
        return coadd, ()
    coadd = _filled(coadd.replace(mask=mask, mask_planes=planes), bad, holes, fwhm)
    x0, y0 = coadd.xy0
    moved = tuple(SaturatedStar(s.x + x0, s.y + y0, s.core, s.halo) for s in stars)
    return coadd, moved


def _filled(
    coadd: Coadd,
    bad: np.ndarray,
    holes: list[tuple[_Core, tuple[float, float], float]],
    fwhm: float,
) -> Coadd:
    """Fill what is bad of cores with light that rises to their middles."""
    image, variance = coadd.image, coadd.variance
    unusable = sum(1 << coadd.mask_planes[n] for n in BAD_PLANES if n in coadd.mask_planes)
    filled = np.uint32(1 << coadd.mask_planes[FILLED_CORE])
    for core, centre, rim in holes:
        distance = np.hypot(core.y - centre[0], core.x - centre[1])
        use = bad[core.y, core.x] & (distance <= 1.5 * core.radius + fwhm)
        if not use.any():
            continue
        if image is coadd.image:
            image, variance = _copy(image), _copy(variance)
        place = core.y[use], core.x[use]
        scale = core.radius + 0.5 * fwhm
        image[place] = rim * (2.0 - np.minimum(distance[use] / scale, 1.0))
        variance[place] = _typical(coadd, bad, core, fwhm)
        bits = coadd.mask.view(np.uint32)
        bits[place] = bits[place] & ~np.uint32(unusable) | filled
    if image is coadd.image:
        return coadd
    return coadd.replace(image=image, variance=variance)


def _typical(coadd: Coadd, bad: np.ndarray, core: _Core, fwhm: float) -> float:
    """Median variance of the usable pixels around a core."""
    reach = int(np.ceil(core.radius + fwhm))
    y, x = (round(one) for one in core.centre)
    part = slice(max(y - reach, 0), y + reach + 1), slice(max(x - reach, 0), x + reach + 1)
    use = ~bad[part]
    return float(np.median(coadd.variance[part][use]) if use.any() else coadd.variance[~bad].mean())


def _copy(plane: np.ndarray) -> np.ndarray:
    copy = image_array(plane.shape, plane.dtype)
    for rows in row_strips(plane.shape):
        copy[rows] = plane[rows]
    return copy


def _cores(coadd: Coadd, bad: np.ndarray, noise: float, fwhm: float) -> list[_Core]:
    """Cores that planes mark, holes, and flat tops that nothing marks."""
    saturated, holes = coadd.in_planes("SAT"), coadd.in_planes(FILLED_CORE)
    holes |= bad
    holes &= ~saturated
    known = saturated | holes
    cores = []
    for mask, (widths, pixels), largest in (
        (saturated, _LEAST_MARKED, np.inf),
        (holes, _LEAST_HOLE, (_LARGEST_HOLE * fwhm) ** 2),
    ):
        if not mask.any():
            continue
        least = max(widths * fwhm, pixels)
        for y, x in _groups(mask, 0.5 * least**2):
            if len(y) <= largest and _in_light(coadd, bad, y, x, _BRIGHT * noise):
                core = _brightest_part(coadd, known, y, x, fwhm)
                if 2.0 * core.radius >= least:
                    cores.append(core)
    return cores + _flat_tops(coadd, known, noise, fwhm)


def _flat_tops(coadd: Coadd, known: np.ndarray, noise: float, fwhm: float) -> list[_Core]:
    """Tops of bright objects that are flat over much more than the PSF's width."""
    limit = np.float32(_CLIPPED * noise)
    bright = image_array(coadd.shape, bool)
    some = False
    for rows in row_strips(coadd.shape):
        np.greater(coadd.image[rows], limit, out=bright[rows])
        some |= bool(bright[rows].any())
    if not some:
        return []
    widths, pixels = _LEAST_HOLE
    least = np.pi * (0.5 * max(widths * fwhm, pixels)) ** 2
    cores = []
    for y, x in _groups(bright, least):
        if known[y, x].any():
            continue
        values = coadd.image[y, x]
        # A few pixels may exceed the level at which others were clipped.
        rank = max(3, len(values) // 100)
        top = float(np.partition(values, -rank)[-rank])
        flat = values >= _FLAT * top
        area, rim = np.count_nonzero(flat), np.count_nonzero(values >= _RIM * top)
        if area >= least and rim <= _STEEP * area:
            cores.append(_brightest_part(coadd, known, y[flat], x[flat], fwhm))
    return cores


def _in_light(coadd: Coadd, bad: np.ndarray, y: np.ndarray, x: np.ndarray, limit: float) -> bool:
    """Whether a pixel left or right of some of these is brighter than a limit."""
    nx = coadd.shape[1]
    for step in (-1, 1):
        beside = np.clip(x + step, 0, nx - 1)
        with np.errstate(invalid="ignore"):
            if np.any((coadd.image[y, beside] > limit) & ~bad[y, beside]):
                return True
    return False


def _groups(mask: np.ndarray, least: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pixels (y, x) of the groups of a mask that have at least some area."""
    runs = find_runs(mask)
    group = find_groups(runs)
    length = runs.x1 - runs.x0 + 1
    area = np.bincount(group, length)
    found = []
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], np.arange(len(area) + 1))
    for k in np.flatnonzero(area >= least):
        mine = order[first[k] : first[k + 1]]
        y = np.repeat(runs.y[mine], length[mine])
        start = np.repeat(runs.x0[mine], length[mine])
        within = np.arange(len(y)) - np.repeat(np.cumsum(length[mine]) - length[mine], length[mine])
        found.append((y, start + within))
    return found


def _brightest_part(
    coadd: Coadd, known: np.ndarray, y: np.ndarray, x: np.ndarray, fwhm: float
) -> _Core:
    """The core where a group is thickest and has most light around: no bleed trail."""
    pad = int(np.ceil(2.0 * fwhm))
    ny, nx = coadd.shape
    part = (
        slice(max(y.min() - pad, 0), min(y.max() + pad + 1, ny)),
        slice(max(x.min() - pad, 0), min(x.max() + pad + 1, nx)),
    )
    inside = np.zeros([one.stop - one.start for one in part], bool)
    inside[y - part[0].start, x - part[1].start] = True
    usable = ~known[part] & ~inside & np.isfinite(coadd.image[part])
    light = np.where(usable, np.maximum(coadd.image[part], 0.0), 0.0).astype(np.float64)
    # Pixels that are not marked within it, such as those of interpolation, are of it.
    inside = ndimage.binary_fill_holes(inside)
    depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    smooth, weight = (
        ndimage.gaussian_filter(one, fwhm, mode="constant") for one in (light, usable * 1.0)
    )
    around = np.where(weight > 1e-3, smooth / np.maximum(weight, 1e-3), 0.0)
    score = np.where(inside, depth**2 * np.maximum(around, 1e-30), 0.0)
    where = np.unravel_index(score.argmax(), score.shape)
    radius = depth[where]
    deepest = np.argwhere(depth >= 0.8 * radius)
    near = np.hypot(*(deepest - where).T) <= radius
    row, column = deepest[near].mean(axis=0)
    return _Core(y, x, (row + part[0].start, column + part[1].start), float(radius))


def _halo(
    coadd: Coadd, core: _Core, known: np.ndarray, noise: float, fwhm: float
) -> tuple[tuple[slice, slice], np.ndarray, float, tuple[float, float], float] | None:
    """Where a star's light is alone: a part, its pixels, the halo's radius, the centre, the rim.

    `None` if what is around the core does not fall as a star's light does.
    """
    ny, nx = coadd.shape
    farthest = int(np.ceil(_FARTHEST[0] * core.radius + _FARTHEST[1] * fwhm))
    middle = [round(one) for one in core.centre]
    part = tuple(
        slice(max(m - farthest, 0), min(m + farthest + 1, n))
        for m, n in zip(middle, (ny, nx), strict=True)
    )
    image = coadd.image[part].astype(np.float64)
    usable = ~known[part]
    usable &= np.isfinite(image)
    centre = np.array(core.centre) - [one.start for one in part]
    centre = _centred(image, usable, centre, core.radius, fwhm)
    y, x = np.indices(image.shape)
    radius = np.hypot(y - centre[0], x - centre[1])
    # What lies under all of it, as in a crowded field or a nearby galaxy, is no halo.
    outside = usable & (radius > 0.7 * farthest)
    level = float(np.median(image[outside])) if np.count_nonzero(outside) > _ENOUGH else 0.0
    image -= max(level, 0.0)
    profile, seen = _profile(image, usable, radius, core.radius, noise)
    if not _is_star(coadd, profile, seen, core.radius, fwhm, noise):
        return None
    profile = _extended(profile, seen)
    below = np.flatnonzero(profile < _FAINTEST * noise)
    below = below[below > core.radius]
    reach = float(min(below[0] if len(below) else farthest, farthest))
    # Noise of pixels smoothed with the PSF's width hides no neighbour that is found.
    sigma = fwhm / FWHM_PER_SIGMA
    shown = ndimage.gaussian_filter(np.where(usable, image, 0.0), sigma, mode="constant")
    weight = ndimage.gaussian_filter(usable.astype(float), sigma, mode="constant")
    shown = np.where(weight > 0.1, shown / np.maximum(weight, 0.1), np.nan)
    light = np.interp(radius, np.arange(len(profile)), profile)
    smooth_noise = noise / np.sqrt(4.0 * np.pi) / sigma
    opposite = _opposite(shown, centre)
    twofold = np.fmin(shown, opposite)
    # What both ends of a spike have, a little wider, for they are not quite straight.
    spikes = ndimage.maximum_filter(np.where(np.isfinite(twofold), twofold, 0.0), size=3)
    star = np.maximum(light, spikes)
    error = np.hypot(smooth_noise, np.sqrt(np.maximum(star, 0.0) * _gain(coadd, part, noise)))
    other = shown > (1.0 + _PATTERN) * star + _OTHER * error
    covered = radius <= reach
    far = (radius <= _SPIKES * reach) & (twofold > _OTHER * smooth_noise)
    linked, _ = ndimage.label(covered | far, np.ones((3, 3)))
    inner = linked[min(max(round(centre[0]), 0), linked.shape[0] - 1)]
    label = inner[min(max(round(centre[1]), 0), linked.shape[1] - 1)]
    covered |= far & (linked == label)
    # An object is brighter than the star in its middle; its flanks go with it.
    others = ndimage.binary_dilation(other & usable, iterations=max(1, round(0.5 * fwhm)))
    others &= radius > core.radius + 0.5 * fwhm
    covered &= ~others
    own = np.zeros(image.shape, bool)
    rows, columns = core.y - part[0].start, core.x - part[1].start
    inside = (rows >= 0) & (rows < own.shape[0]) & (columns >= 0) & (columns < own.shape[1])
    own[rows[inside], columns[inside]] = True
    covered |= ndimage.binary_dilation(own, iterations=max(1, round(0.5 * fwhm)))
    place = tuple(float(c + one.start) for c, one in zip(centre, part, strict=True))
    return part, covered, reach, place, float(profile[0] + max(level, 0.0))


def _gain(coadd: Coadd, part: tuple[slice, slice], noise: float) -> float:
    """Variance of photons per count of light; 0 if the variance plane does not have it."""
    variance = coadd.variance[part]
    image = coadd.image[part]
    use = np.isfinite(variance) & (image > 20.0 * noise)
    if np.count_nonzero(use) < 50:
        return 0.0
    return float(max(np.median((variance[use] - noise**2) / image[use]), 0.0))


def _centred(
    image: np.ndarray, usable: np.ndarray, centre: np.ndarray, core: float, fwhm: float
) -> np.ndarray:
    """The centre of the light around a core, at most half the core away from its own."""
    y, x = np.indices(image.shape)
    start, limit = centre.copy(), max(0.5 * core, 0.5 * fwhm)
    for _ in range(5):
        dy, dx = y - centre[0], x - centre[1]
        radius = np.hypot(dy, dx)
        ring = usable & (radius > core + 0.5) & (radius < core + 1.5 * fwhm + 0.5) & (image > 0)
        if np.count_nonzero(ring) < 12:
            return centre
        # ln I = a + b r + (what a shift adds, b cos and b sin)
        r = radius[ring]
        columns = np.stack([np.ones(len(r)), r, dy[ring] / r, dx[ring] / r], axis=1)
        values = np.log(image[ring])
        keep = np.ones(len(r), bool)
        for _ in range(3):
            found = np.linalg.lstsq(columns[keep], values[keep], rcond=None)[0]
            off = values - columns @ found
            keep = np.abs(off) <= 3.0 * np.median(np.abs(off[keep])) + 1e-9
        if found[1] >= 0:
            return start
        step = np.clip(-found[2:] / found[1], -1.0, 1.0)
        centre = start + np.clip(centre + step - start, -limit, limit)
        if np.hypot(*step) < 0.05:
            break
    return centre


def _profile(
    image: np.ndarray, usable: np.ndarray, radius: np.ndarray, core: float, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Median of the rings around a core by whole radii, and where it is seen."""
    ring = np.rint(radius).astype(int)
    number = int(ring.max()) + 1
    use = usable & (radius > core)
    order = np.argsort(ring[use], kind="stable")
    values = image[use][order]
    first = np.searchsorted(ring[use][order], np.arange(number + 1))
    profile, count = np.full(number, np.nan), np.diff(first)
    for k in np.flatnonzero(count >= 6):
        profile[k] = np.median(values[first[k] : first[k + 1]])
    # The scatter of a median, of pixels that hang together by the PSF.
    error = 1.25 * noise / np.sqrt(np.maximum(count, 1) / 4.0)
    seen = np.isfinite(profile) & (profile > _SEEN * error)
    # As far as it is seen without a gap.
    start = np.flatnonzero(seen)
    if len(start):
        gap = np.flatnonzero(~seen[start[0] :])
        if len(gap):
            seen[start[0] + gap[0] :] = False
    return profile, seen


def _is_star(
    coadd: Coadd,
    profile: np.ndarray,
    seen: np.ndarray,
    core: float,
    fwhm: float,
    noise: float,
) -> bool:
    """Whether the light beside a core is bright, and falls as that of the PSF."""
    near = np.flatnonzero(seen)
    if len(near) < 2 or profile[near[0]] < _BRIGHT * noise or near[0] > core + 2.0 * fwhm:
        return False
    inner = near[0]
    outer = min(inner + max(round(fwhm), 1), near[-1])
    fall = np.log(profile[inner] / profile[outer])
    psf = coadd.psf.middle.astype(np.float64)
    middle = psf.shape[0] // 2
    axis = np.arange(psf.shape[0]) - middle
    ring = np.rint(np.hypot(axis[:, None], np.arange(psf.shape[1]) - psf.shape[1] // 2)).astype(int)
    of_psf = np.bincount(ring.ravel(), psf.ravel()) / np.bincount(ring.ravel())
    if outer <= middle and of_psf[outer] > 0:
        expected = np.log(of_psf[inner] / of_psf[outer])
    else:
        expected = _POWERS[0] * np.log(outer / max(inner, 1))
    # A core that is many times wider than the PSF has the aureole at its rim, which is flatter.
    expected = min(expected, _POWERS[1] * np.log(outer / max(inner, 1)))
    return bool(fall > _AS_THE_PSF * expected)


def _extended(profile: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """A falling profile: as seen, level within, and a power law beyond."""
    where = np.flatnonzero(seen)
    first, last = where[0], where[-1]
    found = np.empty_like(profile)
    found[first : last + 1] = np.minimum.accumulate(profile[first : last + 1])
    found[:first] = found[first]
    # The slope of the outer half of what is seen.
    outer = np.arange(max(first, last // 2), last + 1)
    outer = outer[outer > 0]
    power = _POWERS[1]
    if len(outer) > 2:
        power = -np.polyfit(np.log(outer), np.log(found[outer]), 1)[0]
    power = float(np.clip(power, *_POWERS))
    beyond = np.arange(last + 1, len(profile))
    found[last + 1 :] = found[last] * (beyond / max(last, 1)) ** -power
    return found


def _opposite(image: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """The image turned by 180 degrees around a centre; NaN where there is nothing."""
    y, x = (
        np.rint(2.0 * c - np.arange(n)).astype(int)
        for c, n in zip(centre, image.shape, strict=True)
    )
    inside = ((y >= 0) & (y < image.shape[0]))[:, None] & (x >= 0) & (x < image.shape[1])
    turned = image[np.clip(y, 0, image.shape[0] - 1)][:, np.clip(x, 0, image.shape[1] - 1)]
    return np.where(inside, turned, np.nan)
