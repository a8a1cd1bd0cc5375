"""What other bands add to the planes of the reference band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter

from ...detection.matched_filter import FilteredCoadd
from ...detection.psf import psf_widths
from ...errors import BadInputError
from ..detections import Detections

__all__ = ["band_planes", "n_band_planes"]

#: PSFs whose widths differ by less are alike [pixel].
_ALIKE = 0.1


def n_band_planes(others: Sequence[str]) -> int:
    """Planes that `band_planes` gives: two a band, and the stack."""
    return 2 * len(others) + 1 if others else 0


def band_planes(detections: Detections, others: Sequence[str]) -> list[np.ndarray]:
    """Planes of the footprints' pixels in other bands.

    Parameters
    ----------
    detections : `~meas_blends.blends.detections.Detections`
        Of the reference band, with the other ones on the same pixels.
    others : sequence of `str`
        Bands besides the reference, in the order of the network's planes.

    Returns
    -------
    planes : `list` [`numpy.ndarray`], each (npix,)
        Values of the pixels in ``detections.pixels.flat``. For each band the
        inverse hyperbolic sine of its S/N, and that of what is left of it
        when the reference band is subtracted, scaled to the footprint's
        colour and brought to one PSF: nothing, if all the light has one
        colour. Last, the S/N of the sum of all bands, each weighted by its
        inverse variance.

    Raises
    ------
    BadInputError
        If a band is missing.
    """
    missing = [band for band in others if band not in detections.others]
    if missing:
        raise BadInputError(
            f"{detections.filtered.coadd.name}: the classifier looks at bands"
            f" {', '.join(others)} too, and {', '.join(missing)} is missing; give coadds of"
            " all, or choose a model of fewer bands."
        )
    if not others:
        return []
    planes = []
    reference, error, usable = _pixels(detections.filtered, detections)
    total, weight = reference / error**2, usable / error**2
    for band in others:
        other = detections.others[band]
        values, other_error, other_usable = _pixels(other, detections)
        planes.append(np.arcsinh(values / other_error))
        both = usable & other_usable
        planes.append(_residual(detections, other, error, other_error, both))
        # Fluxes of one unit in all bands, so that bands of any zero point add up.
        scale = 10 ** (0.4 * (detections.filtered.coadd.zero_point - other.coadd.zero_point))
        scale = scale if np.isfinite(scale) else 1.0
        total += values * scale / (other_error * scale) ** 2
        weight += other_usable / (other_error * scale) ** 2
    planes.append(np.arcsinh(total / np.sqrt(np.maximum(weight, np.finfo(np.float32).tiny))))
    return planes


def _pixels(
    filtered: FilteredCoadd, detections: Detections
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values and errors of the footprints' pixels, 0 and 1 in a bad one; which are usable."""
    flat = detections.pixels.flat
    usable = ~filtered.bad.ravel()[flat]
    error = np.sqrt(np.where(usable, filtered.coadd.variance.ravel()[flat], np.float32(1)))
    values = np.where(usable, filtered.coadd.image.ravel()[flat], np.float32(0))
    return values, error * np.float32(filtered.noise_factor), usable


def _residual(
    detections: Detections,
    other: FilteredCoadd,
    error: np.ndarray,
    other_error: np.ndarray,
    usable: np.ndarray,
) -> np.ndarray:
    """S/N of a band less the reference, scaled to the footprint's colour."""
    flat, owner = detections.pixels.flat, detections.pixels.owner
    reference, values = (
        np.where(usable, image.ravel()[flat], np.float32(0))
        for image in _to_one_psf(detections.filtered, other)
    )
    reduce = detections.pixels.reduce
    colour = reduce(np.add, values * reference) / np.maximum(
        reduce(np.add, reference**2), np.finfo(np.float32).tiny
    )
    colour = colour[owner]
    noise = np.sqrt(other_error**2 + (colour * error) ** 2)
    return np.arcsinh((values - colour * reference) / noise)


def _to_one_psf(one: FilteredCoadd, other: FilteredCoadd) -> tuple[np.ndarray, np.ndarray]:
    """Images of both, the sharper one smoothed to the width of the other."""
    images = [one.coadd.image, other.coadd.image]
    if one.varies or other.varies:
        return _cell_by_cell(one, other)
    sharper = int(one.sigma > other.sigma)
    kernel = np.sqrt(abs(one.sigma**2 - other.sigma**2))
    if kernel > _ALIKE:
        images[sharper] = gaussian_filter(images[sharper], kernel, mode="constant")
    return images[0], images[1]


def _cell_by_cell(one: FilteredCoadd, other: FilteredCoadd) -> tuple[np.ndarray, np.ndarray]:
    """The same where the widths differ by place."""
    images = [one.coadd.image, other.coadd.image]
    smoothed = [image.copy() for image in images]
    first, second = one.coadd.psf, other.coadd.psf
    xy0 = one.coadd.xy0
    rows, columns = (slice(0, length) for length in one.coadd.shape)
    for kind, *part, _ in first.parts(rows, columns, xy0):
        for other_kind, *both, _ in second.parts(*part, xy0):
            widths = psf_widths(first)[kind], psf_widths(second)[other_kind]
            kernel = np.sqrt(abs(widths[0] ** 2 - widths[1] ** 2))
            if kernel <= _ALIKE:
                continue
            sharper = int(widths[0] > widths[1])
            # The Gaussian ends at 4 sigma.
            reach = int(np.ceil(4.0 * kernel)) + 1
            around = tuple(slice(max(cut.start - reach, 0), cut.stop + reach) for cut in both)
            inside = tuple(
                slice(cut.start - wide.start, cut.stop - wide.start)
                for cut, wide in zip(both, around, strict=True)
            )
            made = gaussian_filter(images[sharper][around], kernel, mode="constant")
            smoothed[sharper][tuple(both)] = made[inside]
    return smoothed[0], smoothed[1]
