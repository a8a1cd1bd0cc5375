"""From what a classifier states to what its statements are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit, log_softmax, softmax

__all__ = ["Calibration", "CountCalibration"]

#: Shares of the footprints at which the bins of a curve end: narrow ones at
#: both ends, where probabilities are sure and a wrong one costs most.
_BIN_ENDS = expit(np.linspace(-5.0, 5.0, 29))

#: Fewest footprints to learn a curve from.
_FEWEST = 100

#: Probabilities are held this far from 0 before their logarithm is taken.
_EPSILON = 1e-6

#: Weight, in footprints, of a prior that scaling changes nothing.
_PRIOR_WEIGHT = 10.0


@dataclass(frozen=True)
class Calibration:
    """From stated probabilities to shares of blends.

    The "calibration factors" of the slides, as rising curves: one for all
    footprints, or one for those with a single local maximum and one for those
    with more. A footprint with two maxima is hardly ever one galaxy, and a
    cutout may not hold all of it.

    Parameters
    ----------
    stated, observed : `numpy.ndarray`, (n_curves, n_knots)
        Knots of each curve, from the stated probability to the observed share
        of blends: one curve, or two by the number of maxima.
    """

    stated: np.ndarray
    observed: np.ndarray

    @classmethod
    def none(cls) -> Calibration:
        """Return the calibration that changes nothing."""
        line = np.array([[0.0, 1.0]])
        return cls(line, line)

    @classmethod
    def fit(
        cls, stated: np.ndarray, n_maxima: np.ndarray, blended: np.ndarray, by_maxima: bool = True
    ) -> Calibration:
        """Learn from footprints that training has not seen.

        Parameters
        ----------
        stated : `numpy.ndarray`, (n,)
            Probabilities.
        n_maxima : `numpy.ndarray` of int, (n,)
            Local maxima of each footprint.
        blended : `numpy.ndarray` of bool, (n,)
            The truth, at its natural mixture.
        by_maxima : `bool`
            Learn a curve of its own for footprints with more than one maximum.
        """
        groups = [n_maxima <= 1, n_maxima > 1] if by_maxima else [np.ones(len(stated), bool)]
        curves = [_rising(stated[rows], blended[rows]) for rows in groups]
        longest = max(len(knots) for knots, _ in curves)
        padded = [[np.pad(part, (0, longest - len(part)), "edge") for part in c] for c in curves]
        stated, observed = np.array(padded).swapaxes(0, 1)
        return cls(stated, observed)

    def __call__(self, stated: np.ndarray, n_maxima: np.ndarray) -> np.ndarray:
        """Calibrate probabilities, (n,), given the local maxima, (n,)."""
        curves = [
            np.interp(stated, *curve) for curve in zip(self.stated, self.observed, strict=True)
        ]
        return np.where(n_maxima > 1, curves[-1], curves[0])


def _rising(stated: np.ndarray, blended: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots of the rising curve that fits best; the identity for too few footprints."""
    n = len(stated)
    if n < _FEWEST:
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    ends = np.unique(np.round(_BIN_ENDS * n).astype(int))
    bins = np.split(np.argsort(stated, kind="stable"), ends[(ends > 0) & (ends < n)])
    number = np.array([len(rows) for rows in bins])
    centre = np.array([stated[rows].mean() for rows in bins])
    # A footprint of the mean mixture more: no finite sample shows a certainty, and where blends
    # are rare half a blend in every bin would outnumber them.
    mixture = (blended.sum() + 0.5) / (n + 1)
    share = np.array([blended[rows].sum() + mixture for rows in bins]) / (number + 1)
    return centre, isotonic_regression(share, weights=number).x


@dataclass(frozen=True)
class CountCalibration:
    """Calibrates probabilities of 1, 2, 3 and 4 or more objects.

    First their logarithms are scaled and shifted, each count by its own
    numbers (vector scaling; Guo et al. 2017, ICML, 1321), then the blend
    probability goes through a `Calibration`, which leaves the proportions
    among the counts of a blend.

    Parameters
    ----------
    weight, shift : `numpy.ndarray`, (4,)
        Of the logarithm of each probability.
    blend : `Calibration`
        Of the blend probability.
    """

    weight: np.ndarray
    shift: np.ndarray
    blend: Calibration

    @classmethod
    def none(cls) -> CountCalibration:
        """Return the calibration that changes nothing."""
        return cls(np.ones(4), np.zeros(4), Calibration.none())

    @classmethod
    def fit(
        cls,
        stated: np.ndarray,
        n_maxima: np.ndarray,
        n_objects: np.ndarray,
        by_maxima: bool = True,
    ) -> CountCalibration:
        """Learn from footprints that training has not seen.

        Parameters
        ----------
        stated : `numpy.ndarray`, (n, 4)
            Probabilities of the counts.
        n_maxima : `numpy.ndarray` of int, (n,)
            Local maxima of each footprint.
        n_objects : `numpy.ndarray` of int, (n,)
            True objects of each, at least 1, at their natural mixture.
        by_maxima : `bool`
            As `Calibration.fit`.
        """
        logarithm = np.log(np.maximum(stated, _EPSILON))
        truth = np.eye(4)[np.clip(n_objects, 1, 4) - 1]

        def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            weight, shift = np.split(parameters, 2)
            scaled = weight * logarithm + shift
            change = parameters - start
            difference = softmax(scaled, axis=1) - truth
            gradient = np.concatenate(
                [(difference * logarithm).sum(axis=0), difference.sum(axis=0)]
            )
            value = -(truth * log_softmax(scaled, axis=1)).sum()
            prior = 0.5 * _PRIOR_WEIGHT * change @ change
            return value + prior, gradient + _PRIOR_WEIGHT * change

        start = np.concatenate([np.ones(4), np.zeros(4)])
        weight, shift = np.split(minimize(loss, start, jac=True, method="L-BFGS-B").x, 2)
        scaled = cls(weight, shift, Calibration.none())(stated, n_maxima)
        blend = Calibration.fit(1 - scaled[:, 0], n_maxima, n_objects > 1, by_maxima)
        return cls(weight, shift, blend)

    def __call__(self, stated: np.ndarray, n_maxima: np.ndarray) -> np.ndarray:
        """Calibrate probabilities of the counts, (n, 4), given the local maxima, (n,)."""
        logarithm = np.log(np.maximum(stated, _EPSILON))
        scaled = softmax(self.weight * logarithm + self.shift, axis=1)
        given_blended = scaled[:, 1:] / scaled[:, 1:].sum(axis=1, keepdims=True)
        blended = self.blend(1 - scaled[:, 0], n_maxima)
        return np.column_stack([1 - blended, blended[:, None] * given_blended])
