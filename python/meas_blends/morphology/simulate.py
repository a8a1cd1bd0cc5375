"""Noisy stamps of simulated galaxies, cut as the stamps of real ones are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from .conditions import Conditions
from .galaxies import GalaxySample
from .populations import Population, draw_galaxies
from .rendering.model import GalaxyModel
from .rendering.psf import PsfTransform
from .rendering.renderer import GalaxyRenderer
from .widths import kolmogorov_width

__all__ = ["SimulatedStamps", "StampSimulator"]

#: Surface brightness [sky noise] down to which a grown footprint reaches.
_FOOTPRINT_EDGE = 0.3


@dataclass(frozen=True)
class SimulatedStamps:
    """Stamps with their truth.

    Parameters
    ----------
    images : `torch.Tensor`, (n, size, size)
        In units of the sky noise; zero where not usable.
    usable : `torch.Tensor` of `bool`, (n, size, size)
        Pixels that belong to the galaxy or to the sky.
    psf_sigma : `torch.Tensor`, (n,)
        Width of the PSF, pixel included, as `psf_width` gives it [pixel].
    psf_fwhm : `torch.Tensor`, (n,)
        That of the Kolmogorov PSF of this width, before the pixel [pixel].
    noise_correlation : `torch.Tensor`, (n,)
        Of pixels side by side.
    truth : `numpy.ndarray`, (n, 3)
        B/T, half-light radius [pixel], flux [sky noise].
    signal_to_noise : `numpy.ndarray`, (n,)
        Of the flux with a matched filter in white noise.
    """

    images: torch.Tensor
    usable: torch.Tensor
    psf_sigma: torch.Tensor
    psf_fwhm: torch.Tensor
    noise_correlation: torch.Tensor
    truth: np.ndarray
    signal_to_noise: np.ndarray


class StampSimulator:
    """Draws galaxies, renders them, and adds what real stamps come with.

    Correlated sky noise and the galaxy's own Poisson noise; and as far as the
    conditions say so, a sky level that is slightly off, a PSF width that is
    not known exactly, and a second galaxy whose footprint is taken out, or
    the border of an image.

    Parameters
    ----------
    population : `~meas_blends.morphology.populations.Population`
    conditions : `~meas_blends.morphology.conditions.Conditions`
    size : `int`
        Side of the stamps [pixel].
    device : `torch.device`, optional
    """

    def __init__(
        self,
        population: Population,
        conditions: Conditions,
        size: int,
        device: torch.device | str = "cpu",
    ) -> None:
        self.population = population
        self.conditions = conditions
        self.size = size
        self.device = torch.device(device)
        self._renderer = GalaxyRenderer(size, self.device)
        position = torch.arange(size, device=self.device) - size // 2
        self._y, self._x = torch.meshgrid(position, position, indexing="ij")

    def draw(self, rng: np.random.Generator, n: int) -> SimulatedStamps:
        """Draw galaxies and simulate their stamps."""
        return self.observe(rng, draw_galaxies(rng, n, self.population, self.conditions))

    def observe(self, rng: np.random.Generator, sample: GalaxySample) -> SimulatedStamps:
        """Simulate stamps of given galaxies.

        Parameters
        ----------
        rng : `numpy.random.Generator`
        sample : `~meas_blends.morphology.galaxies.GalaxySample`

        Returns
        -------
        stamps : `SimulatedStamps`
        """
        radius = sample.half_light_radius / sample.pixel_scale
        return self.observe_light(rng, sample, self._render(sample), radius)

    def observe_light(
        self,
        rng: np.random.Generator,
        sample: GalaxySample,
        shapes: torch.Tensor,
        radius: np.ndarray,
    ) -> SimulatedStamps:
        """Simulate stamps of galaxies whose light is drawn already.

        Parameters
        ----------
        rng : `numpy.random.Generator`
        sample : `~meas_blends.morphology.galaxies.GalaxySample`
            Gives B/T, fluxes and the images that they are seen in.
        shapes : `torch.Tensor`, (n, size, size)
            Shares of the flux in each pixel, behind the PSF.
        radius : `numpy.ndarray`, (n,)
            Half-light radii of the whole [pixel].

        Returns
        -------
        stamps : `SimulatedStamps`
        """
        n = len(sample)
        per_flux = torch.sqrt((shapes**2).sum(dim=(1, 2))).double().cpu().numpy()
        flux = np.where(np.isnan(sample.flux), sample.signal_to_noise / per_flux, sample.flux)
        light = shapes * self._column(flux)
        neighbours, usable = self._neighbours(rng, light)
        images = light + neighbours
        images = images + self._noise(rng, images, sample)
        images += self._column(self.conditions.sky_error * rng.standard_normal(n))
        usable &= ~self._border(rng, n)
        psf_fwhm = sample.psf_fwhm / sample.pixel_scale
        psf_fwhm = psf_fwhm * (1.0 + self.conditions.psf_error * rng.standard_normal(n))
        return SimulatedStamps(
            images=images * usable,
            usable=usable,
            psf_sigma=self._tensor(kolmogorov_width(psf_fwhm)),
            psf_fwhm=self._tensor(psf_fwhm),
            noise_correlation=self._tensor(sample.noise_correlation),
            truth=np.stack([sample.bulge_to_total, radius, flux], axis=1),
            signal_to_noise=flux * per_flux,
        )

    def _render(self, sample: GalaxySample) -> torch.Tensor:
        """Galaxies of unit flux, seen through their PSFs, (n, size, size)."""
        scale = sample.pixel_scale
        model = GalaxyModel(
            bulge_to_total=self._tensor(sample.bulge_to_total),
            bulge_radius=self._tensor(sample.bulge_radius / scale),
            bulge_n=self._tensor(sample.bulge_n),
            bulge_axis_ratio=self._tensor(sample.bulge_axis_ratio),
            bulge_angle=self._tensor(sample.bulge_angle),
            disk_radius=self._tensor(sample.disk_radius / scale),
            disk_n=self._tensor(sample.disk_n),
            disk_axis_ratio=self._tensor(sample.disk_axis_ratio),
            disk_angle=self._tensor(sample.disk_angle),
            dx=self._tensor(sample.dx),
            dy=self._tensor(sample.dy),
        )
        psf = PsfTransform.kolmogorov(self._tensor(sample.psf_fwhm / scale))
        return self._renderer(model, psf)

    def _noise(
        self, rng: np.random.Generator, light: torch.Tensor, sample: GalaxySample
    ) -> torch.Tensor:
        """Noise of unit variance in the sky, more where the galaxy shines.

        A kernel (c, 1, c) along both axes correlates neighbours by
        ``rho = 2 c / (1 + 2 c^2)``.
        """
        n, ny, nx = light.shape
        generator = torch.Generator().manual_seed(int(rng.integers(2**63 - 1)))
        noise = torch.randn((n, ny + 2, nx + 2), generator=generator).to(self.device)
        correlation = sample.noise_correlation
        if correlation.any():
            rho = np.where(correlation > 0, correlation, 1.0)
            c = (1 - np.sqrt(1 - np.minimum(2 * rho**2, 1))) / (2 * rho)
            side = self._column(np.where(correlation > 0, c, 0.0))
            noise[:, 1:-1] = noise[:, 1:-1] + side * (noise[:, :-2] + noise[:, 2:])
            noise[:, :, 1:-1] = noise[:, :, 1:-1] + side * (noise[:, :, :-2] + noise[:, :, 2:])
            noise /= 1 + 2 * side**2
        sky = self._column(sample.sky_electrons)
        return noise[:, 1:-1, 1:-1] * torch.sqrt(1 + light.clamp_min(0) / sky)

    def _neighbours(
        self, rng: np.random.Generator, light: torch.Tensor
    ) -> tuple[torch.Tensor | float, torch.Tensor]:
        """Light of a second galaxy, and the pixels that are not its own.

        The second galaxy is the one before in the batch, moved. Of its grown
        footprint those pixels are lost that are nearer to it: what the
        stamps do with a footprint of its own, and with one that is shared.
        """
        if self.conditions.neighbour_share == 0:
            return 0.0, torch.ones(light.shape, dtype=torch.bool, device=self.device)
        n, half = len(light), self.size // 2
        has = rng.uniform(0.0, 1.0, n) < self.conditions.neighbour_share
        distance = rng.uniform(6.0, half, n)
        angle = rng.uniform(0.0, 2 * np.pi, n)
        move_x = self._whole(distance * np.cos(angle))
        move_y = self._whole(distance * np.sin(angle))
        from_y, from_x = self._y - move_y + half, self._x - move_x + half
        inside = (from_y >= 0) & (from_y < self.size) & (from_x >= 0) & (from_x < self.size)
        donor = (torch.arange(n, device=self.device) - 1)[:, None, None]
        source = light[donor, from_y.clamp(0, self.size - 1), from_x.clamp(0, self.size - 1)]
        # No brighter than the galaxy itself by far: such a pair is no stamp of it.
        faint = light.amax(dim=(1, 2)).roll(1) < 10 * light.amax(dim=(1, 2))
        shown = torch.from_numpy(has).to(self.device) & faint
        source = source * (inside & shown[:, None, None])
        nearer = (self._x - move_x) ** 2 + (self._y - move_y) ** 2 < self._x**2 + self._y**2
        return source, ~((source > _FOOTPRINT_EDGE) & nearer)

    def _border(self, rng: np.random.Generator, n: int) -> torch.Tensor:
        """Pixels beyond the border of an image, on one side of some stamps."""
        has = rng.uniform(0.0, 1.0, n) < self.conditions.border_share
        distance = np.where(has, rng.uniform(2.0, self.size // 2, n), self.size)
        side = rng.integers(4, size=n)
        along = self._column(np.array([1, -1, 0, 0])[side]) * self._x
        across = self._column(np.array([0, 0, 1, -1])[side]) * self._y
        return along + across > self._column(distance)

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.asarray(values, np.float32)).to(self.device)

    def _column(self, values: np.ndarray) -> torch.Tensor:
        return self._tensor(values)[:, None, None]

    def _whole(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.rint(values).astype(np.int64)).to(self.device)[:, None, None]
