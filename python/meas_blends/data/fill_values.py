"""Values that stand for pixels without data: 0, -999, -1e30..."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage

from .coadd import BAD_PLANES, DEFAULT_MASK_PLANES, MASK_BITS, Coadd
from .large import image_array
from .tiles import filter_strips, row_strips

__all__ = ["FillValues", "blank_fill_values", "find_fill_values", "without_fill_values"]

#: What `Coadd.origins` and `Coadd.remarks` call it.
_SUBJECT = "fill value"
_NONE = "none"

#: The least region that is looked at: a block of this side, or its area in a row [pixel].
_BLOCK = 4
_RUN = _BLOCK**2

#: Fewer blocks than this are flat by chance in an image of rounded noise; as
#: neighbouring pixels are alike, blocks must be larger by the second number.
_CHANCE = 1e-3
_CORRELATED = 1.5

#: Flat blocks of this side are taken out to see how frequent a value is else.
_LARGE_BLOCK = 16

#: Values that are looked at: the most frequent ones.
_MOST = 8

#: So many strips, and pixels, of a large image tell of the whole.
_STRIPS = 8
_SAMPLE = 200_000

#: A value without data is told from the picture by this many other pixels at least.
_ENOUGH = 16

#: Of three pixels of noise in a row the middle one is the highest or the
#: lowest twice in three times; of light without noise, hardly ever.
_ROUGH = 0.2

#: Blank sky has this share of its pixels on either side of any level of it.
_SHARE = 0.023

#: Noise with finer steps than this part of its scatter is not rounded.
_FINE = 0.01

#: Steps from light to what is no light, in units of the scatter beside it:
#: in an image with noise, and without.
_STEP = 2.0
_CLEAR_STEP = 5.0

#: Light stands out of the sky by this many times its scatter.
_LIGHT = 5.0

#: Lower than the sky by so many times its scatter, a value that is repeated is none.
_FAR = 20.0

#: Farther from the sky than is typical by the first number, and than
#: everything else by the second, a value is none.
_ABSURD = 1e9
_ABSURD_STEP = 1e6


@dataclass(frozen=True)
class FillValues:
    """Pixels without data.

    Parameters
    ----------
    pixels : `numpy.ndarray` of bool, (ny, nx)
        Which they are.
    text : `str`
        How many there are and what they hold, in a phrase.
    """

    pixels: np.ndarray
    text: str


class _Scene(NamedTuple):
    """Pixels that are data, or enough of them: level, scatter, least step, and whether noisy."""

    size: int
    level: float
    scatter: float
    step: float
    noisy: bool


def without_fill_values(coadd: Coadd) -> Coadd:
    """Make the fill values of a coadd NaN, and set ``NO_DATA`` in its mask.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Not changed itself.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        The same object if it was looked through before, as what `read_coadd`
        gives was; else with an origin that says so.
    """
    if _SUBJECT in coadd.origins:
        return coadd
    fields = ("image", "variance", "mask", "mask_planes", "origins", "remarks")
    changed = blank_fill_values({name: getattr(coadd, name) for name in fields})
    return coadd.replace(**changed)


def blank_fill_values(parts: dict[str, Any]) -> dict[str, Any]:
    """Make the fill values of an image NaN, and set ``NO_DATA`` in its mask.

    Parameters
    ----------
    parts : `dict`
        Parts of a `~meas_blends.data.coadd.Coadd`: ``image``, ``origins`` and
        perhaps ``variance``, ``mask``, ``mask_planes`` and ``remarks``.

    Returns
    -------
    parts : `dict`
        With the origin "fill value"; and where there are some, a copy of the
        image, of floats, a copy of the mask, and a remark if variance and
        mask do not tell of them all.
    """
    found = find_fill_values(parts["image"])
    origins = {**parts["origins"], _SUBJECT: found.text if found else _NONE}
    mask, variance = parts.get("mask"), parts.get("variance")
    planes_fit = all(p is None or p.shape == parts["image"].shape for p in (mask, variance))
    # Of planes that do not fit the image `Coadd` will say so.
    if found is None or not planes_fit:
        return {**parts, "origins": origins}
    image, pixels = parts["image"], found.pixels
    planes = dict(parts.get("mask_planes") or DEFAULT_MASK_PLANES)
    if "NO_DATA" not in planes:
        free = set(range(MASK_BITS)) - set(planes.values())
        if free:
            planes["NO_DATA"] = min(free)
    # Unsigned, for bit 31 is the sign.
    bit = np.uint32(1 << planes["NO_DATA"] if "NO_DATA" in planes else 0)
    told = np.uint32(sum(1 << planes[name] for name in BAD_PLANES if name in planes))
    news = False
    blanked = image_array(image.shape, np.result_type(image.dtype, np.float32))
    flagged = image_array(image.shape, np.int32)
    for rows in row_strips(image.shape):
        blanked[rows] = image[rows]
        blanked[rows][pixels[rows]] = np.nan
        if mask is not None:
            flagged[rows] = mask[rows]
        bits = flagged[rows].view(np.uint32)
        new = pixels[rows] & (bits & told == 0)
        if variance is not None:
            new &= (variance[rows] > 0) & (variance[rows] < np.inf)
        news = news or bool(new.any())
        bits[pixels[rows]] |= bit
    remarks = {_SUBJECT: found.text} if news else {}
    return {
        **parts,
        "image": blanked,
        "mask": flagged,
        "mask_planes": planes,
        "origins": origins,
        "remarks": {**parts.get("remarks", {}), **remarks},
    }


def find_fill_values(image: np.ndarray) -> FillValues | None:
    """Find pixels whose value stands for no data.

    One exact value in blocks of 4 x 4 pixels or more, with all others that
    hold it, where it is no part of the picture. Parts of the picture are:
    rounded noise, in which such blocks come by chance; blank sky without
    noise, which light passes into without a step; and flat cores of saturated
    stars, with light around them. Besides, what is far below all else and
    repeated, and what is absurd: a billion times farther from the sky than is
    typical, and nothing between.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Pixels of any type.

    Returns
    -------
    found : `FillValues` or `None`
        `None` if there are none.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        fill = image_array(image.shape, bool)
        told = _constant_regions(image, fill)
        low, high = _extremes(image)
        told += _far_below(image, fill, low)
        told += _absurd(image, fill, low, high)
    if not told:
        return None
    phrases = []
    for value, pixels in told:
        share = 100.0 * pixels / image.size
        what = "absurd values" if value is None else f"exactly {value:.7g}"
        phrases.append(f"{pixels} pixels ({share:.2g}%) hold {what}")
    return FillValues(fill, f"{'; '.join(phrases)}: taken as NO_DATA")


