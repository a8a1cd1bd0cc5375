"""Principal components of normalised cutouts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Components"]


@dataclass(frozen=True)
class Components:
    """A projection on principal components ("PCA components" of the slides).

    Parameters
    ----------
    mean : `numpy.ndarray` of float32, (n_values,)
        Of the training vectors.
    axes : `numpy.ndarray` of float32, (n_features, n_values)
        Principal axes, of unit length.
    """

    mean: np.ndarray
    axes: np.ndarray

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Project vectors, (n, n_values) -> float64 (n, n_features)."""
        return (vectors - self.mean).astype(float) @ self.axes.T.astype(float)
