"""Recalibrate posteriors on galaxies set apart for it, and say how well they cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ..data.morphology_tables import MORPHOLOGY_TARGETS
from .posterior import NORMAL_QUANTILES, Posterior, to_physical

__all__ = ["LEVELS", "Calibration", "SeeingCalibration", "coverage", "residual_summary"]

#: Central intervals: name and the places of their ends among the quantiles.
LEVELS = {"68.27": (2, 4), "95.45": (1, 5), "99.73": (0, 6)}

#: Standard deviations beyond the outermost quantile within which all truths fall.
_OUT_OF_SIGHT = 10.0

#: Narrower 68% intervals are points.
_NO_WIDTH = 1e-6

#: Galaxies of a bin, for quantiles out to 0.135%; fewer only where there are few in all.
_PER_BIN = 400


@dataclass(frozen=True)
class Calibration:
    """Where the truth falls in posteriors, as a function of S/N or another positive number.

    A truth falls where the posterior has a quantile of the standard normal:
    at ``(truth - mean) / sigma`` of a Gaussian. Per target and bin,
    the quantiles of these places take those of the standard normal's own: a
    monotone map of the probability integral transform, known at the seven
    levels. What is skewed stays so.

    Parameters
    ----------
    log_value : `numpy.ndarray`, (bins,)
        ln of the S/N, or what else it may be, at the bins' middles, ascending.
    quantiles : `numpy.ndarray`, (bins, 3, 7)
        Of the truth's places.
    """

    log_value: np.ndarray
    quantiles: np.ndarray

    @classmethod
    def learn(
        cls, quantiles: np.ndarray, truth: np.ndarray, value: np.ndarray, bins: int = 5
    ) -> Calibration:
        """Learn it from galaxies of known truth.

        Parameters
        ----------
        quantiles : `numpy.ndarray`, (n, 3, levels)
            Of posteriors, at any odd number of levels that lie evenly
            between those of -3 and 3 standard deviations. Where B/T may be
            exactly 0 or 1, seven say too little of how probable that is.
        truth : `numpy.ndarray`, (n, 3)
            In the transformed space.
        value : `numpy.ndarray`, (n,)
            S/N as measured in the aperture, or another number.
        bins : `int`, optional
            Bins of it, of equal width in its logarithm. Those with too few
            galaxies for their quantiles are joined to the next.
        """
        residual = _places(quantiles, truth)
        log_value = _log_value(value)
        parts = _bins(log_value, bins)
        levels = ndtr(NORMAL_QUANTILES)
        return cls(
            np.array([np.median(log_value[rows]) for rows in parts]),
            np.array([np.quantile(residual[rows], levels, axis=0).T for rows in parts]),
        )

    def apply(
        self, posterior: Posterior, value: np.ndarray, quantiles: np.ndarray | None = None
    ) -> Posterior:
        """Recalibrate posteriors.

        Parameters
        ----------
        posterior : `~meas_blends.morphology.posterior.Posterior`
        value : `numpy.ndarray`, (n,)
            As `learn` took it.
        quantiles : `numpy.ndarray`, (n, 3, levels), optional
            Theirs at more levels, if `learn` took such.

        Returns
        -------
        posterior : `~meas_blends.morphology.posterior.Posterior`
            With the quantiles moved. Its mean moves as the median does, its
            standard deviations grow as the 68% intervals do; correlations
            stay.
        """
        z = self._interpolate(_log_value(value))
        old = posterior.quantiles
        new = _quantiles_at(old if quantiles is None else quantiles, z)
        before, after = old[:, :, 4] - old[:, :, 2], new[:, :, 4] - new[:, :, 2]
        # Where B/T is known to be 0 or 1 there is no width.
        known = np.minimum(before, after) < _NO_WIDTH
        stretch = np.where(known, 1.0, after / np.where(known, 1.0, before))
        covariance = posterior.covariance * stretch[:, :, None] * stretch[:, None, :]
        return Posterior(posterior.mean + new[:, :, 3] - old[:, :, 3], covariance, new)

    def _interpolate(self, log_value: np.ndarray) -> np.ndarray:
        """Quantiles at each galaxy's value, linear between the bins, (n, 3, 7)."""
        if len(self.log_value) == 1:
            return np.broadcast_to(self.quantiles[0], (len(log_value), *self.quantiles.shape[1:]))
        place = np.interp(log_value, self.log_value, np.arange(len(self.log_value)))
        low = np.minimum(place.astype(int), len(self.log_value) - 2)
        share = (place - low)[:, None, None]
        return (1 - share) * self.quantiles[low] + share * self.quantiles[low + 1]