def _constant_regions(image: np.ndarray, fill: np.ndarray) -> list[tuple[float, int]]:
    """Mark the regions of one exact value that are no part of the picture; values and numbers."""
    values = _block_values(image)
    if not values:
        return []
    regions = [(value, _region(image, value)) for value in values]
    regions = [(value, region) for value, region in regions if region is not None]
    anywhere = image_array(image.shape, bool)
    for _, region in regions:
        anywhere |= region
    level = _scene(image, anywhere).level
    # The farthest first: what is told from the picture is no more of it afterwards.
    regions.sort(key=lambda one: -abs(float(one[0]) - level))
    told = []
    for value, region in regions:
        if _is_no_light(image, float(value), region, fill, anywhere):
            fill |= region
            told.append((float(value), int(np.count_nonzero(region))))
    return told


def _block_values(image: np.ndarray) -> list[np.generic]:
    """Values in blocks or rows of one value, the most frequent ones."""
    counts: Counter = Counter()
    for rows in row_strips(image.shape):
        strip = image[max(rows.start - _RUN, 0) : rows.stop]
        corners = _block_corners(strip)
        held = strip[: corners.shape[0], : corners.shape[1]][corners]
        for _ in range(_MOST):
            if held.size == 0:
                break
            same = held == held[0]
            counts[held[0]] += int(np.count_nonzero(same))
            held = held[~same]
    return [value for value, _ in counts.most_common(_MOST)]


def _block_corners(strip: np.ndarray) -> np.ndarray:
    """First pixels of blocks, and of rows and columns, of one value; not near the end."""
    across = _repeated(strip[:, 1:] == strip[:, :-1], _BLOCK - 1, 1)
    down = _repeated(strip[1:] == strip[:-1], _BLOCK - 1, 0)
    corners = np.zeros(strip.shape, bool)
    if across.any() and down.any():
        block = _repeated(across, _BLOCK, 0)
        corners[: block.shape[0], : block.shape[1]] |= block & down[:, : block.shape[1]]
    for pairs, axis in ((across, 1), (down, 0)):
        if pairs.any():
            run = _repeated(pairs, _RUN - _BLOCK + 1, axis)
            corners[: run.shape[0], : run.shape[1]] |= run
    return corners


def _repeated(mask: np.ndarray, number: int, axis: int) -> np.ndarray:
    """Whether a pixel and those that follow it along an axis, so many in all, are set."""
    mask, done = np.moveaxis(mask, axis, 0), 1
    while done < number:
        # As far again as is known.
        step = min(done, number - done)
        mask = mask[: max(len(mask) - step, 0)] & mask[step:]
        done += step
    return np.moveaxis(mask, 0, axis)


