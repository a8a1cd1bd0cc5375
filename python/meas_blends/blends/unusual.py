"""Which footprints are unlike those that a classifier was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .detections import Detections

__all__ = ["Familiar", "footprint_measures"]

#: Share of the training footprints that counts as familiar.
_FAMILIAR_SHARE = 0.999

#: Added to the variances, so that few or equal footprints give no singular matrix.
_FLOOR = 1e-6


def footprint_measures(detections: Detections) -> np.ndarray:
    """Describe footprints by four numbers that hardly depend on how many objects they hold.

    Parameters
    ----------
    detections : `~meas_blends.blends.detections.Detections`
        Of n footprints.

    Returns
    -------
    measures : `numpy.ndarray`, (n, 4)
        Logarithms of the area in units of the PSF's there, the largest S/N, the
        ratio of the light's sum to the largest smoothed value (how extended),
        and the ratio of the brightest pixel to the largest smoothed value
        (how sharp: cosmic rays, other PSFs and pixel scales stand out).
    """
    filtered, pixels = detections.filtered, detections.pixels
    image = filtered.coadd.image.ravel()[pixels.flat]
    smoothed = filtered.smoothed.ravel()[pixels.flat]
    tiny = np.finfo(np.float32).tiny
    peak = np.maximum(pixels.reduce(np.maximum, smoothed), tiny)
    area = np.diff(pixels.first) / detections.psf_sigma**2
    significance = pixels.reduce(np.maximum, filtered.significance.ravel()[pixels.flat])
    extent = pixels.reduce(np.add, np.maximum(image, 0)) / peak
    sharpness = pixels.reduce(np.maximum, image) / peak
    columns = [area, significance, extent, sharpness]
    return np.log(np.maximum(np.column_stack(columns).astype(float), 1e-3))


@dataclass(frozen=True)
class Familiar:
    """What is familiar from the training: an ellipsoid that holds nearly all of it.

    Parameters
    ----------
    mean : `numpy.ndarray`, (k,)
        Of the training footprints' measures.
    whitening : `numpy.ndarray`, (k, k)
        Turns differences from it into ones of unit covariance.
    limit : `float`
        Largest familiar distance after that.
    """

    mean: np.ndarray
    whitening: np.ndarray
    limit: float

    @classmethod
    def fit(cls, measures: np.ndarray) -> Familiar:
        """Learn from the measures of training footprints, (n, k)."""
        mean = measures.mean(axis=0)
        covariance = np.cov(measures, rowvar=False) + _FLOOR * np.eye(measures.shape[1])
        whitening = np.linalg.cholesky(np.linalg.inv(covariance))
        distance = np.linalg.norm((measures - mean) @ whitening, axis=1)
        return cls(mean, whitening, float(np.quantile(distance, _FAMILIAR_SHARE)))

    def is_unusual(self, measures: np.ndarray) -> np.ndarray:
        """Whether footprints lie beyond the limit, `bool` (n,)."""
        return np.linalg.norm((measures - self.mean) @ self.whitening, axis=1) > self.limit
