"""Whitening of noise whose neighbouring pixels correlate, and what pixels then weigh."""

from __future__ import annotations

import torch

__all__ = ["pixel_weights", "whitening"]


def whitening(correlation: torch.Tensor, size: int) -> torch.Tensor:
    """Matrices that whiten rows or columns of noise.

    The noise is taken to be white noise convolved with (c, 1, c) along both
    axes, ``correlation = 2 c / (1 + 2 c^2)``: a covariance that is a product of
    one in x and one in y. The inverse of its Cholesky factor, applied to
    columns and to rows, whitens a whole stamp exactly.

    Parameters
    ----------
    correlation : `torch.Tensor`, (n,)
        Of pixels side by side, up to 0.5.
    size : `int`
        Side of the stamps [pixel].

    Returns
    -------
    matrices : `torch.Tensor`, (n, size, size)
        W, of ``W image W^T``.
    """
    rho = correlation.double().clamp(0.0, 0.5)
    # c from rho, in the form that needs no limit at 0.
    side = rho / (1 + torch.sqrt(1 - 2 * rho**2))
    second = side**2 / (1 + 2 * side**2)
    rows = torch.zeros((len(rho), size, size), dtype=torch.float64, device=rho.device)
    rows.diagonal(dim1=1, dim2=2).fill_(1.0)
    for lag, value in ((1, rho), (2, second)):
        rows.diagonal(lag, 1, 2).copy_(value[:, None].expand(-1, size - lag))
        rows.diagonal(-lag, 1, 2).copy_(value[:, None].expand(-1, size - lag))
    unit = torch.eye(size, dtype=torch.float64, device=rho.device)
    return torch.linalg.solve_triangular(torch.linalg.cholesky(rows), unit, upper=False).float()


def pixel_weights(
    usable: torch.Tensor, light: torch.Tensor, sky_electrons: torch.Tensor
) -> torch.Tensor:
    """Inverse variances of whitened pixels, (n, size, size).

    A whitened pixel holds the pixels before it too, and those next to it
    most: it is left out if one of these is not usable. The galaxy's own
    Poisson noise is smooth over the noise's correlation, so that it
    scales the whitened pixels as it does the pixels.

    Parameters
    ----------
    usable : `torch.Tensor` of `bool`, (n, size, size)
    light : `torch.Tensor`, (n, size, size)
        Of the galaxy [sky noise].
    sky_electrons : `torch.Tensor`, (n,)
        Electrons of the sky in a pixel over their own Poisson noise.
    """
    whole = usable.clone()
    whole[:, 1:] &= usable[:, :-1]
    whole[:, :, 1:] &= usable[:, :, :-1]
    whole[:, 1:, 1:] &= usable[:, :-1, :-1]
    return whole / (1 + light.clamp_min(0) / sky_electrons[:, None, None])
