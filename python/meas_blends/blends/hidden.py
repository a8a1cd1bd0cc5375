"""A second peak for footprints that are called blended but have one maximum."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from ..data.catalogs import PEAKS
from ..data.footprints import PixelLists
from ..detection.matched_filter import FilteredCoadd
from .maxima import Candidates, is_maximum, sort_candidates

__all__ = ["find_hidden"]

#: Widths of the Gaussians whose difference sharpens the image, in PSF sigmas.
_SHARP, _BLUNT = 0.6, 1.45

#: Least distance from the first peak, in PSF sigmas.
_LEAST_DISTANCE = 1.2

#: Point-source S/N that a hidden peak should exceed.
_LEAST_SIGNIFICANCE = 3.0

#: Weight of the asymmetry about the first peak against the sharpened image.
_ASYMMETRY = 0.5


def find_hidden(
    filtered: FilteredCoadd, pixels: PixelLists, candidates: Candidates, wanted: np.ndarray
) -> Candidates:
    """Give footprints that have one peak a second one.

    Two things point at a galaxy in the wings of another: a maximum of the
    image sharpened by a difference of Gaussians, and light that the first
    galaxy, taken to be symmetric about its peak, cannot account for (what is
    above the mirrored pixel, the template of the SDSS deblender; Lupton
    2005). The peak goes where the sum of the two is largest.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    pixels : `~meas_blends.data.footprints.PixelLists`
    candidates : `~meas_blends.blends.maxima.Candidates`
        From `~meas_blends.blends.maxima.find_maxima`.
    wanted : `numpy.ndarray` of bool, (n_footprints,)
        Footprints that shall have at least two peaks.

    Returns
    -------
    candidates : `~meas_blends.blends.maxima.Candidates`
        The given ones and the new ones, flagged ``HIDDEN``. Where no
        sharpened maximum lies far enough from the peak and above the noise,
        the asymmetry alone decides; where no pixel lies so far, the farthest
        is taken; a footprint of one pixel stays as it is.
    """
    ny, nx = filtered.smoothed.shape
    single = wanted & (candidates.counts(len(wanted)) == 1) & (np.diff(pixels.first) > 1)
    chosen = single[pixels.owner]
    flat, owner = pixels.flat[chosen], pixels.owner[chosen]
    if len(flat) == 0:
        return candidates
    peak = candidates.flat[candidates.first()][owner]
    row, column = np.divmod(flat, nx)
    peak_row, peak_column = np.divmod(peak, nx)
    distance = np.hypot(row - peak_row, column - peak_column)
    far = distance >= _LEAST_DISTANCE * filtered.sigma
    sharp = _sharpen(filtered)
    inside = (row > 0) & (row < ny - 1) & (column > 0) & (column < nx - 1)
    clear = far & inside & (filtered.significance.ravel()[flat] > _LEAST_SIGNIFICANCE)
    clear[clear] = is_maximum(sharp, flat[clear], nx)
    asymmetry = _asymmetry(filtered.smoothed, flat, peak)
    # Beside a sharpened maximum its flanks would outshine the asymmetry, so
    # where there is none the asymmetry alone counts.
    merit = np.where(far, asymmetry, distance)
    merit[clear] = sharp[flat[clear]] + _ASYMMETRY * asymmetry[clear]
    smoothed = filtered.smoothed.ravel()
    # Sort keys, the last one first; within one footprint the last pixel wins.
    order = np.lexsort((smoothed[flat], merit, far.astype(int) + clear, owner))
    last = order[np.append(owner[order][1:] != owner[order][:-1], True)]
    joined = Candidates(
        np.concatenate([candidates.flat, flat[last]]),
        np.concatenate([candidates.owner, owner[last]]),
        np.concatenate([candidates.flags, np.full(len(last), PEAKS.flag("HIDDEN"))]),
    )
    return sort_candidates(joined, smoothed, nx)


def _sharpen(filtered: FilteredCoadd) -> np.ndarray:
    """Difference of Gaussians, ravelled: close pairs come apart in it."""
    image = filtered.coadd.image
    narrow = gaussian_filter(image, _SHARP * filtered.sigma, mode="constant")
    return (narrow - gaussian_filter(image, _BLUNT * filtered.sigma, mode="constant")).ravel()


def _asymmetry(smoothed: np.ndarray, flat: np.ndarray, peak: np.ndarray) -> np.ndarray:
    """How much brighter pixels are than their mirror images about their peaks, at least 0."""
    ny, nx = smoothed.shape
    row, column = np.divmod(flat, nx)
    peak_row, peak_column = np.divmod(peak, nx)
    row, column = 2 * peak_row - row, 2 * peak_column - column
    seen = (row >= 0) & (row < ny) & (column >= 0) & (column < nx)
    values = smoothed.ravel()
    # A mirror image beyond the border cannot be compared with.
    mirrored = values[np.where(seen, row * nx + column, flat)]
    return np.maximum(values[flat] - mirrored, 0)
