"""The PSF of an image from its own stars."""

from __future__ import annotations

from typing import NamedTuple

import galsim
import numpy as np
import sep
from scipy import ndimage
from scipy.spatial import cKDTree

from ..data.coadd import Coadd
from ..data.large import image_array
from ..data.psf import FWHM_PER_SIGMA, normalise_psf
from ..data.tiles import row_strips
from .noise import flattened, rough_median
from .psf import gaussian_psf
from .rounding import dithered

__all__ = ["estimate_psf", "star_psf"]

#: Width of the filter that finds candidates, before the PSF is known [pixel].
_FILTER_SIGMA = 1.5

#: How far a peak after that filter depends on the pixels around it [pixel].
_FILTER_REACH = 10

#: Peak S/N of the smoothed image that a star needs, and a source whose size counts.
_STAR_SIGNIFICANCE = 30.0
_SOURCE_SIGNIFICANCE = 10.0

#: Brightest candidates that are measured, and stars that are stacked.
_MAX_CANDIDATES = 400
_MAX_STARS = 60
_MIN_STARS = 3

#: Half side of the stamps in which candidates are measured [pixel].
_REACH = 15

#: Half width in ln(size) of the locus of stars.
_LOCUS = 0.03

#: Widths of the profile sigma that a point source on pixels can have [pixel]:
#: less is a cosmic ray or a hot pixel.
_MIN_SIGMA = 0.6

_SEEING = 0.7
_SEEING_PIXELS = 3.5


class _Sources(NamedTuple):
    """Measured candidates: positions in array pixels, sizes [pixel], shapes, fluxes."""

    x: np.ndarray
    y: np.ndarray
    sigma: np.ndarray
    e1: np.ndarray
    e2: np.ndarray
    flux: np.ndarray
    significance: np.ndarray


def estimate_psf(coadd: Coadd) -> tuple[np.ndarray, str]:
    """Estimate the PSF of a coadd from the coadd itself.

    Isolated, unsaturated, round sources are measured with adaptive moments;
    stars are those in the first concentration of sizes above the smallest,
    the locus that galaxies, all larger, cannot form. Their stamps, shifted
    to their centres and scaled to one flux, are combined by the median.
    Without at least three stars the PSF is a Gaussian as wide as the
    smallest sources; without any source, as wide as usual seeing.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        With a variance plane.

    Returns
    -------
    psf : `numpy.ndarray` of float32, (odd, odd)
        Unit sum, centred on the middle pixel.
    origin : `str`
        How it was made, in a phrase.
    """
    psf, number, sources = _stars_or_sources(coadd)
    if psf is not None:
        return psf, f"estimated from {number} stars in the image"
    if sources.sigma.size:
        clear = sources.significance > _STAR_SIGNIFICANCE
        sigma = float(np.percentile(sources.sigma[clear] if clear.any() else sources.sigma, 5))
        return (
            gaussian_psf(sigma),
            "a Gaussian as wide as the smallest sources in the image, FWHM"
            f" {sigma * FWHM_PER_SIGMA:.1f} pixels, for it has too few stars",
        )
    if np.isfinite(coadd.pixel_scale):
        sigma = max(_SEEING / coadd.pixel_scale / FWHM_PER_SIGMA, _MIN_SIGMA)
        width = f"{_SEEING} arcsec"
    else:
        sigma = _SEEING_PIXELS / FWHM_PER_SIGMA
        width = f"{_SEEING_PIXELS} pixels"
    return (
        gaussian_psf(sigma),
        f"assumed, a Gaussian of FWHM {width}, for the image has no source to measure",
    )


def star_psf(coadd: Coadd) -> tuple[np.ndarray | None, int]:
    """The PSF of a coadd's stars, without a guess where there are too few.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        With a variance plane.

    Returns
    -------
    psf : `numpy.ndarray` of float32, (odd, odd), or `None`
        Unit sum, centred on the middle pixel; `None` without stars.
    number : `int`
        How many it was made from.
    """
    psf, number, _ = _stars_or_sources(coadd)
    return psf, number


def _stars_or_sources(coadd: Coadd) -> tuple[np.ndarray | None, int, _Sources]:
    """The PSF of the stars and how many these are, and all sources that were measured."""
    bad = coadd.bad
    image = _flattened(coadd, bad)
    sources = _measure(image, bad, coadd)
    stars = _star_locus(sources)
    if stars.sum() < _MIN_STARS:
        return None, 0, sources
    best = np.flatnonzero(stars)[np.argsort(-sources.significance[stars])][:_MAX_STARS]
    chosen = _Sources(*(column[best] for column in sources))
    return _stack(image, bad, chosen), len(best), sources


