"""The network of GaMPEN: a spatial transformer that zooms, then VGG-16 with dropout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from ..gaussian import n_outputs

__all__ = ["GampenArchitecture", "GampenNetwork"]

#: Convolutions of the localisation network (Ghosh et al. 2022, Table 3).
_LOCALISATION_KERNELS = (11, 9)

#: Its last hidden layer.
_LOCALISATION_WIDTH = 32

#: Side of the feature maps that the classifier takes, whatever the cutout's.
_POOLED = 7


@dataclass(frozen=True)
class GampenArchitecture:
    """Sizes of the layers; those of Table 3 of Ghosh et al. (2022) unless given.

    Parameters
    ----------
    cutout_size : `int`
        Side of the images, at least 33 [pixel].
    channels : `int`
        Channels of the images.
    n_targets : `int`
        Targets of the Gaussian.
    localisation : `tuple` [`int`, `int`]
        Channels of the localisation network's convolutions.
    blocks : `tuple` [`tuple` [`int`, ...], ...]
        Channels of VGG's convolutions; a pooling follows each block.
    hidden : `tuple` [`int`, `int`]
        Widths of VGG's hidden layers.
    """

    #: Localisation and five poolings leave nothing of smaller cutouts.
    SMALLEST: ClassVar[int] = 33

    cutout_size: int = 239
    channels: int = 3
    n_targets: int = 3
    localisation: tuple[int, int] = (64, 96)
    blocks: tuple[tuple[int, ...], ...] = (
        (64, 64),
        (128, 128),
        (256, 256, 256),
        (512, 512, 512),
        (512, 512, 512),
    )
    hidden: tuple[int, int] = (4096, 4096)

    def __post_init__(self) -> None:
        if self.cutout_size < self.SMALLEST:
            raise ValueError(
                f"cutouts of {self.cutout_size} pixels, where at least {self.SMALLEST} are needed"
            )

    @property
    def localised(self) -> int:
        """Numbers that the localisation network's convolutions leave of a cutout."""
        side = self.cutout_size
        for kernel in _LOCALISATION_KERNELS:
            side = (side - kernel + 1 - 3) // 2 + 1
        return self.localisation[1] * side**2

    def resized(self, cutout_size: int) -> GampenArchitecture:
        """The same layers for images of another size."""
        return replace(self, cutout_size=cutout_size)


class GampenNetwork(nn.Module):
    """Zoom into a galaxy, then predict the Gaussian of its parameters.

    The layers have the names that the released weights have. Dropout is
    element-wise, before each convolution of VGG but the first and after each
    of its two hidden layers; it works in training mode alone, see
    `~meas_blends.morphology.gampen.passes.monte_carlo` for its use afterwards.

    Parameters
    ----------
    architecture : `GampenArchitecture`, optional
    dropout_rate : `float`, optional
        Share of the elements that a dropout sets to zero.
    """

    def __init__(
        self, architecture: GampenArchitecture | None = None, dropout_rate: float = 7e-4
    ) -> None:
        super().__init__()
        self.architecture = architecture = architecture or GampenArchitecture()
        self.dropout_rate = dropout_rate
        first, second = architecture.localisation
        self.localization = nn.Sequential(
            nn.Conv2d(architecture.channels, first, _LOCALISATION_KERNELS[0]),
            nn.MaxPool2d(3, stride=2),
            nn.ReLU(inplace=True),
            nn.Conv2d(first, second, _LOCALISATION_KERNELS[1]),
            nn.MaxPool2d(3, stride=2),
            nn.ReLU(inplace=True),
            nn.Flatten(),
        )
        self.fc_loc = nn.Sequential(
            nn.Linear(architecture.localised, _LOCALISATION_WIDTH),
            nn.ReLU(inplace=True),
            nn.Linear(_LOCALISATION_WIDTH, 1),
        )
        # The whole image, before training.
        nn.init.zeros_(self.fc_loc[2].weight)
        nn.init.ones_(self.fc_loc[2].bias)
        self.vgg = _Vgg(architecture, dropout_rate)

    def scale(self, images: torch.Tensor) -> torch.Tensor:
        """Share s of each side that is looked at (Ghosh et al. 2022, Eq. 4), (n,)."""
        return self.fc_loc(self.localization(images))[:, 0]

    @staticmethod
    def zoom(images: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        """Resample images about their centre, bilinearly, with zeros beyond the border."""
        matrix = torch.zeros(len(images), 2, 3, device=images.device, dtype=images.dtype)
        matrix[:, 0, 0] = scale
        matrix[:, 1, 1] = scale
        grid = functional.affine_grid(matrix, list(images.shape), align_corners=True)
        return functional.grid_sample(
            images, grid, mode="bilinear", padding_mode="zeros", align_corners=True
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Predict the Gaussian of the standardised targets.

        Parameters
        ----------
        images : `torch.Tensor`, (n, channels, cutout_size, cutout_size)
            See `~meas_blends.morphology.gampen.inputs.network_images`.

        Returns
        -------
        outputs : `torch.Tensor`, (n, t + t + t (t - 1) / 2)
            As `~meas_blends.morphology.gaussian.split_outputs` takes them.
        """
        return self.vgg(self.zoom(images, self.scale(images)))


class _Vgg(nn.Module):
    """VGG-16 with dropout; its parts carry the names of torchvision's."""

    def __init__(self, architecture: GampenArchitecture, dropout_rate: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = architecture.channels
        for block in architecture.blocks:
            for width in block:
                if layers:
                    layers.append(nn.Dropout(dropout_rate))
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
                channels = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        # The identity for 239 pixels, where five poolings leave 7.
        self.avgpool = nn.AdaptiveAvgPool2d(_POOLED)
        first, second = architecture.hidden
        self.classifier = nn.Sequential(
            nn.Linear(channels * _POOLED**2, first),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout_rate),
            nn.Linear(first, second),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout_rate),
            nn.Linear(second, n_outputs(architecture.n_targets)),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.avgpool(self.features(images)).flatten(1))
