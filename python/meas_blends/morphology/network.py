"""The compact network: spatial transformer, convolutions, a full-covariance Gaussian."""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn import functional

__all__ = ["CompactNetwork", "ScaleTransformer", "covariance", "gaussian_nll", "split_outputs"]

#: Three means, three log variances, three entries of L.
N_OUTPUTS = 9


class ScaleTransformer(nn.Module):
    """Spatial transformer that predicts one number, how far to zoom in.

    The affine matrix is ``[[s, 0, 0], [0, s, 0]]`` (Ghosh et al. 2022, Eq. 4;
    Jaderberg et al. 2015), with s between ``smallest`` and 1, near 1 before
    training.

    Parameters
    ----------
    channels : `int`
        Of the images.
    smallest : `float`, optional
        Smallest scale, the strongest zoom.
    """

    def __init__(self, channels: int, smallest: float = 0.25) -> None:
        super().__init__()
        self.smallest = smallest
        self.localisation = nn.Sequential(
            nn.AvgPool2d(4),
            nn.Conv2d(channels, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 24, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(24 * 16, 32),
            nn.ReLU(),
        )
        self.scale_layer = nn.Linear(32, 1)
        nn.init.zeros_(self.scale_layer.weight)
        nn.init.constant_(self.scale_layer.bias, 3.0)

    def scale(self, images: torch.Tensor) -> torch.Tensor:
        """Scale s of each image, (n,)."""
        raw = self.scale_layer(self.localisation(images))[:, 0]
        return self.smallest + (1.0 - self.smallest) * torch.sigmoid(raw)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Zoom into images.

        Parameters
        ----------
        images : `torch.Tensor`, (n, channels, size, size)

        Returns
        -------
        zoomed : `torch.Tensor`, (n, channels, size, size)
        scale : `torch.Tensor`, (n,)
        """
        scale = self.scale(images)
        return self.resample(images, scale), scale

    @staticmethod
    def resample(images: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        """Resample images at given scales, bilinearly; the corners stay at scale 1."""
        matrix = torch.zeros(len(images), 2, 3, device=images.device, dtype=images.dtype)
        matrix[:, 0, 0] = scale
        matrix[:, 1, 1] = scale
        grid = functional.affine_grid(matrix, list(images.shape), align_corners=True)
        return functional.grid_sample(images, grid, align_corners=True, padding_mode="zeros")


class CompactNetwork(nn.Module):
    """A small network after GaMPEN (Ghosh et al. 2022, ApJ 935, 138).

    Zoom by a spatial transformer, five stages of convolutions that halve the
    image each, and a head that joins them with what is known of PSF, noise
    and signal. There is no dropout: its noise would widen the posterior that
    the loss already asks to be right.

    Parameters
    ----------
    size : `int`, optional
        Side of the stamps [pixel].
    widths : sequence of `int`, optional
        Channels of the stages.
    n_numbers : `int`, optional
        Inputs of the head besides the images.
    """

    def __init__(
        self,
        size: int = 64,
        widths: tuple[int, ...] = (24, 32, 64, 96, 128),
        n_numbers: int = 3,
    ) -> None:
        super().__init__()
        self.size = size
        self.widths = tuple(widths)
        self.transformer = ScaleTransformer(2)
        self.stem = nn.Sequential(
            nn.Conv2d(2, widths[0], 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        )
        stages = [_stage(i, o) for i, o in itertools.pairwise(widths)]
        self.trunk = nn.Sequential(*stages)
        with torch.no_grad():
            features = self.trunk(self.stem(torch.zeros(2, 2, size, size))).shape
        reduced = 32
        self.reduce = nn.Sequential(nn.Conv2d(features[1], reduced, 1), nn.ReLU(), nn.Flatten())
        joined = features[1] + reduced * features[2] * features[3] + n_numbers + 1
        self.head = nn.Sequential(
            nn.Linear(joined, 160),
            nn.ReLU(),
            nn.Linear(160, 96),
            nn.ReLU(),
            nn.Linear(96, N_OUTPUTS),
        )
        # Start from a broad Gaussian at the mean of the standardised targets.
        nn.init.normal_(self.head[-1].weight, std=0.01)
        nn.init.zeros_(self.head[-1].bias)

    def forward(self, images: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        """Predict the posterior's nine numbers.

        Parameters
        ----------
        images : `torch.Tensor`, (n, 2, size, size)
            See `~meas_blends.morphology.inputs.NetworkInputs`.
        numbers : `torch.Tensor`, (n, n_numbers)

        Returns
        -------
        outputs : `torch.Tensor`, (n, 9)
            As `split_outputs` takes them.
        """
        zoomed, scale = self.transformer(images)
        features = self.trunk(self.stem(zoomed))
        joined = [
            features.mean(dim=(2, 3)),
            self.reduce(features),
            numbers,
            torch.log(scale)[:, None],
        ]
        return self.head(torch.cat(joined, dim=1))


def _stage(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
        nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def split_outputs(outputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Split the network's outputs.

    Parameters
    ----------
    outputs : `torch.Tensor`, (n, 9)
        Means, log D, then L10, L20, L21.

    Returns
    -------
    mean, log_d, lower : `torch.Tensor`, (n, 3)
    """
    return outputs[:, :3], outputs[:, 3:6], outputs[:, 6:]


def gaussian_nll(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean negative log-likelihood (Ghosh et al. 2022, Eqs. 8-14).

    With ``Sigma = L D L^T``, forward substitution gives ``z = L^-1 (y - mu)``
    and the loss is half the sum of ``z^2 / D + log D``: no matrix is inverted.

    Parameters
    ----------
    outputs : `torch.Tensor`, (n, 9)
    targets : `torch.Tensor`, (n, 3)

    Returns
    -------
    loss : `torch.Tensor`, ()
        Without the constant ``1.5 log(2 pi)``.
    """
    mean, log_d, lower = split_outputs(outputs)
    difference = targets - mean
    z0 = difference[:, 0]
    z1 = difference[:, 1] - lower[:, 0] * z0
    z2 = difference[:, 2] - lower[:, 1] * z0 - lower[:, 2] * z1
    z = torch.stack([z0, z1, z2], dim=1)
    return 0.5 * (z**2 * torch.exp(-log_d) + log_d).sum(dim=1).mean()


def covariance(outputs: torch.Tensor) -> torch.Tensor:
    """Covariance matrices ``L D L^T``, (n, 3, 3)."""
    _, log_d, lower = split_outputs(outputs)
    triangle = torch.eye(3, device=outputs.device, dtype=outputs.dtype).repeat(len(outputs), 1, 1)
    triangle[:, 1, 0], triangle[:, 2, 0], triangle[:, 2, 1] = lower.unbind(dim=1)
    return (triangle * torch.exp(log_d)[:, None, :]) @ triangle.mT
