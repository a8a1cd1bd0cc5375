"""Recalibrate posteriors on galaxies set apart for it, and say how well they cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ..data.morphology_tables import MORPHOLOGY_TARGETS
from .posterior import NORMAL_QUANTILES, Posterior, to_physical

__all__ = ["LEVELS", "Calibration", "coverage", "residual_summary"]

#: Central intervals: name and the places of their ends among the quantiles.
LEVELS = {"68.27": (2, 4), "95.45": (1, 5), "99.73": (0, 6)}


@dataclass(frozen=True)
class Calibration:
    """Where the truth falls in the network's Gaussians, as a function of S/N.

    Per target and bin of S/N, the quantiles of ``(truth - mean) / sigma``
    take the place of those of the standard normal: a monotone map of the
    probability integral transform, known at the seven levels.

    Parameters
    ----------
    log_signal : `numpy.ndarray`, (bins,)
        ln S/N at the bins' middles, ascending.
    quantiles : `numpy.ndarray`, (bins, 3, 7)
        Of the standardised residual.
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
            The network's, of ``n`` galaxies.
        truth : `numpy.ndarray`, (n, 3)
            In the transformed space.
        signal_to_noise : `numpy.ndarray`, (n,)
            As measured in the aperture.
        bins : `int`, optional
            Bins of S/N, each with as many galaxies.
        """
        residual = (truth - posterior.mean) / posterior.sigma
        log_signal = _log_signal(signal_to_noise)
        parts = np.array_split(np.argsort(log_signal, kind="stable"), bins)
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
            With the quantiles moved. Its mean is the new median and its
            standard deviations are half the new 68% intervals; correlations
            stay.
        """
        z = self._interpolate(_log_signal(signal_to_noise))
        quantiles = posterior.mean[:, :, None] + posterior.sigma[:, :, None] * z
        stretch = 0.5 * (z[:, :, 4] - z[:, :, 2])
        covariance = posterior.covariance * stretch[:, :, None] * stretch[:, None, :]
        return Posterior(quantiles[:, :, 3].copy(), covariance, quantiles)

    def _interpolate(self, log_signal: np.ndarray) -> np.ndarray:
        """Quantiles at each galaxy's S/N, linear between the bins, (n, 3, 7)."""
        if len(self.log_signal) == 1:
            return np.broadcast_to(self.quantiles[0], (len(log_signal), *self.quantiles.shape[1:]))
        place = np.interp(log_signal, self.log_signal, np.arange(len(self.log_signal)))
        low = np.minimum(place.astype(int), len(self.log_signal) - 2)
        share = (place - low)[:, None, None]
        return (1 - share) * self.quantiles[low] + share * self.quantiles[low + 1]


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


def _log_signal(signal_to_noise: np.ndarray) -> np.ndarray:
    # An aperture on a faint galaxy may hold less than nothing.
    return np.log(np.maximum(signal_to_noise, 0.1))
