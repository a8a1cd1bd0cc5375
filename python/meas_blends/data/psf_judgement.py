"""Judging the image of a PSF, and putting right what can be."""

from __future__ import annotations

import math

import numpy as np

from ..errors import BadInputError

__all__ = ["PSF_ADVICE", "judge_psf", "resample_psf", "whole_step"]

#: What somebody whose PSF is refused can do.
PSF_ADVICE = "give an image of one PSF, or its FWHM in arcsec"

#: A centre nearer than this to that of a pixel is there [pixel].
_CENTRED = 0.02

#: A centre farther than both from the middle of an image, in its sides and in pixels,
#: is that of a star in an image of the sky.
_FAR, _FAR_PIXELS = 0.25, 4.0

#: Share of the brightest pixel above which another summit is a peak, and below
#: which the way to it must fall; a PSF reaches neither beyond its border's limit.
_PEAK, _SADDLE, _BORDER = 0.6, 0.4, 0.5

#: Share of the light that a constant must hold to be taken off, and how nearly all
#: pixels must be above it: between diffraction rings it is dark.
_PEDESTAL_SHARE, _ABOVE = 0.03, 0.8

#: Rings whose light tells a pedestal from wings, in units of the distance to the nearest
#: border; the last lies in the corners. Powers with which wings fall.
_RINGS = ((0.6, 0.72), (0.85, 1.0), (1.15, 1.5))
_WINGS = np.arange(2.5, 8.1, 0.25)

#: Fewer pixels than this make no ring.
_FEWEST = 8

#: Sides that the pixels of a PSF can have, in pixels of its image.
_STEPS = (1 / 64, 16.0)

#: Peaks that are looked at, and pixels of a line that are worked at a time.
_MOST_PEAKS, _PART = 1000, 256

#: A step between samples this near to a whole one is meant to be that.
_WHOLE = 0.01


def judge_psf(
    image: np.ndarray, name: str, step: float = 1.0, box: float | None = None
) -> tuple[np.ndarray, list[str]]:
    """Turn the image of a PSF into one on the image's own pixels, centred on its middle pixel.

    A pedestal is taken off. An image that is sampled otherwise than the image
    that it belongs to is resampled, one whose centre lies off its middle pixel,
    as in all with an even side, is shifted; its light is kept. An image in
    which all is right stays as it is.

    Parameters
    ----------
    image : array-like, (ny, nx)
        A PSF, of any size.
    name : `str`
        What to call it in a message.
    step : `float`, optional
        Side of its pixels, in pixels of the image that it belongs to: 0.25 if
        it is oversampled four times.
    box : `float`, optional
        Side of the detector's pixels, in its own, over which it must be summed
        up. Not given if that is done already, as in an effective PSF.

    Returns
    -------
    image : `numpy.ndarray` of float64, (odd, odd)
    notes : `list` [`str`]
        What was done, a phrase each.

    Raises
    ------
    BadInputError
        If it is no image of one PSF.
    """
    image = np.ma.filled(np.ma.asanyarray(image).astype(np.float64), np.nan)
    total = image.sum()
    if not np.isfinite(total):
        raise BadInputError(f"{name}: has pixels that are not finite; {PSF_ADVICE}.")
    if not image.any():
        raise BadInputError(f"{name}: is zero everywhere; {PSF_ADVICE}.")
    if total <= 0:
        raise BadInputError(f"{name}: sums to {total:.3g}, not more than zero; {PSF_ADVICE}.")
    if not _STEPS[0] <= step <= _STEPS[1]:
        raise BadInputError(
            f"{name}: has pixels {step:.3g} times as large as the image's by its header;"
            f" {PSF_ADVICE}."
        )
    notes = []
    level = _pedestal(image)
    if level:
        image = image - level
        notes.append(f"a pedestal with {level * image.size / total:.0%} of its light is taken off")
    border = max(image[0].max(), image[-1].max(), image[:, 0].max(), image[:, -1].max())
    if min(image.shape) < 3 or border > _BORDER * image.max():
        raise BadInputError(
            f"{name}: has {image.shape[1]} x {image.shape[0]} pixels, at whose border it has not"
            f" fallen to half of its peak; {PSF_ADVICE}."
        )
    peaks = _count_peaks(image)
    if peaks > 1:
        raise BadInputError(f"{name}: shows {peaks} peaks, so more than one PSF; {PSF_ADVICE}.")
    x, y = _centre(image)
    middle_x, middle_y = ((length - 1) / 2 for length in image.shape[::-1])
    off = math.hypot(x - middle_x, y - middle_y)
    if off > max(_FAR * min(image.shape), _FAR_PIXELS):
        raise BadInputError(
            f"{name}: has its peak at ({x:.0f}, {y:.0f}), far from the middle of its"
            f" {image.shape[1]} x {image.shape[0]} pixels; {PSF_ADVICE}."
        )
    if step != 1.0:
        resampled = resample_psf(image, (x, y), step, box)
        notes.append(f"resampled from pixels {step:.3g} times as large as the image's")
    elif off > _CENTRED or image.shape[0] % 2 == 0 or image.shape[1] % 2 == 0:
        whole = [round(c) if abs(c - round(c)) <= _CENTRED else c for c in (x, y)]
        resampled = resample_psf(image, tuple(whole))
        if off > _CENTRED:
            dx, dy = (round(c, 2) + 0.0 for c in (middle_x - x, middle_y - y))
            notes.append(f"shifted to its middle by ({dx:+.2f}, {dy:+.2f}) pixels")
        if image.shape[0] % 2 == 0 or image.shape[1] % 2 == 0:
            notes.append("resampled from even sides to odd ones")
    else:
        return image, notes
    return resampled * (image.sum() / resampled.sum()), notes


