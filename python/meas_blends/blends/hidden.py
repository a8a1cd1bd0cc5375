"""More peaks for footprints that hold more objects than the image has maxima."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from ..data.catalogs import PEAKS
from ..data.footprints import PixelLists
from ..detection.matched_filter import FilteredCoadd
from ..detection.psf import psf_widths
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
    """Find places for more peaks in footprints that have fewer than they should.

    Two things point at a galaxy in the wings of another: a maximum of the
    image sharpened by a difference of Gaussians, and light that the brightest
    galaxy, taken to be symmetric about its peak, cannot account for (what is
    above the mirrored pixel, the template of the SDSS deblender; Lupton
    2005). A peak goes where the sum of the two is largest; each is found with
    those before it in place.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    pixels : `~meas_blends.data.footprints.PixelLists`
    candidates : `~meas_blends.blends.maxima.Candidates`
        At least one a footprint, brightest first.
    wanted : `numpy.ndarray` of int, (n_footprints,)
        Peaks that each footprint shall have.

    Returns
    -------
    hidden : `~meas_blends.blends.maxima.Candidates`
        The new ones alone, flagged ``HIDDEN``, sorted. Where no sharpened
        maximum lies far enough from every peak and above the noise, the
        asymmetry alone decides; where no pixel lies so far, the farthest is
        taken; a footprint gets no more peaks than it has pixels.
    """
    smoothed = filtered.smoothed.ravel()
    nx = filtered.smoothed.shape[1]
    wanted = np.minimum(wanted, np.diff(pixels.first))
    brightest = candidates.flat[candidates.first()]
    found = candidates.select(np.zeros(len(candidates.flat), bool))
    sharp = None
    while True:
        placed = Candidates(
            np.concatenate([candidates.flat, found.flat]),
            np.concatenate([candidates.owner, found.owner]),
            np.concatenate([candidates.flags, found.flags]),
        )
        lacking = placed.counts(len(wanted)) < wanted
        if not lacking.any():
            return sort_candidates(found, smoothed, nx)
        if sharp is None:
            sharp = _sharpen(filtered)
        flat, owner = _one_more(filtered, pixels, placed, lacking, brightest, sharp)
        found = Candidates(
            np.concatenate([found.flat, flat]),
            np.concatenate([found.owner, owner]),
            np.concatenate([found.flags, np.full(len(flat), PEAKS.flag("HIDDEN"))]),
        )


def _one_more(
    filtered: FilteredCoadd,
    pixels: PixelLists,
    placed: Candidates,
    lacking: np.ndarray,
    brightest: np.ndarray,
    sharp: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Pixel of one more peak in each lacking footprint, and its owner."""
    ny, nx = filtered.smoothed.shape
    chosen = lacking[pixels.owner]
    flat, owner = pixels.flat[chosen], pixels.owner[chosen]
    row, column = np.divmod(flat, nx)
    distance = _distance(placed, flat, owner, lacking, nx)
    x0, y0 = filtered.coadd.xy0
    far = distance >= _LEAST_DISTANCE * filtered.width_at(column + x0, row + y0)
    inside = (row > 0) & (row < ny - 1) & (column > 0) & (column < nx - 1)
    clear = far & inside & (filtered.significance.ravel()[flat] > _LEAST_SIGNIFICANCE)
    clear[clear] = is_maximum(sharp, flat[clear], nx)
    asymmetry = _asymmetry(filtered.smoothed, flat, brightest[owner])
    # Beside a sharpened maximum its flanks would outshine the asymmetry, so
    # where there is none the asymmetry alone counts.
    merit = np.where(far, asymmetry, distance)
    merit[clear] = sharp[flat[clear]] + _ASYMMETRY * asymmetry[clear]
    smoothed = filtered.smoothed.ravel()
    # Sort keys, the last one first; within one footprint the last pixel wins.
    order = np.lexsort((smoothed[flat], merit, far.astype(int) + clear, owner))
    last = order[np.append(owner[order][1:] != owner[order][:-1], True)]
    return flat[last], owner[last]


def _distance(
    placed: Candidates, flat: np.ndarray, owner: np.ndarray, lacking: np.ndarray, nx: int
) -> np.ndarray:
    """Distance of pixels from the nearest peak of their footprint [pixel]."""
    row, column = np.divmod(flat, nx)
    theirs = placed.select(lacking[placed.owner])
    order = np.argsort(theirs.owner, kind="stable")
    peak, peak_owner = theirs.flat[order], theirs.owner[order]
    first = np.searchsorted(peak_owner, np.arange(len(lacking)))
    number = np.bincount(peak_owner, minlength=len(lacking))
    squared = np.full(len(flat), np.inf)
    # A footprint that lacks peaks has few: at most as many turns as the most of them.
    for rank in range(number.max()):
        has = rank < number[owner]
        peak_row, peak_column = np.divmod(peak[(first + rank)[owner[has]]], nx)
        separation = (row[has] - peak_row) ** 2 + (column[has] - peak_column) ** 2
        squared[has] = np.minimum(squared[has], separation)
    return np.sqrt(squared)


def _sharpen(filtered: FilteredCoadd) -> np.ndarray:
    """Difference of Gaussians, ravelled: close pairs come apart in it."""
    coadd = filtered.coadd
    if not filtered.varies:
        return _difference(coadd.image, filtered.sigma).ravel()
    sharp, widths = np.empty_like(coadd.image), psf_widths(coadd.psf)
    rows, columns = (slice(0, length) for length in coadd.shape)
    for kind, *part, _ in coadd.psf.parts(rows, columns, coadd.xy0):
        # As far around as the wider Gaussian goes, which ends at 4 sigma.
        reach = int(np.ceil(4.0 * _BLUNT * widths[kind])) + 1
        around = tuple(slice(max(one.start - reach, 0), one.stop + reach) for one in part)
        inside = tuple(
            slice(one.start - wide.start, one.stop - wide.start)
            for one, wide in zip(part, around, strict=True)
        )
        sharp[tuple(part)] = _difference(coadd.image[around], widths[kind])[inside]
    return sharp.ravel()


def _difference(image: np.ndarray, sigma: float) -> np.ndarray:
    narrow = gaussian_filter(image, _SHARP * sigma, mode="constant")
    return narrow - gaussian_filter(image, _BLUNT * sigma, mode="constant")


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
