"""What galaxies are made of: a bulge and a disk, in pixels."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch

__all__ = ["GalaxyModel"]


@dataclass(frozen=True)
class GalaxyModel:
    """Parameters of ``n`` galaxies of unit flux.

    All are `torch.Tensor`, (n,). Radii are half-light radii along the major
    axis [pixel], ``_n`` are Sersic indices, axis ratios are minor over major,
    angles go from +x to +y [rad], ``dx`` and ``dy`` are offsets from the
    centre of the stamp's pixel ``[size // 2, size // 2]`` [pixel].
    """

    bulge_to_total: torch.Tensor
    bulge_radius: torch.Tensor
    bulge_n: torch.Tensor
    bulge_axis_ratio: torch.Tensor
    bulge_angle: torch.Tensor
    disk_radius: torch.Tensor
    disk_n: torch.Tensor
    disk_axis_ratio: torch.Tensor
    disk_angle: torch.Tensor
    dx: torch.Tensor
    dy: torch.Tensor

    def __len__(self) -> int:
        return len(self.bulge_to_total)

    def select(self, rows: slice | torch.Tensor) -> GalaxyModel:
        """Return some of the galaxies."""
        names = (field.name for field in dataclasses.fields(self))
        return GalaxyModel(**{name: getattr(self, name)[rows] for name in names})

    def to(self, device: torch.device | str) -> GalaxyModel:
        """Return it on a device, in float32."""
        names = (field.name for field in dataclasses.fields(self))
        return GalaxyModel(
            **{
                name: torch.as_tensor(getattr(self, name), dtype=torch.float32, device=device)
                for name in names
            }
        )
