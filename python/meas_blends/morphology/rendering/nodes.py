"""Where the Fourier integral of an image is sampled: closely near k = 0, wider further out."""

from __future__ import annotations

import math

import torch

__all__ = ["fourier_nodes"]


def fourier_nodes(
    largest: torch.Tensor, size: int, grade: float = 1.8, margin: int = 20
) -> tuple[torch.Tensor, torch.Tensor]:
    """Nodes and weights of a trapezoid rule from 0 to the largest wavenumber.

    Equal steps in k of ``2 pi / P`` would repeat the image with a period P,
    so that the wings of a galaxy fold back into its stamp. The wings live
    near k = 0: steps ``k = largest sinh(a t) / sinh(a)``, equal in t, are close
    there, for a period of three stamps, and further apart at large k, where
    only what is near the centre has power. The rule converges
    exponentially, as that with equal steps does.

    Parameters
    ----------
    largest : `torch.Tensor`, (n,)
        [radian/pixel].
    size : `int`
        Side of the stamp [pixel].
    grade : `float`, optional
        Growth of the steps: the first is ``1 / cosh(grade)`` of the last.
    margin : `int`, optional
        The last steps hold an image this much larger than the stamp [pixel].

    Returns
    -------
    k, weights : `torch.Tensor`, (n, nodes)
        The first node is 0, with half its weight, for the integral from
        minus to plus ``largest`` is folded there; the weights are of
        ``dk / pi``.
    """
    step = 2 * math.pi / (size + margin)
    count = math.ceil(float(largest.max()) * grade / math.tanh(grade) / step)
    t = torch.linspace(0.0, 1.0, count + 1, device=largest.device) * grade
    k = largest[:, None] * torch.sinh(t) / math.sinh(grade)
    weights = largest[:, None] * torch.cosh(t) * (grade / math.sinh(grade) / count / math.pi)
    weights[:, 0] *= 0.5
    weights[:, -1] *= 0.5
    return k, weights
