"""The network: convolutions over a footprint's patch, and two answers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from .features import FEATURES
from .patches import count_planes

__all__ = ["N_PLACE", "BlendNetwork"]

#: Values that say where an object of a cell is: logit, dx, dy, ln(error).
N_PLACE = 4

#: Pixels a side that one element of the stem's input stands for.
_BLOCK = 4

#: Hidden units between pooled features and embedding.
_HIDDEN = 96


class _Residual(nn.Module):
    """Two convolutions and a way around them, normalised position by position.

    Batch statistics would tie footprints of one batch together, and those
    that share no shape share no batch.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        # Every block begins as the identity.
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # Channels lie last in memory, so the turn to them costs nothing.
        y = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = functional.relu(self.first(y), inplace=True)
        return x + self.second(y)


class BlendNetwork(nn.Module):
    """How many objects a footprint holds, and where.

    Blocks of 4 x 4 pixels are the channels of the first layer; from there on
    it is a small U-net with one step down. It says of every cell of 2 x 2
    pixels whether the centre of an object lies in it. Its features, summed
    and maximised over the footprint, whatever its size, give the footprint's
    embedding, and that the number of objects.

    Parameters
    ----------
    others : sequence of `str`
        Bands that it looks at besides the reference.
    widths : `tuple` [`int`, `int`]
        Channels at 4 and at 8 pixels.
    depths : `tuple` [`int`, `int`, `int`]
        Residual blocks at 4 pixels, at 8, and at 4 again.
    n_embedding : `int`
        Length of a footprint's embedding.
    """

    def __init__(
        self,
        others: Sequence[str] = (),
        widths: tuple[int, int] = (48, 96),
        depths: tuple[int, int, int] = (2, 2, 1),
        n_embedding: int = 8,
    ) -> None:
        super().__init__()
        self.settings = {
            "others": list(others),
            "widths": list(widths),
            "depths": list(depths),
            "n_embedding": n_embedding,
        }
        near, far = widths
        self.stem = nn.Conv2d(_BLOCK**2 * count_planes(others) + 1, near, 3, padding=1)
        self.descend = nn.Sequential(*(_Residual(near) for _ in range(depths[0])))
        self.bottom = nn.Sequential(
            nn.Conv2d(near, far, 3, 2, padding=1), *(_Residual(far) for _ in range(depths[1]))
        )
        self.ascend = nn.Conv2d(far, near, 1)
        self.merge = nn.Sequential(*(_Residual(near) for _ in range(depths[2])))
        self.norm = nn.LayerNorm(near)
        self.place = nn.Linear(near, 4 * N_PLACE)
        self.pooled = nn.Linear(near, near)
        self.head = nn.Sequential(
            nn.Linear(2 * near + 3 + len(FEATURES), _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, n_embedding),
        )
        self.count = nn.Sequential(nn.Linear(n_embedding, 32), nn.ReLU(), nn.Linear(32, 4))
        with torch.no_grad():
            self.place.bias.zero_()
            # Few cells hold an object.
            self.place.bias[::N_PLACE] = -4.0

    def forward(
        self, planes: torch.Tensor, psf: torch.Tensor, features: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Look at footprints whose patches have one shape.

        Parameters
        ----------
        planes : `torch.Tensor`, (n, n_planes, height, width)
            `~meas_blends.blends.network.patches.Patches`; the last plane is
            the footprint's mask.
        psf : `torch.Tensor`, (n,)
            Logarithm of the PSF's width over a typical one.
        features : `torch.Tensor`, (n, n_features)
            `~meas_blends.blends.network.features.footprint_features`.

        Returns
        -------
        place : `torch.Tensor`, (n, height / 2, width / 2, N_PLACE)
            Of each cell: logit of holding an object, its offset from the
            cell's centre along x and y [pixel], logarithm of the offset's error.
        embedding : `torch.Tensor`, (n, n_embedding)
        """
        x = functional.pixel_unshuffle(planes, _BLOCK)
        constant = psf[:, None, None, None].expand(-1, 1, *x.shape[2:])
        x = torch.cat([x, constant], 1).contiguous(memory_format=torch.channels_last)
        near = self.descend(self.stem(x))
        far = self.ascend(self.bottom(near))
        near = self.merge(near + functional.interpolate(far, scale_factor=2.0))
        seen = self.norm(near.permute(0, 2, 3, 1))
        n, ny, nx, _ = seen.shape
        place = self.place(seen).reshape(n, ny, nx, 2, 2, N_PLACE)
        place = place.transpose(2, 3).reshape(n, 2 * ny, 2 * nx, N_PLACE)
        mask = planes[:, -1:]
        cells = functional.max_pool2d(mask, 2)[:, 0]
        blocks = functional.max_pool2d(mask, _BLOCK)[:, 0, :, :, None]
        pooled = functional.relu(self.pooled(seen)) * blocks
        probability = torch.sigmoid(place[..., 0]) * cells
        variance = probability * (1 - probability)
        summary = [
            torch.log1p(pooled.sum((1, 2))),
            pooled.amax((1, 2)),
            torch.log(probability.sum((1, 2)) + 0.01)[:, None],
            variance.sum((1, 2))[:, None],
            probability.amax((1, 2))[:, None],
            features,
        ]
        return place, self.head(torch.cat(summary, 1))
