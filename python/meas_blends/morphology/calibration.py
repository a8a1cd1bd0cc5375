"""Recalibrate posteriors on galaxies set apart for it, and say how well they cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ..data.morphology_tables import MORPHOLOGY_TARGETS
from .posterior import NORMAL_QUANTILES, Posterior, to_physical

__all__ = ["LEVELS", "Calibration", "WholeCalibration", "coverage", "residual_summary"]

#: Central intervals: name and the places of their ends among the quantiles.
LEVELS = {"68.27": (2, 4), "95.45": (1, 5), "99.73": (0, 6)}

#: Intervals beyond the outermost quantile within which all truths fall.
_OUT_OF_SIGHT = 10.0

#: Narrower 68% intervals are points.
_NO_WIDTH = 1e-6

#: Galaxies of a bin, for quantiles out to 0.135%; fewer only where there are few in all.
_PER_BIN = 400


@dataclass(frozen=True)
class Calibration:
    """Where the truth falls in posteriors, as a function of S/N.

    A truth falls where the posterior has a quantile of the standard normal:
    at ``(truth - mean) / sigma`` of a Gaussian. Per target and bin of S/N,
    the quantiles of these places take those of the standard normal's own: a
    monotone map of the probability integral transform, known at the seven
    levels. What is skewed stays so.

    Parameters
    ----------
    log_signal : `numpy.ndarray`, (bins,)
        ln S/N at the bins' middles, ascending.
    quantiles : `numpy.ndarray`, (bins, 3, 7)
        Of the truth's places.
    """

    log_signal: np.ndarray
    quantiles: np.ndarray

    @classmethod
    def learn(
        cls, posterior: Posterior, truth: np.ndarray, signal_to_noise: np.ndarray, bins: int = 5
    ) -> Calibration:
        """Learn it from galaxies of known truth.

        Parameters
        ----------
        posterior : `~meas_blends.morphology.posterior.Posterior`
            Of ``n`` galaxies.
        truth : `numpy.ndarray`, (n, 3)
            In the transformed space.
        signal_to_noise : `numpy.ndarray`, (n,)
            As measured in the aperture.
        bins : `int`, optional
            Bins of S/N, of equal width in its logarithm. Those with too few
            galaxies for their quantiles are joined to the next.
        """
        residual = _places(posterior.quantiles, truth)
        log_signal = _log_signal(signal_to_noise)
        parts = _bins(log_signal, bins)
        levels = ndtr(NORMAL_QUANTILES)
        return cls(
            np.array([np.median(log_signal[rows]) for rows in parts]),
            np.array([np.quantile(residual[rows], levels, axis=0).T for rows in parts]),
        )

    def apply(self, posterior: Posterior, signal_to_noise: np.ndarray) -> Posterior:
        """Recalibrate posteriors.

        Parameters
        ----------
        posterior : `~meas_blends.morphology.posterior.Posterior`
        signal_to_noise : `numpy.ndarray`, (n,)
            As measured in the aperture.

        Returns
        -------
        posterior : `~meas_blends.morphology.posterior.Posterior`
            With the quantiles moved. Its mean moves as the median does, its
            standard deviations grow as the 68% intervals do; correlations
            stay.
        """
        z = self._interpolate(_log_signal(signal_to_noise))
        old = posterior.quantiles
        new = _quantiles_at(old, z)
        before, after = old[:, :, 4] - old[:, :, 2], new[:, :, 4] - new[:, :, 2]
        # Where B/T is known to be 0 or 1 there is no width.
        known = np.minimum(before, after) < _NO_WIDTH
        stretch = np.where(known, 1.0, after / np.where(known, 1.0, before))
        covariance = posterior.covariance * stretch[:, :, None] * stretch[:, None, :]
        return Posterior(posterior.mean + new[:, :, 3] - old[:, :, 3], covariance, new)

    def _interpolate(self, log_signal: np.ndarray) -> np.ndarray:
        """Quantiles at each galaxy's S/N, linear between the bins, (n, 3, 7)."""
        if len(self.log_signal) == 1:
            return np.broadcast_to(self.quantiles[0], (len(log_signal), *self.quantiles.shape[1:]))
        place = np.interp(log_signal, self.log_signal, np.arange(len(self.log_signal)))
        low = np.minimum(place.astype(int), len(self.log_signal) - 2)
        share = (place - low)[:, None, None]
        return (1 - share) * self.quantiles[low] + share * self.quantiles[low + 1]