def _flattened(coadd: Coadd, bad: np.ndarray) -> np.ndarray:
    """Image less its local background, zero where bad."""
    if bad.all():
        return image_array(coadd.shape, np.float32)
    image = flattened(coadd.image, bad, rough_median(coadd.image, bad))
    ny, nx = coadd.shape
    background = sep.Background(dithered(image, bad)[0], mask=bad, bw=min(64, nx), bh=min(64, ny))
    background.subfrom(image)
    for rows in row_strips(image.shape):
        image[rows][bad[rows]] = 0
    return image


def _measure(image: np.ndarray, bad: np.ndarray, coadd: Coadd) -> _Sources:
    """Find isolated peaks and measure them with adaptive moments."""
    y, x, significance = _isolated_peaks(image, bad, coadd)
    spoilt = coadd.in_planes("SAT")
    spoilt |= bad
    rows = []
    ny, nx = image.shape
    for xi, yi, snr in zip(x, y, significance, strict=True):
        reach = min(_REACH, xi, yi, nx - 1 - xi, ny - 1 - yi)
        near = min(reach, 4)
        if reach < 5 or spoilt[yi - near : yi + near + 1, xi - near : xi + near + 1].any():
            continue
        stamp = image[yi - reach : yi + reach + 1, xi - reach : xi + reach + 1]
        shape = galsim.hsm.FindAdaptiveMom(
            galsim.Image(stamp.astype(float), xmin=-reach, ymin=-reach, scale=1.0),
            guess_sig=2.0,
            strict=False,
        )
        centre = shape.moments_centroid
        good = shape.moments_status == 0 and _MIN_SIGMA < shape.moments_sigma < 0.6 * reach
        if good and np.hypot(centre.x, centre.y) < 1.5 and shape.moments_amp > 0:
            e1, e2 = shape.observed_shape.e1, shape.observed_shape.e2
            rows.append(
                (xi + centre.x, yi + centre.y, shape.moments_sigma, e1, e2, shape.moments_amp, snr)
            )
    return _Sources(*np.array(rows, float).reshape(-1, 7).T)


