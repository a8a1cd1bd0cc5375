"""Single bad pixels: those that rise above their neighbours, or fall below, as no light can."""

from __future__ import annotations

import numpy as np

from ..data.coadd import MASK_BITS, Coadd
from ..data.large import image_array
from ..data.tiles import row_strips
from .noise import clipped_scatter, correlation_factor
from .psf import psf_widths
from .sharp_filters import OFFSETS, REACH, SharpFilters, noise_factors, sharp_filters

__all__ = ["SHARP_PIXEL", "mark_sharp_pixels"]

#: Mask plane of single pixels that no light can have made.
SHARP_PIXEL = "SHARP_PIXEL"

#: Standard errors by which a pixel must exceed its bound: what several bounds
#: together make of 5 for one.
_THRESHOLD = 5.25

#: A first look at all pixels: standard errors by which one differs from the mean
#: of the four beside it.
_FIRST_LOOK = 4.0

#: By what part the PSF may be narrower than its image, and what part of the light
#: beside a pixel errors of its shape may cost, by where the PSF came from: given
#: with the image, from its stars, from other sources.
_GIVEN = (0.04, 0.01)
_OF_STARS = (0.1, 0.1)
_OF_SOURCES = (0.2, 0.2)

#: A PSF with a smaller sigma than the first is hardly sampled by pixels: its shape
#: between them is trusted less, by this part of the light a pixel that sigma lacks, and
#: below the second not at all [pixel].
_SAMPLED = 1.25
_NOT_SAMPLED = 0.95
_UNSEEN = 0.5

#: Photon noise is not in a variance that was estimated from blank pixels; their
#: scatter is that of this many electrons at least.
_FEWEST_ELECTRONS = 5.0

#: Pixels that show how much a bound scatters in the image itself.
_SAMPLE = 4000

#: How often pixels are looked at again after those beside them were replaced.
_ROUNDS = 4

#: Fewer values than this say nothing about scatter.
_ENOUGH = 200

#: Rows that are looked at at once.
_ROWS = 32

#: Candidates that are worked at once.
_AT_ONCE = 1 << 16


def mark_sharp_pixels(coadd: Coadd, repair: bool = True) -> Coadd:
    """Find single bad pixels, hot or cold, by a test of sharpness against the PSF.

    All light has passed the PSF, so a pixel cannot be much brighter than its
    neighbours say, nor much fainter. Bounds that hold for any sum of point
    sources, whatever their places, are weighted sums of the 24 neighbours
    (`~meas_blends.detection.sharp_filters.sharp_filters`); a pixel that is
    beyond one of them by 5.25 standard errors is no light of the sky.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete and background-subtracted.
    repair : `bool`, optional
        Whether to put in their place what their neighbours let expect.

    Returns
    -------
    coadd : `~meas_blends.data.coadd.Coadd`
        With such pixels in the mask plane ``SHARP_PIXEL`` of a copy. The same
        object if there are none, if the mask has no plane left, or if the
        PSF is not known well enough.

    Notes
    -----
    The standard error counts the variance plane's noise, photons included,
    and its correlation, and is no less than the scatter of the bound in the
    image. Bounds allow for a PSF narrower than its image by 4%, by 10% where
    it was estimated from stars and by 20% where from other sources, and for
    errors of 1, 10 and 20% of the brightest pixel around, more where the
    pixels hardly sample it. A PSF that was assumed, or of less than 2.2
    pixels FWHM, bounds nothing. Bad and saturated pixels are neither judged
    nor believed.
    """
    trust = _trust(coadd)
    free = set(range(MASK_BITS)) - set(coadd.mask_planes.values())
    if trust is None or not free or min(coadd.shape) < 2 * REACH + 1:
        return coadd
    unusable = coadd.in_planes("SAT")
    unusable |= coadd.bad
    candidates = _first_look(coadd, unusable)
    if not len(candidates):
        return coadd
    narrower, misfit = trust
    filters = sharp_filters(coadd.psf, narrower)
    if filters.none:
        return coadd
    marked, repaired = _search(_Judge(coadd, unusable, filters, misfit), candidates)
    if not len(marked):
        return coadd
    planes = {**coadd.mask_planes, SHARP_PIXEL: max(free)}
    mask = _copy(coadd.mask)
    mask.view(np.uint32).ravel()[marked] |= np.uint32(1 << planes[SHARP_PIXEL])
    return coadd.replace(image=repaired if repair else coadd.image, mask=mask, mask_planes=planes)


def _trust(coadd: Coadd) -> tuple[float, float] | None:
    """What errors the PSF may have, see `_GIVEN`; `None` if it says nothing."""
    origin = coadd.origins.get("psf", "")
    sigma = float(psf_widths(coadd.psf).min())
    if origin.startswith("assumed") or sigma < _NOT_SAMPLED:
        return None
    narrower, misfit = _GIVEN
    if origin.startswith("estimated"):
        narrower, misfit = _OF_STARS
    elif origin.startswith("a Gaussian as wide"):
        narrower, misfit = _OF_SOURCES
        if sigma < _SAMPLED:
            return None
    return narrower, misfit + _UNSEEN * max(_SAMPLED - sigma, 0.0)


def _copy(plane: np.ndarray) -> np.ndarray:
    copy = image_array(plane.shape, plane.dtype)
    for rows in row_strips(plane.shape):
        copy[rows] = plane[rows]
    return copy


def _first_look(coadd: Coadd, unusable: np.ndarray) -> np.ndarray:
    """Flat indices of pixels that differ from the four beside them by more than noise."""
    ny, nx = coadd.shape
    kernel = np.zeros((3, 3))
    kernel[1], kernel[:, 1], kernel[1, 1] = -0.25, -0.25, 1.0
    limit = 4.0 * _FIRST_LOOK * np.sqrt(1.25)
    if coadd.noise_correlation is not None:
        limit *= min(1.0, max(correlation_factor(coadd.noise_correlation, kernel), 0.75))
    limit = np.float32(limit**2)
    found = [np.zeros(0, np.int64)]
    # Few rows at once stay in the processor's cache.
    for start in range(1, ny - 1, _ROWS):
        stop = min(start + _ROWS, ny - 1)
        image = coadd.image[start - 1 : stop + 1]
        # Bad pixels, of any value, are not judged.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            difference = image[1:-1, 1:-1] * np.float32(-4)
            for part in (image[:-2, 1:-1], image[2:, 1:-1], image[1:-1, :-2], image[1:-1, 2:]):
                difference += part
            difference *= difference
            # NaN beside a bad pixel counts as a difference: there, fewer neighbours say more.
            alike = difference <= limit * coadd.variance[start:stop, 1:-1]
        alike |= unusable[start:stop, 1:-1]
        y, x = np.nonzero(~alike)
        found.append((y + start) * nx + x + 1)
    return np.concatenate(found)


def _search(judge: _Judge, candidates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flat indices of the sharp pixels among candidates, and the image without them.

    The worst is replaced first, for beside it others seem to be sharp.
    """
    nx = judge.image.shape[1]
    steps = np.append(OFFSETS @ [nx, 1], 0)
    left, found = candidates, []
    for _ in range(_ROUNDS):
        parts = np.split(left, range(_AT_ONCE, len(left), _AT_ONCE))
        excess = np.concatenate([judge.excess(part) for part in parts])
        sharp = left[excess > 0]
        order = np.argsort(-excess[excess > 0], kind="stable")
        new, taken = [], set()
        for place in sharp[order].tolist():
            # Steps around the border of the image at most put off what is far away.
            if taken.isdisjoint((place + steps).tolist()):
                new.append(place)
            taken.add(place)
        if not new:
            break
        judge.replace(np.array(new))
        found += new
        # Only what is near a replaced pixel may look different now.
        near = (np.array(new)[:, None] + steps).ravel()
        left = left[np.isin(left, near) & ~np.isin(left, new)]
        if not len(left):
            break
    return np.array(found, np.int64), judge.image


class _Judge:
    """Tells by how much pixels are beyond what their neighbours allow.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
    unusable : `numpy.ndarray` of bool, (ny, nx)
        Pixels that say nothing of others.
    filters : `~meas_blends.detection.sharp_filters.SharpFilters`
    misfit : `float`
        What part of the light beside a pixel errors of the PSF may cost.
    """

    def __init__(
        self, coadd: Coadd, unusable: np.ndarray, filters: SharpFilters, misfit: float
    ) -> None:
        self.coadd, self.unusable, self.filters = coadd, unusable, filters
        self.misfit = misfit
        self.image = coadd.image
        self._any_unusable = bool(unusable.any())
        self._photons = "estimated" in coadd.origins.get("variance", "")
        correlation = coadd.noise_correlation
        self._bounds = [
            (sign, weights, noise_factors(weights, correlation))
            for sign, weights in ((1.0, filters.upper), (-1.0, filters.lower))
        ]
        self._raise_to_scatter()

    def _raise_to_scatter(self) -> None:
        """Let the errors of bounds be no less than the scatter that the image shows.

        The noise may be correlated less than blank pixels seem to be where
        light fills them, and a variance plane may be too low.
        """
        step = max(1, self.unusable.size // _SAMPLE)
        # Not the same columns again and again.
        while step > 1 and self.image.shape[1] % step == 0:
            step += 1
        some = np.arange(0, self.unusable.size, step)
        some = some[~self.unusable.ravel()[some]]
        around = self._around(some)
        for k, (sign, weights, factors) in enumerate(self._bounds):
            off, error, lacking = self._compare(some, around, sign, weights, factors)
            ratio = np.where(lacking, np.nan, off / error)
            scatter = np.ones(len(weights))
            for j, column in enumerate(ratio.T):
                values = column[np.isfinite(column)]
                if len(values) >= _ENOUGH:
                    scatter[j] = max(clipped_scatter(values)[1], 1.0)
            self._bounds[k] = (sign, weights, factors * scatter)

    def _around(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Neighbours of pixels, their variances, and which are usable, (n, 24) each."""
        ny, nx = self.coadd.shape
        row, column = np.divmod(flat, nx)
        index = flat[:, None] + OFFSETS @ [nx, 1]
        usable = np.ones(index.shape, bool)
        near = (np.minimum(row, ny - 1 - row) < REACH) | (
            np.minimum(column, nx - 1 - column) < REACH
        )
        if near.any():
            y, x = row[near, None] + OFFSETS[:, 0], column[near, None] + OFFSETS[:, 1]
            usable[near] = (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
            index[~usable] = 0
        if self._any_unusable:
            usable &= ~self.unusable.ravel().take(index)
        values, variance = (
            plane.ravel().take(index).astype(np.float64)
            for plane in (self.image, self.coadd.variance)
        )
        if near.any() or self._any_unusable:
            values[~usable], variance[~usable] = 0.0, 0.0
        return values, variance, usable

    def excess(self, flat: np.ndarray) -> np.ndarray:
        """How far pixels are beyond their bounds and its errors [standard error], (n,)."""
        worst = np.full(len(flat), -np.inf)
        around = self._around(flat)
        for bound in self._bounds:
            off, error, lacking = self._compare(flat, around, *bound)
            beyond = np.where(lacking, -np.inf, off / error - _THRESHOLD)
            worst = np.maximum(worst, beyond.max(axis=1))
        return worst

    def _compare(
        self,
        flat: np.ndarray,
        around: tuple[np.ndarray, np.ndarray, np.ndarray],
        sign: float,
        weights: np.ndarray,
        factors: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How far pixels are beyond bounds, the errors of that, and which lack a pixel; (n, m)."""
        values, variance, usable = around
        own = self.image.ravel()[flat].astype(float)
        noise = self.coadd.variance.ravel()[flat].astype(float)
        bound = values @ weights.T
        error = np.sqrt(noise[:, None] + variance @ (weights**2).T) * factors
        if self._photons:
            light = np.maximum(bound, 0.0) * np.sqrt(noise)[:, None]
            error = np.sqrt(error**2 + light / _FEWEST_ELECTRONS)
        # The brightest pixel beside it, for its light falls most steeply.
        light = np.maximum(values.max(axis=1), np.abs(bound).max(axis=1))
        off = sign * (own[:, None] - bound) - self.misfit * light[:, None]
        if usable.all():
            return off, error, np.zeros((), bool)
        # In numbers, for which a product is fast.
        return off, error, (~usable * 1.0) @ (weights != 0).T > 0

    def replace(self, flat: np.ndarray) -> None:
        """Put in the place of pixels what their neighbours let expect; none is near another."""
        expected = [
            self.filters.predict(*around) for around in zip(*self._around(flat), strict=True)
        ]
        if self.image is self.coadd.image:
            self.image = _copy(self.image)
        self.image.ravel()[flat] = expected
