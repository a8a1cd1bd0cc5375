"""Posteriors of (B/T, radius, flux): Gaussians in a transformed space, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from ..data.morphology_tables import MORPHOLOGY_TARGETS, QUANTILES

__all__ = ["BULGE_LIMIT", "NORMAL_QUANTILES", "Posterior", "to_physical", "to_transformed"]

#: B/T is clipped this far from 0 and 1 before its logit is taken.
BULGE_LIMIT = 0.01

#: Quantiles of the standard normal at the percentages of `QUANTILES`, which
#: are those of whole sigmas.
NORMAL_QUANTILES = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])

#: Nodes and weights for integrals over a Gaussian of unit width.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(48)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def to_transformed(physical: np.ndarray) -> np.ndarray:
    """Turn (B/T, radius, flux) into (logit B/T, ln radius, ln flux).

    Ghosh et al. (2022), Eq. 15.

    Parameters
    ----------
    physical : array-like, (..., 3)
        B/T from 0 to 1, clipped to `BULGE_LIMIT`; radius and flux positive.

    Returns
    -------
    transformed : `numpy.ndarray`, (..., 3)
    """
    physical = np.asarray(physical, float)
    share = np.clip(physical[..., 0], BULGE_LIMIT, 1 - BULGE_LIMIT)
    return np.stack([logit(share), np.log(physical[..., 1]), np.log(physical[..., 2])], axis=-1)


def to_physical(transformed: np.ndarray) -> np.ndarray:
    """Undo `to_transformed`, up to its clipping.

    Parameters
    ----------
    transformed : array-like, (..., 3)

    Returns
    -------
    physical : `numpy.ndarray`, (..., 3)
    """
    t = np.asarray(transformed, float)
    return np.stack([expit(t[..., 0]), np.exp(t[..., 1]), np.exp(t[..., 2])], axis=-1)


@dataclass(frozen=True)
class Posterior:
    """Posteriors of ``n`` galaxies in the transformed space.

    Parameters
    ----------
    mean : `numpy.ndarray`, (n, 3)
        Of logit B/T, ln radius, ln flux.
    covariance : `numpy.ndarray`, (n, 3, 3)
    quantiles : `numpy.ndarray`, (n, 3, 7)
        At the percentages of `~meas_blends.data.morphology_tables.QUANTILES`. Those of
        the Gaussian, unless a calibration has moved them.
    """

    mean: np.ndarray
    covariance: np.ndarray
    quantiles: np.ndarray

    @classmethod
    def gaussian(cls, mean: np.ndarray, covariance: np.ndarray) -> Posterior:
        """Posterior whose quantiles are its Gaussian's."""
        sigma = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
        quantiles = mean[:, :, None] + sigma[:, :, None] * NORMAL_QUANTILES
        return cls(mean, covariance, quantiles)

    @classmethod
    def concatenate(cls, parts: list[Posterior]) -> Posterior:
        """Join batches, at least one."""
        return cls(
            np.concatenate([p.mean for p in parts]),
            np.concatenate([p.covariance for p in parts]),
            np.concatenate([p.quantiles for p in parts]),
        )

    def replaced(self, rows: np.ndarray, part: Posterior) -> Posterior:
        """Return it with some galaxies replaced."""
        mean, covariance, quantiles = (
            getattr(self, name).copy() for name in ("mean", "covariance", "quantiles")
        )
        mean[rows], covariance[rows], quantiles[rows] = part.mean, part.covariance, part.quantiles
        return Posterior(mean, covariance, quantiles)

    def select(self, rows: np.ndarray | slice) -> Posterior:
        """Return those of some galaxies."""
        return Posterior(self.mean[rows], self.covariance[rows], self.quantiles[rows])

    @property
    def sigma(self) -> np.ndarray:
        """Standard deviations in the transformed space, (n, 3)."""
        return np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2))

    def shifted(self, shift: np.ndarray) -> Posterior:
        """Change the units of radius and flux.

        Parameters
        ----------
        shift : `numpy.ndarray`, (n, 3)
            Logs of the factors, 0 for B/T; NaN where a unit is unknown.
        """
        return Posterior(
            self.mean + shift, self.covariance, self.quantiles + np.asarray(shift)[:, :, None]
        )

    def physical_quantiles(self) -> np.ndarray:
        """Quantiles of B/T, radius and flux, (n, 3, 7).

        Exact, for the transforms are monotone.
        """
        return np.swapaxes(to_physical(np.swapaxes(self.quantiles, 1, 2)), 1, 2)

    def physical_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of B/T, radius and flux.

        Log-normal in closed form; logit-normal by Gauss-Hermite quadrature.

        Returns
        -------
        mean, std : `numpy.ndarray`, (n, 3)
        """
        sigma = self.sigma
        mean, std = np.empty_like(self.mean), np.empty_like(self.mean)
        share = expit(self.mean[:, :1] + sigma[:, :1] * _NODES)
        mean[:, 0] = share @ _WEIGHTS
        std[:, 0] = np.sqrt(((share - mean[:, :1]) ** 2) @ _WEIGHTS)
        variance = sigma[:, 1:] ** 2
        mean[:, 1:] = np.exp(self.mean[:, 1:] + 0.5 * variance)
        std[:, 1:] = mean[:, 1:] * np.sqrt(np.expm1(variance))
        return mean, std

    def columns(self) -> dict[str, np.ndarray]:
        """Columns of `~meas_blends.data.morphology_tables.MORPHOLOGY` that hold the posterior.

        In the units that the posterior is in: arcsec and nJy once `shifted`
        to them.
        """
        mean, std = self.physical_moments()
        quantiles = self.physical_quantiles()
        columns = {}
        for i, (stem, _, _) in enumerate(MORPHOLOGY_TARGETS):
            columns[f"{stem}_mean"] = mean[:, i]
            columns[f"{stem}_std"] = std[:, i]
            for j, suffix in enumerate(QUANTILES):
                columns[f"{stem}_{suffix}"] = quantiles[:, i, j]
            for j in range(i + 1):
                columns[f"cov_{i}{j}"] = self.covariance[:, i, j]
        return columns
