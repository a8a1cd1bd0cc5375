"""Measure galaxies of known truth: what a trained network is calibrated and tested on."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .calibration import coverage, residual_summary
from .compact import CompactEstimator
from .posterior import Posterior, to_transformed
from .simulate import StampSimulator

__all__ = ["SIGNAL_BINS", "Measured", "measure_drawn", "summarise"]

#: Edges of the bins of true S/N in which the test set is reported.
SIGNAL_BINS = (5.0, 20.0, 50.0, 200.0, 1500.0, 1e4, 3e4, 1e5, 1e6)

#: Fewer galaxies say nothing about coverage.
_LEAST = 100

#: Pixels of the galaxies drawn at once: 512 of 64 x 64.
_BATCH_PIXELS = 512 * 64**2


@dataclass(frozen=True)
class Measured:
    """Measured galaxies of known truth.

    Parameters
    ----------
    posterior : `~meas_blends.morphology.posterior.Posterior`
        Of ``n`` galaxies; radius in pixels, flux in background sigma.
    truth : `numpy.ndarray`, (n, 3)
        In the transformed space.
    aperture, signal_to_noise : `numpy.ndarray`, (n,)
        S/N as measured in the apertures, and the true one.
    psf_sigma : `numpy.ndarray`, (n,)
        Width of the PSF, as the stamps tell it [pixel].
    """

    posterior: Posterior
    truth: np.ndarray
    aperture: np.ndarray
    signal_to_noise: np.ndarray
    psf_sigma: np.ndarray

    @classmethod
    def concatenate(cls, parts: Sequence[Measured]) -> Measured:
        """Join batches, at least one."""
        columns = ("truth", "aperture", "signal_to_noise", "psf_sigma")
        return cls(
            Posterior.concatenate([part.posterior for part in parts]),
            *(np.concatenate([getattr(part, name) for part in parts]) for name in columns),
        )

    def replaced(self, posterior: Posterior) -> Measured:
        """Return the same galaxies with other posteriors."""
        return dataclasses.replace(self, posterior=posterior)

    def select(self, rows: np.ndarray) -> Measured:
        """Return some of the galaxies."""
        columns = ("truth", "aperture", "signal_to_noise", "psf_sigma")
        return Measured(
            self.posterior.select(rows), *(getattr(self, name)[rows] for name in columns)
        )


def measure_drawn(
    estimator: CompactEstimator, simulator: StampSimulator, rng: np.random.Generator, n: int
) -> Measured:
    """Draw galaxies and measure them.

    Parameters
    ----------
    estimator : `~meas_blends.morphology.compact.CompactEstimator`
    simulator : `~meas_blends.morphology.simulate.StampSimulator`
        Of stamps of the estimator's size.
    rng : `numpy.random.Generator`
    n : `int`
        How many, at least one.

    Returns
    -------
    measured : `Measured`
    """
    posteriors, truth, aperture, signal, width = [], [], [], [], []
    batch = max(_BATCH_PIXELS // simulator.size**2, 1)
    for start in range(0, n, batch):
        stamps = simulator.draw(rng, min(batch, n - start))
        prediction = estimator.predict(stamps)
        posteriors.append(prediction.posterior)
        aperture.append(prediction.signal_to_noise)
        truth.append(to_transformed(stamps.truth))
        signal.append(stamps.signal_to_noise)
        width.append(stamps.psf_sigma.cpu().numpy())
    return Measured(
        Posterior.concatenate(posteriors),
        *(np.concatenate(parts) for parts in (truth, aperture, signal, width)),
    )


def summarise(measured: Measured) -> dict[str, Any]:
    """Residuals and coverage, overall and in the bins of true S/N, as plain numbers."""
    posterior, truth, signal = measured.posterior, measured.truth, measured.signal_to_noise
    report = {"overall": _report(posterior, truth)}
    for low, high in itertools.pairwise(SIGNAL_BINS):
        rows = (signal >= low) & (signal < high)
        if np.count_nonzero(rows) >= _LEAST:
            part = Posterior(
                posterior.mean[rows], posterior.covariance[rows], posterior.quantiles[rows]
            )
            report[f"S/N {low:g}-{high:g}"] = _report(part, truth[rows])
    return report


def _report(posterior: Posterior, truth: np.ndarray) -> dict[str, Any]:
    return {
        "n_galaxies": len(truth),
        "residuals": residual_summary(posterior, truth),
        "coverage": coverage(posterior, truth),
    }