@dataclass(frozen=True)
class WholeCalibration:
    """Calibrations of stamps that are whole, and of those that lack pixels.

    Pixels are left out for a neighbour, whose light goes on beyond them. A
    network has learned what it does; a fit of one galaxy takes it for its own.

    Parameters
    ----------
    whole, lacking : `Calibration`
    """

    whole: Calibration
    lacking: Calibration

    def apply(
        self, posterior: Posterior, signal_to_noise: np.ndarray, whole: np.ndarray
    ) -> Posterior:
        """See `Calibration.apply`; ``whole``, `bool` (n,), says which stamps are."""
        found = Posterior(
            posterior.mean.copy(), posterior.covariance.copy(), posterior.quantiles.copy()
        )
        for calibration, rows in ((self.whole, whole), (self.lacking, ~whole)):
            part = calibration.apply(posterior.select(rows), signal_to_noise[rows])
            found.mean[rows], found.covariance[rows] = part.mean, part.covariance
            found.quantiles[rows] = part.quantiles
        return found


def coverage(posterior: Posterior, truth: np.ndarray) -> dict[str, dict[str, float]]:
    """Share of truths inside the central intervals.

    Parameters
    ----------
    posterior : `~meas_blends.morphology.posterior.Posterior`
    truth : `numpy.ndarray`, (n, 3)
        In the transformed space.

    Returns
    -------
    shares : `dict`
        Per cent, by target and by `LEVELS`.
    """
    shares = {}
    for i, (stem, _, _) in enumerate(MORPHOLOGY_TARGETS):
        q, t = posterior.quantiles[:, i], truth[:, i]
        shares[stem] = {
            name: round(100 * float(np.mean((q[:, low] <= t) & (t <= q[:, high]))), 2)
            for name, (low, high) in LEVELS.items()
        }
    return shares


def residual_summary(posterior: Posterior, truth: np.ndarray) -> dict[str, dict[str, float]]:
    """Bias and robust scatter of the posterior medians.

    Parameters
    ----------
    posterior, truth
        As for `coverage`.

    Returns
    -------
    summary : `dict`
        By target: ``bias`` (median) and ``scatter`` (1.4826 times the median
        absolute deviation from it) of B/T itself, and of the relative errors
        of radius and flux.
    """
    median, true = to_physical(posterior.quantiles[:, :, 3]), to_physical(truth)
    residual = median - true
    residual[:, 1:] /= true[:, 1:]
    bias = np.median(residual, axis=0)
    scatter = 1.4826 * np.median(np.abs(residual - bias), axis=0)
    return {
        stem: {"bias": round(float(bias[i]), 5), "scatter": round(float(scatter[i]), 5)}
        for i, (stem, _, _) in enumerate(MORPHOLOGY_TARGETS)
    }


def _places(quantiles: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Quantiles of the standard normal where values (...) fall among quantiles (..., 7).

    Linear between them, and beyond as in the last interval. A value that
    several quantiles have falls at the one next to the median.
    """
    low, middle, high = (quantiles[..., i] for i in (0, 3, 6))
    # From the median outwards, the first interval that ends beyond the value.
    up = values >= middle
    above = (quantiles[..., 3:6] < values[..., None]).sum(axis=-1).clip(1, 3) + 2
    below = 3 - (quantiles[..., 1:4] > values[..., None]).sum(axis=-1).clip(1, 3)
    place = np.where(up, above, below)
    start, end = (np.take_along_axis(quantiles, (place + i)[..., None], -1)[..., 0] for i in (0, 1))
    width = end - start
    inside = (values >= low) & (values <= high)
    flat = width <= 0
    part = (values - start) / np.where(flat, 1.0, width)
    # In a flat interval: at its inner end, or out of sight if the value is beyond.
    inner = np.where(up, 0.0, 1.0)
    outer = np.where(up, _OUT_OF_SIGHT, 1 - _OUT_OF_SIGHT)
    part = np.where(flat, np.where(inside, inner, outer), part)
    return NORMAL_QUANTILES[place] + part.clip(1 - _OUT_OF_SIGHT, _OUT_OF_SIGHT)


def _quantiles_at(quantiles: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values at quantiles ``places`` (..., m) of the standard normal; undoes `_places`."""
    low = np.floor(places - NORMAL_QUANTILES[0]).astype(int).clip(0, len(NORMAL_QUANTILES) - 2)
    start, end = (np.take_along_axis(quantiles, low + i, axis=-1) for i in (0, 1))
    return start + (places - NORMAL_QUANTILES[low]) * (end - start)


def _bins(log_signal: np.ndarray, bins: int) -> list[np.ndarray]:
    """Rows of each bin, in ascending S/N."""
    order = np.argsort(log_signal, kind="stable")
    edges = np.linspace(log_signal[order[0]], log_signal[order[-1]], bins + 1)[1:-1]
    least, parts, start = min(_PER_BIN, len(order) // bins), [], 0
    for end in np.searchsorted(log_signal[order], edges):
        if end - start >= least and len(order) - end >= least:
            parts.append(order[start:end])
            start = end
    return [*parts, order[start:]]


def _log_signal(signal_to_noise: np.ndarray) -> np.ndarray:
    # An aperture on a faint galaxy may hold less than nothing.
    return np.log(np.maximum(signal_to_noise, 0.1))
