"""The Gaussian that a network predicts: its ``Sigma = L D L^T``, and the loss."""

from __future__ import annotations

import math

import torch

__all__ = [
    "covariance",
    "gaussian_nll",
    "n_outputs",
    "n_targets",
    "split_outputs",
    "unit_triangle",
]


def n_outputs(n_targets: int) -> int:
    """Numbers that a Gaussian of so many targets takes: means, log D, entries of L."""
    return 2 * n_targets + n_targets * (n_targets - 1) // 2


def n_targets(n_outputs: int) -> int:
    """Undo `n_outputs`.

    Raises
    ------
    ValueError
        If no number of targets has so many outputs.
    """
    targets = (math.isqrt(9 + 8 * n_outputs) - 3) // 2
    if targets < 1 or 2 * targets + targets * (targets - 1) // 2 != n_outputs:
        raise ValueError(f"{n_outputs} outputs are those of no Gaussian")
    return targets


def split_outputs(outputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Split a network's outputs.

    Parameters
    ----------
    outputs : `torch.Tensor`, (n, t + t + t (t - 1) / 2)
        Means, log D, then the rows of L below the diagonal: L10, L20, L21...

    Returns
    -------
    mean, log_d : `torch.Tensor`, (n, t)
    lower : `torch.Tensor`, (n, t (t - 1) / 2)
    """
    t = n_targets(outputs.shape[1])
    return outputs[:, :t], outputs[:, t : 2 * t], outputs[:, 2 * t :]


def gaussian_nll(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean negative log-likelihood (Ghosh et al. 2022, Eqs. 8-14).

    With ``Sigma = L D L^T``, forward substitution gives ``z = L^-1 (y - mu)``
    and the loss is half the sum of ``z^2 / D + log D``: no matrix is inverted.

    Parameters
    ----------
    outputs : `torch.Tensor`, (n, t + t + t (t - 1) / 2)
        See `split_outputs`.
    targets : `torch.Tensor`, (n, t)

    Returns
    -------
    loss : `torch.Tensor`, ()
        Without the constant ``t log(2 pi) / 2``, and without the weight decay
        of Eq. 8, which is the optimiser's.
    """
    mean, log_d, lower = split_outputs(outputs)
    difference = targets - mean
    z = []
    for i in range(mean.shape[1]):
        row = lower[:, i * (i - 1) // 2 :]
        z.append(difference[:, i] - sum((row[:, j] * z[j] for j in range(i)), start=0.0))
    solved = torch.stack(z, dim=1)
    return 0.5 * (solved**2 * torch.exp(-log_d) + log_d).sum(dim=1).mean()


def unit_triangle(outputs: torch.Tensor) -> torch.Tensor:
    """Matrices L with ones on the diagonal (Ghosh et al. 2022, Eq. 10), (n, t, t)."""
    mean, _, lower = split_outputs(outputs)
    t = mean.shape[1]
    triangle = torch.eye(t, device=outputs.device, dtype=outputs.dtype).repeat(len(outputs), 1, 1)
    rows, columns = torch.tril_indices(t, t, offset=-1, device=outputs.device)
    triangle[:, rows, columns] = lower
    return triangle


def covariance(outputs: torch.Tensor) -> torch.Tensor:
    """Covariance matrices ``L D L^T`` (Ghosh et al. 2022, Eq. 9), (n, t, t)."""
    triangle = unit_triangle(outputs)
    _, log_d, _ = split_outputs(outputs)
    return (triangle * torch.exp(log_d)[:, None, :]) @ triangle.mT
