"""Rounded pixels: the step between their values, and noise that hides it from statistics."""

from __future__ import annotations

import numpy as np

from ..data.large import image_array
from ..data.tiles import row_strips

__all__ = ["dithered", "rounding_step"]

#: Finer steps than this part of the noise harm no statistics.
_HARMLESS = 0.1

#: Deviation of the noise in units of the step: the least that leaves nothing
#: of the steps in a histogram, exp(-2 pi^2 0.7^2) of them.
_DEVIATION = 0.7

#: Seed of that noise; an image gets the same whatever is made of it.
_SEED = 20_061

#: So many rows of an image, and pixels of each, tell whether it is rounded.
_ROWS = 64
_COLUMNS = 1024

#: Fewer values than this tell nothing.
_ENOUGH = 16

#: Rounded values: so few of them are different, and so many of the
#: differences are whole steps, within so much of one.
_DIFFERENT = 0.5
_WHOLE_SHARE = 0.9
_WHOLE = 0.1

#: More steps than this between two neighbouring values are no steps.
_MOST_STEPS = 1000.0


def rounding_step(image: np.ndarray, bad: np.ndarray) -> float:
    """Step to whose multiples the pixels of an image were rounded.

    As in images of integers, whatever they were scaled by, in images
    compressed with losses and without dithering, where every row of pixels
    may have a step of its own, and in numbers of single precision on a high
    pedestal.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Bad pixels may hold anything.
    bad : `numpy.ndarray` of bool, (ny, nx)
        Pixels not to use.

    Returns
    -------
    step : `float`
        [count]; 0 if there is none, or it is too fine beside the noise to
        matter.
    """
    rows = []
    for j in range(0, len(image), -(-len(image) // _ROWS)):
        values = image[j][~bad[j]][:_COLUMNS].astype(np.float64)
        rows.append(values[np.isfinite(values)])
    everything = np.concatenate(rows)
    if everything.size < _ENOUGH:
        return 0.0
    step = _lattice(everything) or float(np.median([_lattice(values) for values in rows]))
    scatter = 1.4826 * np.median(np.abs(everything - np.median(everything)))
    return step if step > _HARMLESS * scatter else 0.0


def dithered(image: np.ndarray, bad: np.ndarray) -> tuple[np.ndarray, float]:
    """Add noise to rounded pixels, so that their mode and median are those of what was rounded.

    For statistics alone. Half of the values of a rounded sky are the same
    few numbers, on which any quantile falls: with steps of a third of the
    noise the mode is off by up to a fifth of it.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        Bad pixels may hold anything.
    bad : `numpy.ndarray` of bool, (ny, nx)
        Pixels not to use.

    Returns
    -------
    image : `numpy.ndarray` of float32, (ny, nx)
        With Gaussian noise of 0.7 steps; the same object if it is not
        rounded, see `rounding_step`. A pixel gets the same noise every time.
    variance : `float`
        Of that noise [count^2].
    """
    step = rounding_step(image, bad)
    if step == 0.0:
        return image, 0.0
    deviation = _DEVIATION * step
    noisy = image_array(image.shape, np.float32)
    for rows in row_strips(image.shape):
        part = noisy[rows]
        for j, row in enumerate(part, rows.start):
            np.random.default_rng((_SEED, j)).standard_normal(dtype=np.float32, out=row)
        part *= np.float32(deviation)
        part += image[rows]
    return noisy, deviation**2


def _lattice(values: np.ndarray) -> float:
    """Step of which the differences between values are multiples; 0 if they are not."""
    if values.size < _ENOUGH:
        return 0.0
    low, high = np.percentile(values, [10, 90])
    core = values[(values >= low) & (values <= high)]
    different = np.unique(core)
    if len(different) > _DIFFERENT * len(core):
        return 0.0
    if len(different) < 3:
        # Noise of less than a step, or none: what stands out of it tells.
        different = np.unique(values)
        if len(different) < 3:
            return 0.0
    steps = np.diff(different)
    step = float(np.min(steps) if len(different) < 6 else np.percentile(steps, 20))
    number = steps / step
    whole = (np.abs(number - np.rint(number)) < _WHOLE) & (number < _MOST_STEPS)
    return step if np.mean(whole) >= _WHOLE_SHARE else 0.0
