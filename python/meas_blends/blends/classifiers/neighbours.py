"""Gaussian-process regression from nearest neighbours, for many queries at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree

__all__ = ["NeighbourProcess", "matern", "solve"]

#: Queries whose kernel matrices are held in memory together.
_BATCH = 4096


def matern(distance: torch.Tensor) -> torch.Tensor:
    """Matern kernel of smoothness 3/2 and unit length scale.

    Parameters
    ----------
    distance : `torch.Tensor`
    """
    scaled = 3.0**0.5 * distance
    return (1.0 + scaled) * torch.exp(-scaled)


def solve(
    query: torch.Tensor, near: torch.Tensor, values: torch.Tensor, noise: torch.Tensor | float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Posterior of each query from its own neighbours.

    The equations of the slides' "More math", restricted to the neighbours
    (MuyGPs; Muyskens et al. 2021, arXiv:2104.14581). Mean and variance share
    one Cholesky decomposition, batched over queries, and all outputs share
    the kernel.

    Parameters
    ----------
    query : `torch.Tensor`, (n, d)
        Coordinates, in length scales.
    near : `torch.Tensor`, (n, k, d)
        Those of the neighbours.
    values : `torch.Tensor`, (n, k, n_outputs)
        Targets of the neighbours, less the prior mean.
    noise : `torch.Tensor` or `float`
        Variance of the targets' noise, in units of the prior's.

    Returns
    -------
    mean : `torch.Tensor`, (n, n_outputs)
        Less the prior mean.
    variance : `torch.Tensor`, (n,)
        In units of the prior's: 1 where no neighbour is close.
    """
    # Squares from products are quicker than differences of all pairs.
    squares = near.square().sum(2)
    gram = squares[:, :, None] + squares[:, None, :] - 2.0 * near @ near.transpose(1, 2)
    kernel = matern(gram.clamp(min=1e-12).sqrt())
    kernel = kernel + noise * torch.eye(near.shape[1], dtype=kernel.dtype)
    across = matern((near - query[:, None]).square().sum(2).clamp(min=1e-12).sqrt())
    factor = torch.linalg.cholesky(kernel)
    joined = torch.cat([across[:, :, None], values], 2)
    half = torch.linalg.solve_triangular(factor, joined, upper=False)
    mean = (half[:, :, :1] * half[:, :, 1:]).sum(1)
    return mean, (1.0 - half[:, :, 0].square().sum(1)).clamp(min=0.0)


@dataclass
class NeighbourProcess:
    """A Gaussian process on stored examples.

    Parameters
    ----------
    points : `numpy.ndarray` of float32, (n_examples, d)
        Coordinates of the examples, in length scales.
    values : `numpy.ndarray` of float32, (n_examples, n_outputs)
        Their targets, less the prior mean.
    noise : `float`
        Variance of the targets' noise, in units of the prior's.
    n_neighbours : `int`
        Examples that each prediction rests on.
    """

    points: np.ndarray
    values: np.ndarray
    noise: float
    n_neighbours: int

    def __post_init__(self) -> None:
        self._tree = cKDTree(self.points)

    def neighbours(self, query: np.ndarray, beyond: int = 0) -> np.ndarray:
        """Rows of the nearest examples, (n, n_neighbours), but for the nearest ``beyond``."""
        _, rows = self._tree.query(query, self.n_neighbours + beyond)
        return rows.reshape(len(query), -1)[:, beyond:]

    @torch.inference_mode()
    def predict(self, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Posterior at queries.

        Parameters
        ----------
        query : `numpy.ndarray` of float32, (n, d)
            Coordinates, in length scales.

        Returns
        -------
        mean : `numpy.ndarray`, (n, n_outputs)
            Less the prior mean.
        variance : `numpy.ndarray`, (n,)
            In units of the prior's.
        """
        mean = np.empty((len(query), self.values.shape[1]), np.float32)
        variance = np.empty(len(query), np.float32)
        rows = self.neighbours(query) if len(query) else np.empty((0, self.n_neighbours), int)
        for start in range(0, len(query), _BATCH):
            part = slice(start, start + _BATCH)
            found = solve(
                torch.from_numpy(query[part]),
                torch.from_numpy(self.points[rows[part]]),
                torch.from_numpy(self.values[rows[part]]),
                self.noise,
            )
            mean[part], variance[part] = (tensor.numpy() for tensor in found)
        return mean, variance
