"""Features of footprints that need no network."""

from __future__ import annotations

import numpy as np

from ..detections import Detections

__all__ = ["FEATURES", "footprint_features"]

#: What the columns are.
FEATURES = ("ln(area / 100 pixels)", "asinh(largest S/N) - 2", "ln(maxima)", "several maxima")


def footprint_features(detections: Detections) -> np.ndarray:
    """Size, brightness and local maxima of footprints.

    Parameters
    ----------
    detections : `~meas_blends.blends.detections.Detections`
        Of n footprints.

    Returns
    -------
    features : `numpy.ndarray` of float32, (n, len(FEATURES))
        All of order one.
    """
    pixels = detections.pixels
    area = np.diff(pixels.first)
    significance = detections.filtered.significance.ravel()[pixels.flat]
    brightest = pixels.reduce(np.maximum, significance)
    maxima = detections.n_maxima
    columns = [np.log(area / 100.0), np.arcsinh(brightest) - 2.0, np.log(maxima), maxima > 1]
    return np.stack(columns, axis=1).astype(np.float32)
