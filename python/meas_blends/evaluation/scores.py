"""Scores of class labels and of probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "Reliability",
    "accuracies",
    "balanced_accuracy",
    "calibration_error",
    "cross_entropy",
    "reliability",
]

#: Probabilities are held this far from 0 and 1, so that one sure mistake costs a finite amount.
_EPSILON = 1e-7


def accuracies(truth: np.ndarray, called: np.ndarray) -> tuple[float, float]:
    """Share of each class that is called right.

    Parameters
    ----------
    truth, called : `numpy.ndarray` of bool, (n,)
        Blended or not.

    Returns
    -------
    unblended, blended : `float`
        NaN for a class that does not occur.
    """
    truth, called = np.asarray(truth, bool), np.asarray(called, bool)
    right = truth == called
    return tuple(
        float(right[truth == flag].mean()) if (truth == flag).any() else float("nan")
        for flag in (False, True)
    )


def balanced_accuracy(truth: np.ndarray, called: np.ndarray) -> float:
    """Mean of the two accuracies."""
    return float(np.mean(accuracies(truth, called)))


def cross_entropy(truth: np.ndarray, probability: np.ndarray) -> float:
    """Mean of -ln P(truth) [nat]; probabilities are clipped at 1e-7."""
    p = np.clip(np.asarray(probability, float), _EPSILON, 1 - _EPSILON)
    return float(-np.mean(np.where(truth, np.log(p), np.log1p(-p))))


@dataclass(frozen=True)
class Reliability:
    """Stated against observed frequencies, in bins of the stated probability.

    Parameters
    ----------
    edges : `numpy.ndarray`, (n_bins + 1,)
    number : `numpy.ndarray` of int, (n_bins,)
    stated : `numpy.ndarray`, (n_bins,)
        Mean probability; NaN in an empty bin.
    observed : `numpy.ndarray`, (n_bins,)
        Share of true cases; NaN in an empty bin.
    """

    edges: np.ndarray
    number: np.ndarray
    stated: np.ndarray
    observed: np.ndarray

    @property
    def observed_error(self) -> np.ndarray:
        """Binomial standard error of ``observed``, (n_bins,)."""
        return np.sqrt(self.observed * (1 - self.observed) / np.maximum(self.number, 1))


def reliability(truth: np.ndarray, probability: np.ndarray, n_bins: int = 10) -> Reliability:
    """Bin probabilities evenly between 0 and 1 and compare them with the truth."""
    truth, probability = np.asarray(truth, float), np.asarray(probability, float)
    edges = np.linspace(0, 1, n_bins + 1)
    which = np.clip(np.digitize(probability, edges) - 1, 0, n_bins - 1)
    number = np.bincount(which, minlength=n_bins)
    divisor = np.where(number > 0, number, np.nan)
    stated = np.bincount(which, probability, n_bins) / divisor
    observed = np.bincount(which, truth, n_bins) / divisor
    return Reliability(edges, number, stated, observed)


def calibration_error(result: Reliability) -> float:
    """Expected calibration error: mean |stated - observed|, weighted by number."""
    return float(
        np.nansum(np.abs(result.stated - result.observed) * result.number) / result.number.sum()
    )