def resample_psf(
    image: np.ndarray, centre: tuple[float, float], step: float = 1.0, box: float | None = None
) -> np.ndarray:
    """Resample a PSF around its centre: by whole pixels as it is, else by its Fourier transform.

    Parameters
    ----------
    image : `numpy.ndarray`, (ny, nx)
        A PSF.
    centre : `tuple` [`float`, `float`]
        What becomes the middle of the middle pixel: ``(x, y)``, its own pixels.
    step : `float`, optional
        Side of its pixels, in pixels of the result.
    box : `float`, optional
        Side of the square over which it is summed up, in its own pixels.

    Returns
    -------
    resampled : `numpy.ndarray`, (odd, odd)
        Large enough for all of it.
    """
    apart = 1.0 / step
    for axis, middle in ((0, centre[1]), (1, centre[0])):
        length = image.shape[axis]
        # To the farther border, half a pixel beyond the outermost centre.
        reach = max(middle, length - 1 - middle) + 0.5
        half = max(1, math.ceil(reach / apart - 0.5 - 1e-6))
        place = middle + apart * np.arange(-half, half + 1)
        if apart == 1.0 and box is None and middle == round(middle):
            matrix = (place[:, None] == np.arange(length)).astype(float)
        else:
            matrix = _interpolation(length, place, box)
        image = np.moveaxis(np.tensordot(matrix, image, (1, axis)), 0, axis)
    return image


def _interpolation(length: int, place: np.ndarray, box: float | None) -> np.ndarray:
    """What each of the pixels on a line gives to some places on it, (n, length)."""
    beyond = max(-place[0], place[-1] - (length - 1), 0.0) + (box or 0.0)
    # Room on both sides, so that nothing comes round; odd, so that no frequency is its own mirror.
    period = 2 * (length + math.ceil(beyond)) + 1
    frequency = np.fft.fftfreq(period)
    weight = np.full(period, 1.0 / period)
    if box is not None:
        # A pixel is itself the sum over its own square.
        weight *= box * np.sinc(box * frequency) / np.sinc(frequency)
    there = np.exp(2j * np.pi * np.outer(place, frequency)) * weight
    parts = np.split(np.arange(length), np.arange(_PART, length, _PART))
    # Part by part, for as a whole it is much larger than what it makes.
    return np.hstack(
        [(there @ np.exp(-2j * np.pi * np.outer(frequency, part))).real for part in parts]
    )


