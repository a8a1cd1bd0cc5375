"""What GaMPEN is given: the arsinh of an image's counts."""

from __future__ import annotations

import torch

__all__ = ["network_images"]


def network_images(counts: torch.Tensor, as_published: bool = False) -> torch.Tensor:
    """Turn images into what the network takes (Ghosh et al. 2022, Sec. 5).

    Parameters
    ----------
    counts : `torch.Tensor` of float32, (..., size, size)
        In counts of the zero point that the network was trained at, neither
        scaled nor subtracted.
    as_published : `bool`, optional
        Write the arsinh as ``log(x + sqrt(x^2 + 1))`` in float32, as the
        public pipeline does. It loses its digits where x is far below zero.

    Returns
    -------
    images : `torch.Tensor`, (..., size, size)
    """
    if as_published:
        return torch.log(counts + torch.sqrt(counts**2 + 1.0))
    return torch.asinh(counts)
