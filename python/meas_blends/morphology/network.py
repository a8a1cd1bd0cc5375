"""The compact network: spatial transformer, convolutions, a full-covariance Gaussian."""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn import functional

from .gaussian import n_outputs
from .inputs import CHANNELS, InputLayout

__all__ = ["N_OUTPUTS", "CompactNetwork", "ScaleTransformer"]

#: Of B/T, radius and flux.
N_OUTPUTS = n_outputs(3)


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

    Each view of the stamp is zoomed into by a spatial transformer and goes
    through five stages of convolutions that halve it each. A head joins them
    with what is known of PSF, noise and signal. There is no dropout: its
    noise would widen the posterior that the loss already asks to be right.

    Parameters
    ----------
    layout : `~meas_blends.morphology.inputs.InputLayout`, optional
        What it is given.
    widths : sequence of `int`, optional
        Channels of the stages.
    """

    def __init__(
        self,
        layout: InputLayout | None = None,
        widths: tuple[int, ...] = (24, 32, 64, 96, 128),
    ) -> None:
        super().__init__()
        self.layout = layout or InputLayout()
        self.widths = tuple(widths)
        size = self.layout.view_size
        self.branches = nn.ModuleList(_Branch(size, self.widths) for _ in self.layout.views)
        joined = sum(branch.n_features for branch in self.branches) + self.layout.n_numbers
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
        images : `torch.Tensor`, (n, views, 3, view_size, view_size)
            See `~meas_blends.morphology.inputs.NetworkInputs`.
        numbers : `torch.Tensor`, (n, n_numbers)

        Returns
        -------
        outputs : `torch.Tensor`, (n, 9)
            As `~meas_blends.morphology.gaussian.split_outputs` takes them.
        """
        seen = [branch(images[:, i]) for i, branch in enumerate(self.branches)]
        return self.head(torch.cat([*seen, numbers], dim=1))


class _Branch(nn.Module):
    """Looks at one view: zoom, convolutions, their mean and a reduced map of them."""

    _REDUCED = 32

    def __init__(self, size: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.transformer = ScaleTransformer(CHANNELS)
        self.stem = nn.Sequential(
            nn.Conv2d(CHANNELS, widths[0], 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        )
        self.trunk = nn.Sequential(*(_stage(i, o) for i, o in itertools.pairwise(widths)))
        self.reduce = nn.Sequential(
            nn.Conv2d(widths[-1], self._REDUCED, 1), nn.ReLU(), nn.Flatten()
        )
        # Each of the five stages halves the side, upwards.
        side = -(-size // 2 ** len(widths))
        self.n_features = widths[-1] + self._REDUCED * side**2 + 1

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Features (n, n_features) of images (n, 3, size, size)."""
        zoomed, scale = self.transformer(images)
        features = self.trunk(self.stem(zoomed))
        return torch.cat(
            [features.mean(dim=(2, 3)), self.reduce(features), torch.log(scale)[:, None]], dim=1
        )


def _stage(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
        nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )
