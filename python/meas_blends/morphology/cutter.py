"""Cuts stamps around the peaks of a coadd, for a network to measure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from astropy.table import Table

from ..data.child_models import ChildModels
from ..data.coadd import Coadd
from ..data.morphology_tables import MORPHOLOGY
from ..data.psf import FWHM_PER_SIGMA
from ..detection.noise import clipped_scatter, some_pixels
from ..detection.sharp import SHARP_PIXEL
from ..errors import BadInputError
from .owners import ORPHAN, SKY, pixel_owners
from .sky_noise import SkyNoise
from .stamps import Stamps
from .widths import psf_width

__all__ = ["NEIGHBOURS", "StampCutter", "cut_stamps"]

#: What can be done with pixels that are not the peak's own, by name.
NEIGHBOURS = {
    "mask": "pixels of neighbours are set to zero and told as not usable",
    "noise": "pixels of neighbours, bad ones and those beyond the border are filled with sky noise",
    "keep": "pixels of neighbours stay; bad ones and those beyond the border are set to zero",
}

#: Further owners of pixels that no peak has.
_BAD, _OUTSIDE = -3, -4

#: Less than this part of what the variance plane promises is no noise.
_LEAST_NOISE = 0.1

#: Fewer sky pixels than this say nothing about the noise.
_ENOUGH_PIXELS = 100

#: Most pixels of a batch, whatever the side of its stamps: 512 of 64 x 64.
_BATCH_PIXELS = 512 * 64**2


class StampCutter:
    """Cuts stamps out of one coadd.

    Neighbours are pixels of other footprints, and pixels of the peak's own
    footprint that are nearer to another peak. They are treated by one of
    `NEIGHBOURS`. In any case they are flagged, and so are bad pixels and
    pixels beyond the border.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete (variance and PSF), background subtracted.
    labels : `numpy.ndarray`, (ny, nx)
        Footprints, 0 outside.
    peaks : `astropy.table.Table`
        With ``footprintId``, ``f_x``, ``f_y``, ``i_x``, ``i_y``.
    size : `int`, optional
        Side of the stamps [pixel].
    min_core : `float`, optional
        Least share of usable pixels within one PSF FWHM of the peak, below
        which a stamp has ``FAILED``. One whose own pixel is not usable has
        failed too.
    neighbours : `str`, optional
        One of `NEIGHBOURS`.
    rng : `numpy.random.Generator`, optional
        Draws the noise that ``noise`` fills in, and is needed for that alone.
        A pixel of the image gets the same noise in every stamp, in whatever
        batches they are cut.
    models : `~meas_blends.data.child_models.ChildModels`, optional
        Of a deblender. Those of all other peaks are subtracted, and the
        pixels of these are usable; `NEIGHBOURS` is for those without a model.

    Raises
    ------
    BadInputError
        If there is no such treatment of neighbours, or there are no models in
        the coadd's band.
    """

    def __init__(
        self,
        coadd: Coadd,
        labels: np.ndarray,
        peaks: Table,
        size: int = 64,
        min_core: float = 0.5,
        neighbours: str = "mask",
        rng: np.random.Generator | None = None,
        models: ChildModels | None = None,
    ) -> None:
        if neighbours not in NEIGHBOURS:
            raise BadInputError(
                f"neighbours: {neighbours!r} is no way to treat them; choose one of"
                f" {', '.join(NEIGHBOURS)}."
            )
        self.coadd = coadd
        self.models, self._image = models, coadd.image
        self.identifier = np.asarray(peaks["id"], np.int64)
        self._modelled = np.zeros(len(peaks), bool)
        if models is not None:
            self._image = coadd.image - models.image(coadd.band, coadd.shape, coadd.xy0)
            self._modelled = np.isin(self.identifier, np.asarray(models.boxes["peakId"]))
        self.neighbours = neighbours
        self.size = size
        self.min_core = min_core
        self.footprint = np.asarray(peaks["footprintId"], np.int64)
        self.x = np.asarray(peaks["i_x"], np.int64) - coadd.xy0[0]
        self.y = np.asarray(peaks["i_y"], np.int64) - coadd.xy0[1]
        self._psf_kind = coadd.psf.kind_at(peaks["i_x"], peaks["i_y"])
        self.psf_sigma = self._psf_widths()
        self.dx = np.asarray(peaks["f_x"], float) - np.asarray(peaks["i_x"])
        self.dy = np.asarray(peaks["f_y"], float) - np.asarray(peaks["i_y"])
        _, row, count = np.unique(self.footprint, return_inverse=True, return_counts=True)
        self.blended = count[row] > 1
        self._owners = pixel_owners(labels, self.x, self.y, self.footprint)
        self._owners[coadd.bad] = _BAD
        sharp = coadd.in_planes(SHARP_PIXEL)
        self._sharp = sharp if sharp.any() else None
        self.noise_scale, self.noise_correlation = self._measure_noise()
        offset = np.arange(size) - size // 2
        self._square = offset[:, None] ** 2 + offset**2
        self._noise = None
        if neighbours == "noise":
            if rng is None:
                raise TypeError("neighbours='noise' needs a generator")
            self._noise = SkyNoise(rng, self.noise_correlation)

    def __len__(self) -> int:
        return len(self.footprint)

    def _psf_widths(self) -> np.ndarray:
        """Width of the PSF at each peak [pixel]; each of the PSFs is measured once."""
        images, _ = self.coadd.psf.kinds
        used, row = np.unique(self._psf_kind, return_inverse=True)
        return np.array([psf_width(images[kind]) for kind in used])[row]

    def _measure_noise(self) -> tuple[float, float]:
        """Scatter of the sky over the variance plane's, and correlation of neighbours."""
        sky = self._owners == SKY
        if np.count_nonzero(sky) < _ENOUGH_PIXELS:
            return 1.0, self._correlation()
        pixels, variance = (
            some_pixels(plane, sky) for plane in (self.coadd.image, self.coadd.variance)
        )
        _, scatter = clipped_scatter(pixels / np.sqrt(variance))
        # An image almost without noise: the variance plane must do.
        scale = scatter if scatter > _LEAST_NOISE else 1.0
        return scale, self._correlation()

    def _correlation(self) -> float:
        """Mean correlation of the noise of pixels side by side."""
        lags = self.coadd.noise_correlation
        if lags is None:
            return 0.0
        k = len(lags) // 2
        rho = np.mean([lags[k - 1, k], lags[k, k - 1], lags[k, k + 1], lags[k + 1, k]])
        return float(np.clip(rho, 0.0, 0.5))

    def cut(self, rows: slice) -> Stamps:
        """Cut the stamps of some peaks.

        Parameters
        ----------
        rows : `slice`
            Rows of the peaks.

        Returns
        -------
        stamps : `Stamps`
        """
        mine = np.arange(len(self), dtype=np.int32)[rows]
        owners, image, variance = self._gather(rows)
        sky = owners == SKY
        usable = (
            owners > _BAD if self.neighbours == "keep" else sky | (owners == mine[:, None, None])
        )
        if self.models is not None:
            # No light is left of neighbours that have a model.
            usable |= (owners >= 0) & self._modelled[np.maximum(owners, 0)]
            self._add_own(image, rows)
        sigma = self.noise_scale * np.sqrt(_sky_variance(variance, sky, usable))
        images = image / sigma[:, None, None].astype(np.float32)
        if self._noise is None:
            images[~usable] = 0.0
        else:
            half = self.size // 2
            noise = self._noise.stamps(self.y[rows] - half, self.x[rows] - half, self.size)
            images[~usable] = noise[~usable]
        n = len(mine)
        return Stamps(
            images=images,
            usable=usable,
            sigma=sigma,
            psf=self._psf_images(rows),
            psf_sigma=self.psf_sigma[rows].astype(np.float32),
            noise_correlation=np.full(n, self.noise_correlation, np.float32),
            dx=self.dx[rows],
            dy=self.dy[rows],
            flags=self._flags(rows, owners, usable),
            masked_fraction=1.0 - usable.mean(axis=(1, 2)),
            pixel_scale=self.coadd.pixel_scale,
            nanojansky_per_count=self.coadd.nanojansky_per_count,
        )

    def _psf_images(self, rows: slice) -> np.ndarray:
        """PSF images of some peaks, (p, p) where it is the same everywhere, else (n, p, p)."""
        psf = self.coadd.psf
        return psf.middle if psf.is_constant else psf.kinds[0][self._psf_kind[rows]]

    def _add_own(self, images: np.ndarray, rows: slice) -> None:
        """Put each peak's own model back into its stamp."""
        left, top = (np.array(self.coadd.xy0) - self.size // 2).tolist()
        own = zip(images, self.identifier[rows], self.x[rows], self.y[rows], strict=True)
        for image, identifier, x, y in own:
            corner = (int(x) + left, int(y) + top)
            self.models.add(image, int(identifier), self.coadd.band, corner)

    def _gather(self, rows: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Owners, pixels and variance of stamps, (n, size, size) each."""
        index, beyond = self._pixels(rows)
        owners = np.where(beyond, _OUTSIDE, self._owners.ravel()[index])
        return owners, self._image.ravel()[index], self.coadd.variance.ravel()[index]

    def _pixels(self, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """Flat indices of stamps' pixels, and which are beyond the border, (n, size, size)."""
        ny, nx = self.coadd.shape
        offset = np.arange(self.size) - self.size // 2
        y = self.y[rows, None] + offset
        x = self.x[rows, None] + offset
        beyond = ((y < 0) | (y >= ny))[:, :, None] | ((x < 0) | (x >= nx))[:, None, :]
        index = np.clip(y, 0, ny - 1)[:, :, None] * nx + np.clip(x, 0, nx - 1)[:, None, :]
        return index, beyond

    def _holds_sharp(self, rows: slice, usable: np.ndarray) -> np.ndarray:
        """Whether usable pixels of stamps are sharp ones, `bool` (n,)."""
        if self._sharp is None:
            return np.zeros(len(usable), bool)
        index, _ = self._pixels(rows)
        return (self._sharp.ravel()[index] & usable).any(axis=(1, 2))

    def _flags(self, rows: slice, owners: np.ndarray, usable: np.ndarray) -> np.ndarray:
        footprint = self.footprint[rows]
        other = owners == ORPHAN
        owned = owners >= 0
        # -1 and below are no rows: any row will do there.
        other |= owned & (self.footprint[np.where(owned, owners, 0)] != footprint[:, None, None])
        core = self._square <= (FWHM_PER_SIGMA * self.psf_sigma[rows, None, None]) ** 2
        half = self.size // 2
        seen, whole = ((part & core).sum(axis=(1, 2)) for part in (usable, True))
        failed = ~usable[:, half, half] | (seen < self.min_core * whole)
        found = {
            "EDGE": (owners == _OUTSIDE).any(axis=(1, 2)),
            "BAD_PIXELS": (owners == _BAD).any(axis=(1, 2)),
            "NEIGHBOURS": other.any(axis=(1, 2)),
            "BLENDED": self.blended[rows],
            "FAILED": failed,
            "SHARP_PIXEL": self._holds_sharp(rows, usable),
        }
        flags = np.zeros(len(footprint), np.int32)
        for name, rows_with in found.items():
            flags |= np.where(rows_with, MORPHOLOGY.flag(name), 0).astype(np.int32)
        return flags


def cut_stamps(cutter: StampCutter, batch_size: int = 512) -> Iterator[Stamps]:
    """Cut the stamps of all peaks, in batches that bound the memory.

    Parameters
    ----------
    cutter : `StampCutter`
    batch_size : `int`, optional
        Most stamps in a batch; of those larger than 64 x 64, fewer, so that
        it has no more pixels.

    Yields
    ------
    stamps : `Stamps`
        In the order of the peaks.
    """
    step = max(min(batch_size, _BATCH_PIXELS // cutter.size**2), 1)
    for start in range(0, len(cutter), step):
        yield cutter.cut(slice(start, start + step))


def _sky_variance(variance: np.ndarray, sky: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Mean variance of the sky in each stamp; of what is usable if there is none; else 1."""
    use = np.where(sky.any(axis=(1, 2), keepdims=True), sky, usable)
    count = use.sum(axis=(1, 2))
    total = np.where(use, variance, 0.0).sum(axis=(1, 2), dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), 1.0)
