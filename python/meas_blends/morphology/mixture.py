"""The mixture of Gaussians that several passes or networks make (Ghosh et al. 2022, Sec. 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import ndtr

from .gaussian import split_outputs, unit_triangle
from .posterior import NORMAL_QUANTILES, Posterior

__all__ = ["GaussianMixture", "posterior_of_draws"]

#: Bounds on what the network may say of stamps unlike those that it knows:
#: standardised means and logs of D, and sigmas in the transformed space.
_MEAN_LIMIT, _LOG_LIMIT, _SIGMA_LIMIT = 10.0, 20.0, 5.0

#: Halvings of an interval that a quantile is sought in: to 1e-12 of it.
_HALVINGS = 40


@dataclass(frozen=True)
class GaussianMixture:
    """Equal parts of ``m`` Gaussians of ``t`` targets, for each of ``n`` galaxies.

    Parameters
    ----------
    mean : `numpy.ndarray`, (m, n, t)
    factor : `numpy.ndarray`, (m, n, t, k)
        Matrices A whose squares ``A A^T`` are the covariances.
    """

    mean: np.ndarray
    factor: np.ndarray

    @classmethod
    def of_outputs(
        cls, outputs: torch.Tensor, target_mean: np.ndarray, target_std: np.ndarray
    ) -> GaussianMixture:
        """Undo the scaling of the targets (Ghosh et al. 2022, Eqs. 9-11, 16).

        Parameters
        ----------
        outputs : `torch.Tensor`, (m, n, t + t + t (t - 1) / 2)
            Of ``m`` passes, or ``m`` networks.
        target_mean, target_std : `numpy.ndarray`, (t,)
        """
        rows = outputs.double().cpu().flatten(0, 1)
        mean, log_d, _ = split_outputs(rows)
        root = torch.exp(0.5 * log_d.clamp(-_LOG_LIMIT, _LOG_LIMIT))
        factor = (unit_triangle(rows) * root[:, None, :]).numpy() * target_std[:, None]
        sigma = np.sqrt(np.sum(factor**2, axis=-1, keepdims=True))
        factor *= np.minimum(1.0, _SIGMA_LIMIT / sigma)
        mean = mean.clamp(-_MEAN_LIMIT, _MEAN_LIMIT).numpy() * target_std + target_mean
        shape = outputs.shape[:2]
        return cls(mean.reshape(*shape, *mean.shape[1:]), factor.reshape(*shape, *factor.shape[1:]))

    def select(self, targets: Sequence[int]) -> GaussianMixture:
        """Leave out all other targets, and bring these into this order."""
        targets = list(targets)
        return GaussianMixture(self.mean[:, :, targets], self.factor[:, :, targets])

    def shift(self, by: np.ndarray) -> GaussianMixture:
        """Add numbers of each galaxy, (n, t), to the targets."""
        return GaussianMixture(self.mean + by, self.factor)

    def stretch(self, target: int, factor: float) -> GaussianMixture:
        """Multiply one target."""
        by = np.ones(self.mean.shape[-1])
        by[target] = factor
        return GaussianMixture(self.mean * by, self.factor * by[:, None])

    def posterior(self) -> Posterior:
        """The mixture's own mean, covariance and quantiles: the limit of many draws."""
        mean = self.mean.mean(axis=0)
        off = self.mean - mean
        between = np.einsum("mni,mnj->nij", off, off) / len(off)
        within = np.einsum("mnik,mnjk->nij", self.factor, self.factor) / len(off)
        return Posterior(mean, within + between, self._quantiles())

    def draw(self, draws: int, generators: Sequence[np.random.Generator]) -> np.ndarray:
        """Draw from each Gaussian.

        Parameters
        ----------
        draws : `int`
            From each.
        generators : sequence of `numpy.random.Generator`
            One a galaxy.

        Returns
        -------
        drawn : `numpy.ndarray`, (n, m * draws, t)
        """
        passes, n, t, k = self.factor.shape
        noise = np.stack([rng.standard_normal((passes, draws, k)) for rng in generators])
        drawn = np.einsum("mnik,nmdk->nmdi", self.factor, noise)
        drawn += self.mean.swapaxes(0, 1)[:, :, None]
        return drawn.reshape(n, passes * draws, t)

    def _quantiles(self) -> np.ndarray:
        """Quantiles of the mixture by bisection, (n, t, 7)."""
        mean = self.mean[..., None]
        sigma = np.sqrt(np.sum(self.factor**2, axis=-1))[..., None]
        # Each lies between the lowest and the highest of the Gaussians' own.
        own = mean + sigma * NORMAL_QUANTILES
        low, high = own.min(axis=0), own.max(axis=0)
        levels = ndtr(NORMAL_QUANTILES)
        for _ in range(_HALVINGS if len(mean) > 1 else 0):
            middle = 0.5 * (low + high)
            below = ndtr((middle - mean) / sigma).mean(axis=0) < levels
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return 0.5 * (low + high)


def posterior_of_draws(drawn: np.ndarray) -> Posterior:
    """Mean, covariance and quantiles of draws.

    Parameters
    ----------
    drawn : `numpy.ndarray`, (n, draws, t)
        At least two of each galaxy.
    """
    mean = drawn.mean(axis=1)
    off = drawn - mean[:, None]
    covariance = np.einsum("ndi,ndj->nij", off, off) / (drawn.shape[1] - 1)
    quantiles = np.quantile(drawn, ndtr(NORMAL_QUANTILES), axis=1)
    return Posterior(mean, covariance, np.moveaxis(quantiles, 0, 2))
