"""What footprints were seen under, and what of that a classifier has learned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..detection.matched_filter import FilteredCoadd

__all__ = ["CONDITIONS", "LearnedConditions", "conditions_at"]

#: The conditions, in the order of their columns, and what to call them in a sentence.
CONDITIONS = {
    "psf_sigma": "the width of its PSF",
    "psf_wings": "the wings of its PSF",
    "correlation": "the correlation of its pixels' noise",
    "confusion": "its confusion by unseen galaxies",
}


def conditions_at(filtered: FilteredCoadd, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Say what positions of an image are seen under.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
    x, y : array-like, (n,)
        Parent pixels.

    Returns
    -------
    conditions : `numpy.ndarray`, (n, 4)
        Columns as in `CONDITIONS`, all positive: the adaptive-moments width of
        the PSF [pixel]; its noise-equivalent area over that of a Gaussian of
        this width; and the two parts of the noise of point sources, see
        `~meas_blends.detection.matched_filter.FilteredCoadd`.
    """
    sigma = filtered.width_at(x, y)
    wings = filtered.noise_area_at(x, y) / (4.0 * np.pi * sigma**2)
    noise = (np.full(len(sigma), value) for value in (filtered.correlation, filtered.confusion))
    return np.stack([sigma, wings, *noise], axis=1)


@dataclass(frozen=True)
class LearnedConditions:
    """Ranges of the conditions that a classifier was trained under, or was found to hold under.

    Parameters
    ----------
    low, high : `numpy.ndarray`, (4,)
        Least and largest value of each of `CONDITIONS`.
    """

    low: np.ndarray
    high: np.ndarray

    @classmethod
    def any(cls) -> LearnedConditions:
        """Those of a classifier of which nothing is known."""
        return cls(np.zeros(len(CONDITIONS)), np.full(len(CONDITIONS), np.inf))

    @classmethod
    def of(cls, conditions: Iterable[np.ndarray]) -> LearnedConditions:
        """Those of the training's footprints, (n, 4) for each of its scenes."""
        all_of_them = np.concatenate(list(conditions))
        return cls(all_of_them.min(axis=0), all_of_them.max(axis=0))

    @classmethod
    def from_meta(cls, meta: Mapping[str, Sequence[float]]) -> LearnedConditions:
        """Read them from the facts of a model package.

        Raises
        ------
        KeyError
            If one is missing.
        """
        low, high = np.array([meta[name] for name in CONDITIONS], float).T
        return cls(low, high)

    def to_meta(self) -> dict[str, list[float]]:
        """Facts for a model package."""
        ends = zip(CONDITIONS, self.low.tolist(), self.high.tolist(), strict=True)
        return {name: [low, high] for name, low, high in ends}

    def outside(self, conditions: np.ndarray, tolerance: float) -> np.ndarray:
        """Which conditions lie further outside the training's than a relative tolerance, (n, 4)."""
        too_low = conditions < self.low * (1.0 - tolerance)
        return too_low | (conditions > self.high * (1.0 + tolerance))
