"""What is known of a galaxy beforehand, and the unit normals that it is fitted in."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ..populations import LogUniform, Table1
from ..rendering.model import GalaxyModel

__all__ = ["N_PARAMETERS", "GalaxyPrior", "Unfolded"]

#: Places of the parameters.
LOG_FLUX, SHARE, BULGE_RADIUS, BULGE_N, BULGE_AXIS_RATIO, BULGE_TURN = range(6)
DISK_RADIUS, DISK_N, DISK_AXIS_RATIO, ANGLE, DX, DY, PSF_WIDTH, SKY = range(6, 14)
N_PARAMETERS = 14

#: Scatter about the start of what nothing is known of: ln flux and angle [rad].
_FLUX_SPREAD, _ANGLE_SPREAD = 3.0, 1.5


@dataclass(frozen=True)
class GalaxyPrior:
    """Priors of a bulge + disk galaxy and of the image that it is in.

    Ranges are uniform, and each is mapped to a unit normal by its
    distribution function, so that a fit cannot leave it.

    Parameters
    ----------
    radius : `tuple` [`float`, `float`]
        Half-light radius of each component, major axis [pixel].
    log_radius : `bool`
        Are radii uniform in their logarithm, or as they are?
    bulge_n, disk_n : `tuple` [`float`, `float`]
        Sersic indices.
    axis_ratio : `tuple` [`float`, `float`]
        Minor over major axis of each component.
    angle_spread : `float`
        Largest difference of the components' position angles [deg].
    centre : `float`
        Scatter of the centre about that of the stamp, in each axis [pixel].
    psf_width : `float`
        Relative error of the PSF's width.
    sky : `float`
        Scatter of the level of sky left in the image [sky noise].
    single_share : `float`
        Share of galaxies that are a pure bulge or, as often, a pure disk.
    """

    radius: tuple[float, float] = (0.5, 16.0)
    log_radius: bool = True
    bulge_n: tuple[float, float] = (3.5, 5.0)
    disk_n: tuple[float, float] = (0.8, 1.2)
    axis_ratio: tuple[float, float] = (0.25, 1.0)
    angle_spread: float = 15.0
    centre: float = 0.5
    psf_width: float = 0.01
    sky: float = 0.02
    single_share: float = 0.25

    @classmethod
    def for_stamps(cls, size: int, **changes: float) -> GalaxyPrior:
        """Prior of galaxies up to a quarter of the stamp's side in radius."""
        return cls(radius=(cls.radius[0], 0.25 * size), **changes)

    @classmethod
    def of_population(
        cls,
        population: LogUniform | Table1,
        pixel_scale: tuple[float, float],
        **changes: float,
    ) -> GalaxyPrior:
        """Prior of galaxies that are drawn from a population.

        Bulges have the range of radii that single components have.

        Parameters
        ----------
        population : `~meas_blends.morphology.populations.Population`
        pixel_scale : `tuple` [`float`, `float`]
            Smallest and largest [arcsec].
        """
        (low, high), (fine, coarse) = population.radius, pixel_scale
        return cls(
            radius=(low / coarse, high / fine),
            log_radius=isinstance(population, LogUniform),
            bulge_n=population.bulge_n,
            disk_n=population.disk_n,
            axis_ratio=population.axis_ratio,
            angle_spread=population.angle_spread,
            single_share=population.single_share,
            **changes,
        )

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> GalaxyPrior:
        """Undo `to_meta`."""
        return cls(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in meta.items()
            }
        )

    def to_meta(self) -> dict[str, Any]:
        """Return the fields as YAML has them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }

    @property
    def boxes(self) -> dict[int, tuple[float, float]]:
        """Ranges by parameter."""
        radius = tuple(math.log(end) for end in self.radius) if self.log_radius else self.radius
        turn = math.radians(self.angle_spread)
        return {
            SHARE: (0.0, 1.0),
            BULGE_RADIUS: radius,
            BULGE_N: self.bulge_n,
            BULGE_AXIS_RATIO: self.axis_ratio,
            BULGE_TURN: (-turn, turn),
            DISK_RADIUS: radius,
            DISK_N: self.disk_n,
            DISK_AXIS_RATIO: self.axis_ratio,
        }

    def boxed(self, z: torch.Tensor) -> torch.Tensor:
        """Which parameters have a range, (14,)."""
        boxed = torch.zeros(z.shape[1], dtype=torch.bool, device=z.device)
        boxed[list(self.boxes)] = True
        return boxed

    def unfold(
        self, z: torch.Tensor, log_flux: torch.Tensor, angle: torch.Tensor, share: torch.Tensor
    ) -> Unfolded:
        """Turn unit normals into a galaxy.

        Parameters
        ----------
        z : `torch.Tensor`, (n, 14)
            ln flux, B/T, the bulge's radius, index, axis ratio and angle
            less the disk's, the disk's radius, index, axis ratio and angle,
            dx, dy, ln of the PSF's width over that assumed, sky.
        log_flux, angle : `torch.Tensor`, (n,)
            Where the priors of flux and angle are centred.
        share : `torch.Tensor`, (n,)
            B/T where it is fixed, NaN where it is free.

        Returns
        -------
        unfolded : `Unfolded`
        """
        unit = torch.special.ndtr(z)
        density = torch.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
        values, slopes = torch.empty_like(z), torch.empty_like(z)
        for i, (low, high) in self.boxes.items():
            values[:, i] = low + (high - low) * unit[:, i]
            slopes[:, i] = (high - low) * density[:, i]
        if not self.log_radius:
            for i in (BULGE_RADIUS, DISK_RADIUS):
                slopes[:, i] /= values[:, i]
                values[:, i] = torch.log(values[:, i])
        normals = {
            LOG_FLUX: (log_flux, _FLUX_SPREAD),
            ANGLE: (angle, _ANGLE_SPREAD),
            DX: (0.0, self.centre),
            DY: (0.0, self.centre),
            PSF_WIDTH: (0.0, self.psf_width),
            SKY: (0.0, self.sky),
        }
        for i, (middle, scatter) in normals.items():
            values[:, i] = middle + scatter * z[:, i]
            slopes[:, i] = scatter
        fixed = ~torch.isnan(share)
        values[:, SHARE] = torch.where(fixed, share, values[:, SHARE])
        slopes[:, SHARE].masked_fill_(fixed, 0.0)
        return Unfolded(values, slopes)

    def fold(self, values: torch.Tensor) -> torch.Tensor:
        """Unit normals of a start, (n, 14): zero where the priors are centred on it.

        Parameters
        ----------
        values : `torch.Tensor`, (n, 14)
            As in `Unfolded`; B/T, radii and axis ratios, which are drawn into
            their ranges, and the centre are looked at.
        """
        z = torch.zeros_like(values)
        for i in (DX, DY):
            z[:, i] = values[:, i] / self.centre
        for i in (SHARE, BULGE_RADIUS, DISK_RADIUS, BULGE_AXIS_RATIO, DISK_AXIS_RATIO):
            low, high = self.boxes[i]
            given = values[:, i]
            if i in (BULGE_RADIUS, DISK_RADIUS) and not self.log_radius:
                given = torch.exp(given)
            z[:, i] = torch.special.ndtri(((given - low) / (high - low)).clamp(0.03, 0.97))
        return z

    @staticmethod
    def fold_flux(log_flux: torch.Tensor, centre: torch.Tensor) -> torch.Tensor:
        """Unit normal of ln flux [sky noise], whose prior has this centre, (n,)."""
        return (log_flux - centre) / _FLUX_SPREAD


@dataclass(frozen=True)
class Unfolded:
    """Physical parameters and their derivatives by the unit normals.

    Parameters
    ----------
    values, slopes : `torch.Tensor`, (n, 14)
        In the order of `GalaxyPrior.unfold`, radii as ln [pixel].
    """

    values: torch.Tensor
    slopes: torch.Tensor

    @property
    def flux(self) -> torch.Tensor:
        """[sky noise], (n,)."""
        return torch.exp(self.values[:, LOG_FLUX])

    @property
    def model(self) -> GalaxyModel:
        """The galaxies, of unit flux."""
        v = self.values
        return GalaxyModel(
            bulge_to_total=v[:, SHARE],
            bulge_radius=torch.exp(v[:, BULGE_RADIUS]),
            bulge_n=v[:, BULGE_N],
            bulge_axis_ratio=v[:, BULGE_AXIS_RATIO],
            bulge_angle=v[:, ANGLE] + v[:, BULGE_TURN],
            disk_radius=torch.exp(v[:, DISK_RADIUS]),
            disk_n=v[:, DISK_N],
            disk_axis_ratio=v[:, DISK_AXIS_RATIO],
            disk_angle=v[:, ANGLE],
            dx=v[:, DX],
            dy=v[:, DY],
        )

    def raw_weights(self) -> torch.Tensor:
        """Derivatives by the unit normals as sums of raw images, (n, 14, 14).

        The raw images are those of `derivatives`: galaxies of unit flux.
        """
        v, slopes = self.values, self.slopes
        bulge, disk = v[:, SHARE], 1 - v[:, SHARE]
        weights = torch.zeros((*v.shape, v.shape[1]), dtype=v.dtype, device=v.device)
        places = torch.arange(v.shape[1], device=v.device)
        weights[:, places, places] = 1.0
        weights[:, BULGE_RADIUS, BULGE_RADIUS] = bulge
        weights[:, BULGE_N, BULGE_N] = bulge / v[:, BULGE_N]
        weights[:, BULGE_AXIS_RATIO, BULGE_AXIS_RATIO] = bulge
        weights[:, BULGE_TURN, BULGE_TURN] = bulge
        weights[:, DISK_RADIUS, DISK_RADIUS] = disk
        weights[:, DISK_N, DISK_N] = disk / v[:, DISK_N]
        weights[:, DISK_AXIS_RATIO, DISK_AXIS_RATIO] = disk
        weights[:, ANGLE, ANGLE] = disk
        weights[:, ANGLE, BULGE_TURN] = bulge
        weights[:, :SKY] *= self.flux[:, None, None]
        return weights * slopes[:, :, None]