def _isolated_peaks(
    image: np.ndarray, bad: np.ndarray, coadd: Coadd
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Brightest peaks (y, x, S/N) without a neighbour that would distort them."""
    strips = [_sharp_peaks(image, bad, coadd, rows) for rows in row_strips(coadd.shape)]
    y, x, height, snr = (np.concatenate(column) for column in zip(*strips, strict=True))
    tree = cKDTree(np.column_stack([x, y]).reshape(-1, 2))
    isolated = np.ones(len(x), bool)
    pairs = tree.query_pairs(10.0, output_type="ndarray")
    for a, b in ((pairs[:, 0], pairs[:, 1]), (pairs[:, 1], pairs[:, 0])):
        isolated[a[height[b] > 0.05 * height[a]]] = False
    order = np.flatnonzero(isolated & (snr > _SOURCE_SIGNIFICANCE))
    order = order[np.argsort(-snr[order], kind="stable")][:_MAX_CANDIDATES]
    return y[order], x[order], snr[order]


def _sharp_peaks(
    image: np.ndarray, bad: np.ndarray, coadd: Coadd, rows: slice
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Peaks (y, x, height, S/N) of the smoothed image in a strip of rows."""
    ny, nx = image.shape
    # What the filters reach beyond the strip.
    around = slice(max(rows.start - _FILTER_REACH, 0), min(rows.stop + _FILTER_REACH, ny))
    smooth = ndimage.gaussian_filter(image[around], _FILTER_SIGMA, mode="constant")
    variance = np.where(bad[around], np.inf, coadd.variance[around])
    # Noise of a white image after a Gaussian filter: sigma / (2 sqrt(pi) s).
    significance = smooth / np.sqrt(variance) * (2.0 * np.sqrt(np.pi) * _FILTER_SIGMA)
    peak = (smooth == ndimage.maximum_filter(smooth, size=5)) & (
        significance > _SOURCE_SIGNIFICANCE / 2
    )
    y, x = np.nonzero(peak)
    # A plateau is no star, and its pixels would all be peaks.
    row = y + around.start
    inside = (row >= rows.start) & (row < rows.stop)
    inside &= (row > 0) & (x > 0) & (row < ny - 1) & (x < nx - 1)
    y, x = y[inside], x[inside]
    height, snr = smooth[y, x], significance[y, x]
    sharp = np.ones(len(x), bool)
    for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        sharp &= smooth[y + dy, x + dx] < height
    return y[sharp] + around.start, x[sharp], height[sharp], snr[sharp]


def _star_locus(sources: _Sources) -> np.ndarray:
    """Which sources lie in the concentration of sizes at the small end."""
    bright = (np.hypot(sources.e1, sources.e2) < 0.25) & (sources.significance > _STAR_SIGNIFICANCE)
    size = np.log(sources.sigma)
    ordered = np.sort(size[bright])
    width = 2 * _LOCUS
    rank = np.arange(len(ordered))
    count = np.searchsorted(ordered, ordered + width, "right") - rank
    # What galaxies alone would put there: half of what the next two windows hold.
    above = (np.searchsorted(ordered, ordered + 3 * width, "right") - rank - count) / 2
    locus = (
        (count >= _MIN_STARS)
        & (count - above > 2.0 * np.sqrt(above + 1.0))
        # A few may be smaller: noise peaks, remains of cosmic rays.
        & (rank <= max(2, 0.1 * len(ordered)))
    )
    if not locus.any():
        return np.zeros(size.shape, bool)
    start = int(np.argmax(locus))
    # The fullest of the windows that begin within it.
    stop = np.searchsorted(ordered, ordered[start] + _LOCUS, "right")
    start += int(np.argmax(count[start:stop]))
    centre = np.median(ordered[start : start + count[start]])
    stars = bright & (np.abs(size - centre) < _LOCUS)
    e1, e2 = np.median(sources.e1[stars]), np.median(sources.e2[stars])
    return stars & (np.hypot(sources.e1 - e1, sources.e2 - e2) < 0.1)


def _stack(image: np.ndarray, bad: np.ndarray, stars: _Sources) -> np.ndarray:
    """Median of the stars' recentred stamps, its wings made smooth."""
    fwhm = FWHM_PER_SIGMA * float(np.median(stars.sigma))
    ny, nx = image.shape
    reach = int(np.clip(np.ceil(3.5 * fwhm), 7, 40))
    # Two pixels more all around, for the spline.
    reach = max(5, min(reach, (min(ny, nx) - 7) // 2))
    wide = reach + 3
    offset = np.arange(-wide, wide + 1)
    stamps = []
    for x, y, flux in zip(stars.x, stars.y, stars.flux, strict=True):
        xi, yi = round(x), round(y)
        rows, columns = yi + offset, xi + offset
        box = np.ix_(np.clip(rows, 0, ny - 1), np.clip(columns, 0, nx - 1))
        outside = ((rows < 0) | (rows >= ny))[:, None] | (columns < 0) | (columns >= nx)
        clean = np.where(outside, 0.0, image[box].astype(float))
        stamp = ndimage.shift(clean, (yi - y, xi - x), order=3, mode="nearest") / flux
        stamp[ndimage.binary_dilation(outside | bad[box])] = np.nan
        stamps.append(stamp[3:-3, 3:-3])
    return _smooth_wings(_nanmedian(np.array(stamps)), fwhm)


def _nanmedian(stamps: np.ndarray) -> np.ndarray:
    """Median over the stamps, zero where all are NaN."""
    count = np.isfinite(stamps).sum(axis=0)
    return np.where(count > 0, np.nanmedian(np.where(count > 0, stamps, 0.0), axis=0), 0.0)


def _smooth_wings(psf: np.ndarray, fwhm: float) -> np.ndarray:
    """Replace the noisy wings by their azimuthal profile, falling and positive."""
    reach = psf.shape[0] // 2
    offset = np.arange(-reach, reach + 1)
    radius = np.hypot(*np.meshgrid(offset, offset))
    ring = np.rint(radius).astype(int).ravel()
    members = np.bincount(ring)
    profile = np.bincount(ring, psf.ravel()) / members
    # What is left at the border is background, not PSF.
    psf = psf - profile[reach]
    profile = np.maximum(np.minimum.accumulate(profile - profile[reach]), 0.0)
    wings = np.interp(radius, np.arange(len(profile)), profile)
    wings[radius > reach] = 0.0
    weight = np.clip((radius - 1.5 * fwhm) / (0.5 * fwhm), 0.0, 1.0)
    return normalise_psf(np.maximum((1.0 - weight) * psf + weight * wings, 0.0))