def _centre(image: np.ndarray) -> tuple[float, float]:
    """Centroid ``(x, y)`` under a Gaussian about as wide as the PSF, which follows it."""
    y, x = (float(c) for c in np.unravel_index(np.argmax(image), image.shape))
    # As many pixels are above half of the peak as a disk of its FWHM has.
    area = np.count_nonzero(image > 0.5 * image.max())
    sigma = max(math.sqrt(area / math.pi) / 1.1774, 0.7)
    column, row = np.arange(image.shape[1]), np.arange(image.shape[0])
    for _ in range(100):
        weight_x = np.exp(-0.5 * ((column - x) / sigma) ** 2)
        weight_y = np.exp(-0.5 * ((row - y) / sigma) ** 2)
        total = weight_y @ image @ weight_x
        dx = weight_y @ image @ (weight_x * (column - x)) / total
        dy = (weight_y * (row - y)) @ image @ weight_x / total
        # Under a weight of its own width a Gaussian's centroid lies half-way.
        x, y = x + 2 * dx, y + 2 * dy
        if not (0 <= x < len(column) and 0 <= y < len(row)):
            return (len(column) - 1) / 2, (len(row) - 1) / 2
        if math.hypot(dx, dy) < 1e-6:
            break
    return x, y


def _pedestal(image: np.ndarray) -> float:
    """Constant under a PSF, where it holds much of the light; else 0."""
    y0, x0 = np.unravel_index(np.argmax(image), image.shape)
    ny, nx = image.shape
    reach = min(y0, x0, ny - 1 - y0, nx - 1 - x0)
    y, x = np.indices(image.shape)
    radius = np.hypot(y - y0, x - x0) / max(reach, 1)
    inside = [(radius >= low) & (radius <= high) for low, high in _RINGS]
    if min(np.count_nonzero(ring) for ring in inside) < _FEWEST:
        return 0.0
    light = [float(np.median(image[ring])) for ring in inside]
    where = [float(np.median(radius[ring])) for ring in inside]
    # What is left of the wings' light in the two outer rings, for each power.
    middle, corner = ((where[0] / where[k]) ** _WINGS for k in (1, 2))
    levels = (light[2] - corner * light[0]) / (1.0 - corner)
    amiss = levels + middle * (light[0] - levels) - light[1]
    level = float(levels[np.argmin(np.abs(amiss))])
    large = level * image.size > _PEDESTAL_SHARE * image.sum()
    return level if large and np.percentile(image, 5) > _ABOVE * level else 0.0


def _count_peaks(image: np.ndarray) -> int:
    """Number of peaks that are like the highest, with a dip on the way to each other."""
    padded = np.pad(image, 1, constant_values=-np.inf)
    around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).max(axis=(2, 3))
    tops = np.argwhere((image == around) & (image > _PEAK * image.max()))
    tops = tops[np.argsort(-image[tuple(tops.T)], kind="stable")][:_MOST_PEAKS]
    peaks: list[np.ndarray] = []
    for top in tops:
        if all(_dip(image, top, peak) for peak in peaks):
            peaks.append(top)
    return len(peaks)


def _dip(image: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the image falls between two of its pixels."""
    share = np.linspace(0.0, 1.0, int(np.abs(one - other).max()) + 1)[:, None]
    y, x = np.rint(one + share * (other - one)).astype(int).T
    return bool(image[y, x].min() < _SADDLE * image.max())


def whole_step(step: float) -> float:
    """A ratio of two sides of pixels, made whole, or one over a whole number, where it nearly is.

    Parameters
    ----------
    step : `float`
        Side of the pixels of a PSF, in pixels of its image.

    Returns
    -------
    step : `float`
    """
    times = 1.0 / step if step < 1.0 else step
    if abs(times / round(times) - 1.0) > _WHOLE:
        return step
    return 1.0 / round(times) if step < 1.0 else float(round(times))
