"""The network: convolutions over a footprint's patch, and two answers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from ...errors import BadInputError
from .features import FEATURES
from .patches import CELL, N_CONDITIONS, count_planes

__all__ = ["N_PLACE", "BlendNetwork"]

#: Values that say where an object of a cell is: logit, dx, dy, ln(error).
N_PLACE = 4

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

    A small U-net with two steps down, whose finest level has 2 pixels an
    element: fine enough to tell two objects in one PSF apart, and a quarter
    of the work of single pixels. It says of every cell of 2 x 2 pixels
    whether the centre of an object lies in it. Its features at two levels,
    summed and maximised over the footprint, whatever its size, give the
    footprint's embedding, and that the number of objects.

    Parameters
    ----------
    others : sequence of `str`
        Bands that it looks at besides the reference.
    widths : `tuple` [`int`, `int`, `int`]
        Channels at 2, 4 and 8 pixels.
    depths : `tuple` [`int`, `int`, `int`]
        Residual blocks at 2, 4 and 8 pixels on the way down; on the way up
        there is one a level.
    n_embedding : `int`
        Length of a footprint's embedding.
    """

    def __init__(
        self,
        others: Sequence[str] = (),
        widths: tuple[int, int, int] = (32, 48, 96),
        depths: tuple[int, int, int] = (0, 2, 2),
        n_embedding: int = 8,
    ) -> None:
        super().__init__()
        self.settings = {
            "others": list(others),
            "widths": list(widths),
            "depths": list(depths),
            "n_embedding": n_embedding,
        }
        fine, near, far = widths
        planes = CELL**2 * count_planes(others) + N_CONDITIONS
        self.stem = nn.Conv2d(planes, fine, 3, padding=1)
        self.fine = _residuals(fine, depths[0])
        self.near = nn.Sequential(
            nn.Conv2d(fine, near, 3, 2, padding=1), _residuals(near, depths[1])
        )
        self.far = nn.Sequential(nn.Conv2d(near, far, 3, 2, padding=1), _residuals(far, depths[2]))
        self.from_far = nn.Conv2d(far, near, 1)
        self.merge_near = _Residual(near)
        self.from_near = nn.Conv2d(near, fine, 1)
        self.merge_fine = _Residual(fine)
        self.pool_fine, self.pool_near = _Pool(fine), _Pool(near)
        self.place = nn.Sequential(nn.LayerNorm(fine), nn.Linear(fine, N_PLACE))
        self.head = nn.Sequential(
            nn.Linear(2 * (fine + near) + 3 + len(FEATURES), _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, n_embedding),
        )
        self.count = nn.Sequential(nn.Linear(n_embedding, 32), nn.ReLU(), nn.Linear(32, 4))
        with torch.no_grad():
            # Few cells hold an object.
            self.place[1].bias.copy_(torch.tensor([-4.0, 0.0, 0.0, 0.0]))

    def with_bands(self, others: Sequence[str]) -> BlendNetwork:
        """A copy that looks at further bands, to which it pays no heed as yet.

        Parameters
        ----------
        others : sequence of `str`
            Bands besides the reference. If this network looks at some
            already, the same in the same order.

        Returns
        -------
        network : `BlendNetwork`
            Of the same answers.

        Raises
        ------
        BadInputError
            If this network looks at other bands.
        """
        known = self.settings["others"]
        if known not in ([], list(others)):
            raise BadInputError(
                f"the network to start from looks at bands {', '.join(known)} besides the"
                f" reference, the scenes have {', '.join(others) or 'none'}; start from one that"
                " looks at the reference alone, or at the same bands."
            )
        network = BlendNetwork(**{**self.settings, "others": list(others)})
        state = {name: value.clone() for name, value in self.state_dict().items()}
        stem = state["stem.weight"]
        wider = torch.zeros_like(network.stem.weight)
        # The planes of bands lie before the mask and the conditions.
        behind = CELL**2 + N_CONDITIONS
        wider[:, : stem.shape[1] - behind] = stem[:, :-behind]
        wider[:, -behind:] = stem[:, -behind:]
        network.load_state_dict({**state, "stem.weight": wider})
        return network

    def forward(
        self, planes: torch.Tensor, conditions: torch.Tensor, features: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Look at footprints whose patches have one shape.

        Parameters
        ----------
        planes : `torch.Tensor`, (n, n_planes, height, width)
            `~meas_blends.blends.network.patches.Patches`; the last plane is
            the footprint's mask.
        conditions : `torch.Tensor`, (n, N_CONDITIONS)
            `~meas_blends.blends.network.patches.Patches.conditions` of each.
        features : `torch.Tensor`, (n, n_features)
            `~meas_blends.blends.network.features.footprint_features`.

        Returns
        -------
        place : `torch.Tensor`, (n, height / 2, width / 2, N_PLACE)
            Of each cell: logit of holding an object, its offset from the
            cell's centre along x and y [pixel], logarithm of the offset's error.
        embedding : `torch.Tensor`, (n, n_embedding)
        """
        x = functional.pixel_unshuffle(planes, CELL)
        constant = conditions[:, :, None, None].expand(-1, -1, *x.shape[2:])
        x = torch.cat([x, constant], 1).contiguous(memory_format=torch.channels_last)
        fine = self.fine(self.stem(x))
        near = self.near(fine)
        near = self.merge_near(near + _enlarge(self.from_far(self.far(near))))
        fine = self.merge_fine(fine + _enlarge(self.from_near(near)))
        place = self.place(fine.permute(0, 2, 3, 1))
        cells = functional.max_pool2d(planes[:, -1:], CELL)
        probability = torch.sigmoid(place[..., 0]) * cells[:, 0]
        variance = probability * (1 - probability)
        summary = [
            *self.pool_fine(fine, cells),
            *self.pool_near(near, functional.max_pool2d(cells, 2)),
            torch.log(probability.sum((1, 2)) + 0.01)[:, None],
            variance.sum((1, 2))[:, None],
            probability.amax((1, 2))[:, None],
            features,
        ]
        return place, self.head(torch.cat(summary, 1))


class _Pool(nn.Module):
    """Sum and maximum of features over the footprint."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = functional.relu(self.linear(self.norm(x.permute(0, 2, 3, 1))))
        x = x * mask.permute(0, 2, 3, 1)
        return torch.log1p(x.sum((1, 2))), x.amax((1, 2))


def _residuals(width: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(_Residual(width) for _ in range(depth)))


def _enlarge(x: torch.Tensor) -> torch.Tensor:
    """The same on a grid of half the spacing."""
    return functional.interpolate(x, scale_factor=2.0)