@dataclass(frozen=True)
class SeeingCalibration:
    """Calibrations by the PSF's width, and then by S/N.

    What is right over all seeing can be too narrow in the best and too wide
    in the worst.

    Parameters
    ----------
    signal : `Calibration`
        By S/N.
    seeing : `Calibration`, optional
        By the PSF's width [pixel], made before.
    """

    signal: Calibration
    seeing: Calibration | None = None

    @classmethod
    def learn(
        cls,
        posterior: Posterior,
        truth: np.ndarray,
        signal_to_noise: np.ndarray,
        psf_sigma: np.ndarray,
        bins: int = 5,
        seeing_bins: int = 1,
    ) -> SeeingCalibration:
        """Learn it from galaxies of known truth.

        Parameters
        ----------
        posterior, truth
            As `Calibration.learn` takes them.
        signal_to_noise, psf_sigma : `numpy.ndarray`, (n,)
            As measured in the aperture, and width of the PSF [pixel].
        bins, seeing_bins : `int`, optional
            Bins of each; 1 of seeing: it makes no difference.
        """
        seeing = None
        if seeing_bins > 1:
            seeing = Calibration.learn(posterior.quantiles, truth, psf_sigma, seeing_bins)
            posterior = seeing.apply(posterior, psf_sigma)
        return cls(Calibration.learn(posterior.quantiles, truth, signal_to_noise, bins), seeing)

    def apply(
        self, posterior: Posterior, signal_to_noise: np.ndarray, psf_sigma: np.ndarray
    ) -> Posterior:
        """Recalibrate posteriors; see `Calibration.apply`."""
        if self.seeing is not None:
            posterior = self.seeing.apply(posterior, psf_sigma)
        return self.signal.apply(posterior, signal_to_noise)


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
    """Quantiles of the standard normal where values (...) fall among quantiles (..., levels).

    Linear between them, and beyond as in the last interval. A value that
    several quantiles have falls at the one next to the median.
    """
    levels, step = _levels(quantiles)
    half, out_of_sight = len(levels) // 2, _OUT_OF_SIGHT / step
    low, middle, high = (quantiles[..., i] for i in (0, half, -1))
    # From the median outwards, the first interval that ends beyond the value.
    up = values >= middle
    above = (quantiles[..., half:-1] < values[..., None]).sum(axis=-1).clip(1, half) + half - 1
    below = half - (quantiles[..., 1 : half + 1] > values[..., None]).sum(axis=-1).clip(1, half)
    place = np.where(up, above, below)
    start, end = (np.take_along_axis(quantiles, (place + i)[..., None], -1)[..., 0] for i in (0, 1))
    width = end - start
    inside = (values >= low) & (values <= high)
    flat = width <= 0
    part = (values - start) / np.where(flat, 1.0, width)
    # In a flat interval: at its inner end, or out of sight if the value is beyond.
    inner = np.where(up, 0.0, 1.0)
    outer = np.where(up, out_of_sight, 1 - out_of_sight)
    part = np.where(flat, np.where(inside, inner, outer), part)
    return levels[place] + step * part.clip(1 - out_of_sight, out_of_sight)


def _quantiles_at(quantiles: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values at quantiles ``places`` (..., m) of the standard normal; undoes `_places`."""
    levels, step = _levels(quantiles)
    low = np.floor((places - levels[0]) / step).astype(int).clip(0, len(levels) - 2)
    start, end = (np.take_along_axis(quantiles, low + i, axis=-1) for i in (0, 1))
    return start + (places - levels[low]) / step * (end - start)


def _levels(quantiles: np.ndarray) -> tuple[np.ndarray, float]:
    """Quantiles of the standard normal that quantiles (..., levels) stand for, and their step."""
    levels = np.linspace(NORMAL_QUANTILES[0], NORMAL_QUANTILES[-1], quantiles.shape[-1])
    return levels, levels[1] - levels[0]


def _bins(log_value: np.ndarray, bins: int) -> list[np.ndarray]:
    """Rows of each bin, in ascending order of their values."""
    order = np.argsort(log_value, kind="stable")
    edges = np.linspace(log_value[order[0]], log_value[order[-1]], bins + 1)[1:-1]
    least, parts, start = max(min(_PER_BIN, len(order) // bins), 1), [], 0
    for end in np.searchsorted(log_value[order], edges):
        if end - start >= least and len(order) - end >= least:
            parts.append(order[start:end])
            start = end
    return [*parts, order[start:]]


def _log_value(value: np.ndarray) -> np.ndarray:
    # An aperture on a faint galaxy may hold less than nothing.
    return np.log(np.maximum(value, 0.1))