def _region(image: np.ndarray, value: np.generic) -> np.ndarray | None:
    """Pixels of a value in blocks that are not there by chance."""
    share = _share_elsewhere(image, value)
    if share >= 1.0:
        return None
    # So many pixels of one value are no chance.
    pixels = np.log(_CHANCE / image.size) / np.log(max(share, 1.0 / image.size))
    side = int(np.ceil(_CORRELATED * np.sqrt(pixels)))
    if side <= _BLOCK:
        region = image_array(image.shape, bool)
        for rows in row_strips(image.shape):
            np.equal(image[rows], value, out=region[rows])
        return region
    region = filter_strips(partial(_blocks, value=value, side=side), image, side**2)
    return region if region.any() else None


def _blocks(image: np.ndarray, value: np.generic, side: int) -> np.ndarray:
    """Pixels of a value in blocks of this side, in rows as long, and those of it beside them."""
    same = (image == value).astype(np.uint8)
    near = np.zeros_like(same)
    if np.count_nonzero(same) < side**2:
        return near.astype(bool)
    # Edges that run askew hold no block, so those of it near one belong to it too.
    for shape, reach in (((side, side), side // 2), ((1, side**2), 1), ((side**2, 1), 1)):
        solid = ndimage.grey_opening(same, shape, mode="constant")
        if solid.any():
            near |= ndimage.maximum_filter(solid, 2 * reach + 1)
    return (near & same).astype(bool)


def _share_elsewhere(image: np.ndarray, value: np.generic) -> float:
    """How frequent a value is away from large blocks of it."""
    held = size = 0
    for rows in _some_strips(image.shape):
        same = image[rows] == value
        solid = ndimage.minimum_filter(same, _LARGE_BLOCK, mode="nearest")
        if solid.any():
            near = ndimage.maximum_filter(solid, 2 * _LARGE_BLOCK + 1)
            held += int(np.count_nonzero(same & ~near))
            size += int(np.count_nonzero(~near))
        else:
            held += int(np.count_nonzero(same))
            size += same.size
    return held / size if size else 0.0


def _some_strips(shape: tuple[int, int]) -> Iterator[slice]:
    """A few of the strips of an image, evenly spread."""
    strips = list(row_strips(shape))
    return iter(strips[:: -(-len(strips) // _STRIPS)])


def _scene(image: np.ndarray, leave_out: np.ndarray) -> _Scene:
    """What the pixels tell that are not left out."""
    step = max(1, -(-image.shape[0] * image.shape[1] // _SAMPLE // 3))
    values, rough, uneven = [], 0, 0
    # Whole rows, for what is noise shows in neighbours.
    for j in range(0, image.shape[0], step):
        row = image[j].astype(np.float64)
        use = np.isfinite(row) & ~leave_out[j]
        values.append(row[use])
        inside = use[2:] & use[1:-1] & use[:-2]
        before, after = row[1:-1] - row[:-2], row[2:] - row[1:-1]
        uneven += int(np.count_nonzero(inside & ((before != 0) | (after != 0))))
        rough += int(np.count_nonzero(inside & (np.sign(before) * np.sign(after) < 0)))
    sample = np.concatenate(values)
    if sample.size == 0:
        return _Scene(0, 0.0, 0.0, 0.0, False)
    level, scatter = _median_scatter(sample)
    steps = np.diff(np.unique(sample[:: 1 + sample.size // _SAMPLE]))
    smallest = float(steps.min()) if steps.size else 0.0
    return _Scene(sample.size, level, scatter, smallest, rough > _ROUGH * max(uneven, 1))


def _median_scatter(values: np.ndarray) -> tuple[float, float]:
    """Median, and standard deviation by the median distance from it."""
    level = float(np.median(values))
    return level, 1.4826 * float(np.median(np.abs(values - level)))


def _is_no_light(
    image: np.ndarray, value: float, region: np.ndarray, fill: np.ndarray, anywhere: np.ndarray
) -> bool:
    """Whether a region of one value is no part of the picture around it."""
    rim = _rim(image, region, fill)
    scene = _scene(image, region | fill)
    if rim.size == 0 or scene.size < _ENOUGH:
        return False
    beside, spread = _median_scatter(rim)
    step = abs(beside - value)
    # Without other regions there may be no pixel left, or light without noise alone.
    sky = _scene(image, anywhere)
    if sky.size >= _ENOUGH and sky.noisy:
        light = _LIGHT * max(sky.scatter, sky.step)
        if value > np.percentile(rim, 95) and beside > sky.level + light:
            # The top of a star.
            return False
        if sky.step < _FINE * sky.scatter:
            # No two pixels of such noise are equal.
            return True
        below = float(np.mean(rim < value))
        hole = np.percentile(rim, 5) - value > light
        return bool((_SHARE < below < 1.0 - _SHARE) or hole or step > _STEP * max(spread, sky.step))
    # Without noise: a step straight into blank sky.
    blank = (1e-3 if value > beside else _ROUGH) * step
    return step > _CLEAR_STEP * max(spread, scene.step) and abs(beside - scene.level) < blank


def _rim(image: np.ndarray, region: np.ndarray, fill: np.ndarray) -> np.ndarray:
    """Values of pixels beside a region, or of enough of them."""
    strips = list(row_strips(image.shape))
    held = [int(np.count_nonzero(region[rows])) for rows in strips]
    chosen = sorted(np.argsort(held)[::-1][:_STRIPS])
    values = []
    for rows in (strips[k] for k in chosen if held[k]):
        around = slice(max(rows.start - 2, 0), rows.stop + 2)
        near = ndimage.binary_dilation(region[around], np.ones((3, 3)), iterations=2)
        near &= ~region[around] & ~fill[around]
        some = image[around][near].astype(np.float64)
        values.append(some[np.isfinite(some)])
    rim = np.concatenate(values) if values else np.zeros(0)
    return rim[:: 1 + rim.size // _SAMPLE]


def _extremes(image: np.ndarray) -> tuple[float, float]:
    """Lowest and highest number of an image, infinite ones too."""
    low, high = np.inf, -np.inf
    for rows in row_strips(image.shape):
        # Where all is NaN, so are these: comparing keeps the numbers.
        lowest, highest = (float(f.reduce(image[rows], axis=None)) for f in (np.fmin, np.fmax))
        low, high = min(low, lowest), max(high, highest)
    return low, high


def _far_below(image: np.ndarray, fill: np.ndarray, low: float) -> list[tuple[float, int]]:
    """Mark what is repeated, the lowest of all and far below the sky; values and numbers."""
    scene = _scene(image, fill)
    limit = scene.level - _FAR * max(scene.scatter, scene.step)
    told: list[tuple[float, int]] = []
    if not low < limit:
        return told
    while scene.noisy and len(told) < _BLOCK:
        lowest, second, pixels = np.inf, np.inf, 0
        for rows in row_strips(image.shape):
            values = image[rows][~fill[rows]].astype(np.float64)
            values = np.unique(values[(values < limit) & (values > -np.inf)], return_counts=True)
            for value, number in zip(*(column[:2] for column in values), strict=True):
                if value < lowest:
                    lowest, second, pixels = value, lowest, int(number)
                elif value == lowest:
                    pixels += int(number)
                else:
                    second = min(second, value)
        second = min(second, scene.level)
        if pixels < _BLOCK or second - lowest < 0.3 * (scene.level - lowest):
            break
        for rows in row_strips(image.shape):
            fill[rows] |= image[rows] == lowest
        told.append((lowest, pixels))
    return told


def _absurd(image: np.ndarray, fill: np.ndarray, low: float, high: float) -> list[tuple[None, int]]:
    """Mark what is much farther from the sky than everything else; how many."""
    sample = image.ravel()[:: 1 + image.size // _SAMPLE].astype(np.float64)
    sample = sample[~fill.ravel()[:: 1 + image.size // _SAMPLE] & np.isfinite(sample)]
    if sample.size == 0:
        return []
    level = float(np.median(sample))
    distance = np.abs(sample - level)
    distance = distance[distance > 0]
    if distance.size == 0:
        return []
    limit = _ABSURD * float(np.median(distance))
    if not max(high - level, level - low) > limit:
        return []
    nearest, farthest = np.inf, 0.0
    for rows in row_strips(image.shape):
        far = np.abs(image[rows].astype(np.float64) - level)
        far = far[np.isfinite(far) & ~fill[rows]]
        nearest = min(nearest, float(np.min(far, where=far > limit, initial=np.inf)))
        farthest = max(farthest, float(np.max(far, where=far <= limit, initial=0.0)))
    if not _ABSURD_STEP * farthest < nearest < np.inf:
        return []
    pixels = 0
    for rows in row_strips(image.shape):
        far = np.abs(image[rows].astype(np.float64) - level)
        absurd = (far > limit) & (far < np.inf) & ~fill[rows]
        fill[rows] |= absurd
        pixels += int(np.count_nonzero(absurd))
    return [(None, pixels)]
