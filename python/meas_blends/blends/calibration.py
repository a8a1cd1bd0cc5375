"""What the Gaussian process's own probabilities are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression

__all__ = ["Calibration"]

#: Knots of each curve; each is the mean of a bin of as many footprints as any other.
_KNOTS = 25


@dataclass(frozen=True)
class Calibration:
    """From stated probabilities to shares of blends, by the number of maxima.

    A footprint with two local maxima is hardly ever a single galaxy, and a
    cutout may not hold all of it, so footprints with one maximum and with
    more have a curve each.

    Parameters
    ----------
    stated, observed : `numpy.ndarray`, (2, n_knots)
        Knots of the rising curves from the stated probability to the
        observed share of blends: for one local maximum, for more.
    threshold : `float`
        Calibrated probability above which to call a footprint blended for the
        best balanced accuracy: the share of blends among all footprints.
    """

    stated: np.ndarray
    observed: np.ndarray
    threshold: float

    @classmethod
    def none(cls) -> Calibration:
        """Return the calibration that changes nothing."""
        line = np.array([[0.0, 1.0]] * 2)
        return cls(line, line, 0.5)

    @classmethod
    def fit(cls, stated: np.ndarray, n_maxima: np.ndarray, blended: np.ndarray) -> Calibration:
        """Learn from footprints that training has not seen.

        Parameters
        ----------
        stated : `numpy.ndarray`, (n,)
            Probabilities.
        n_maxima : `numpy.ndarray` of int, (n,)
            Local maxima of each footprint.
        blended : `numpy.ndarray` of bool, (n,)
            The truth, at its natural mixture.
        """
        curves = [_rising(stated[rows], blended[rows]) for rows in (n_maxima <= 1, n_maxima > 1)]
        knots, shares = zip(*curves, strict=True)
        return cls(np.array(knots), np.array(shares), float(blended.mean()))

    def __call__(self, stated: np.ndarray, n_maxima: np.ndarray) -> np.ndarray:
        """Calibrate probabilities, (n,), given the local maxima, (n,)."""
        one, more = (
            np.interp(stated, *curve) for curve in zip(self.stated, self.observed, strict=True)
        )
        return np.where(n_maxima > 1, more, one)


def _rising(stated: np.ndarray, blended: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots of the rising curve that fits best; the identity for too few footprints."""
    if len(stated) < _KNOTS:
        return np.linspace(0, 1, _KNOTS), np.linspace(0, 1, _KNOTS)
    bins = np.array_split(np.argsort(stated, kind="stable"), _KNOTS)
    centre = np.array([stated[rows].mean() for rows in bins])
    share = np.array([blended[rows].mean() for rows in bins])
    fit = IsotonicRegression(y_min=0, y_max=1).fit(centre, share)
    return centre, fit.predict(centre)
