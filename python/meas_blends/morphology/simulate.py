"""Noisy stamps of simulated galaxies, cut as the stamps of real ones are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from .galaxies import GalaxyRanges, GalaxySample, draw_galaxies
from .render import GalaxyRenderer
from .widths import kolmogorov_width

__all__ = ["SimulatedStamps", "StampSimulator"]

#: Chances of what may take pixels from a stamp, or add light to it.
_NEIGHBOUR_CHANCE, _BORDER_CHANCE = 0.4, 0.1

#: Surface brightness [background sigma] down to which a grown footprint reaches.
_FOOTPRINT_EDGE = 0.3

#: Relative error of a PSF's width, and level of sky left in a coadd [sigma].
_PSF_ERROR, _SKY_ERROR = 0.01, 0.02

#: Sky electrons over their Poisson noise: from one short exposure to a deep coadd.
_SKY_ELECTRONS = (50.0, 1000.0)


@dataclass(frozen=True)
class SimulatedStamps:
    """Stamps with their truth.

    Parameters
    ----------
    images : `torch.Tensor`, (n, size, size)
        In background sigma; zero where not usable.
    usable : `torch.Tensor` of `bool`, (n, size, size)
        Pixels that belong to the galaxy or to the sky.
    psf_sigma : `torch.Tensor`, (n,)
        Width of the PSF, pixel included, as `psf_width` gives it [pixel].
    noise_correlation : `torch.Tensor`, (n,)
        Of pixels side by side.
    truth : `numpy.ndarray`, (n, 3)
        B/T, half-light radius [pixel], flux [background sigma].
    signal_to_noise : `numpy.ndarray`, (n,)
        Of the flux with a matched filter in white noise.
    """

    images: torch.Tensor
    usable: torch.Tensor
    psf_sigma: torch.Tensor
    noise_correlation: torch.Tensor
    truth: np.ndarray
    signal_to_noise: np.ndarray


class StampSimulator:
    """Draws galaxies, renders them, and adds what real stamps come with.

    Correlated sky noise, the galaxy's own Poisson noise, a sky level that is
    slightly off, a PSF width known to one per cent, and a second galaxy whose
    footprint is taken out, or the border of an image.

    Parameters
    ----------
    ranges : `~meas_blends.morphology.galaxies.GalaxyRanges`
    size : `int`
        Side of the stamps [pixel].
    device : `torch.device`, optional
    """

    def __init__(self, ranges: GalaxyRanges, size: int, device: torch.device | str = "cpu") -> None:
        self.ranges = ranges
        self.size = size
        self.device = torch.device(device)
        self._render = GalaxyRenderer(size, device)
        position = torch.arange(size, device=self.device) - size // 2
        self._y, self._x = torch.meshgrid(position, position, indexing="ij")

    def draw(self, rng: np.random.Generator, n: int) -> SimulatedStamps:
        """Draw galaxies from the ranges and simulate their stamps."""
        return self.observe(rng, draw_galaxies(rng, n, self.ranges))

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
        n = len(sample)
        shapes = self._render(sample)
        per_flux = torch.sqrt((shapes**2).sum(dim=(1, 2))).double().cpu().numpy()
        flux = sample.signal_to_noise / per_flux
        light = shapes * self._column(flux)
        neighbours, usable = self._neighbours(rng, light)
        correlation = rng.uniform(0.0, 0.5, n) * (rng.uniform(0.0, 1.0, n) < 0.7)
        images = light + neighbours
        images = images + self._noise(rng, images, correlation)
        images += self._column(_SKY_ERROR * rng.standard_normal(n))
        usable &= ~self._border(rng, n)
        psf_sigma = kolmogorov_width(sample.psf_fwhm / sample.pixel_scale)
        psf_sigma *= 1.0 + _PSF_ERROR * rng.standard_normal(n)
        radius = sample.half_light_radius / sample.pixel_scale
        return SimulatedStamps(
            images=images * usable,
            usable=usable,
            psf_sigma=self._tensor(psf_sigma),
            noise_correlation=self._tensor(correlation),
            truth=np.stack([sample.bulge_to_total, radius, flux], axis=1),
            signal_to_noise=sample.signal_to_noise,
        )

    def _noise(
        self, rng: np.random.Generator, light: torch.Tensor, correlation: np.ndarray
    ) -> torch.Tensor:
        """Noise of unit variance in the sky, more where the galaxy shines.

        A kernel (c, 1, c) along both axes correlates neighbours by
        ``rho = 2 c / (1 + 2 c^2)``.
        """
        n, ny, nx = light.shape
        generator = torch.Generator().manual_seed(int(rng.integers(2**63 - 1)))
        white = torch.randn((n, ny + 2, nx + 2), generator=generator).to(self.device)
        rho = np.where(correlation > 0, correlation, 1.0)
        c = np.where(correlation > 0, (1 - np.sqrt(1 - np.minimum(2 * rho**2, 1))) / (2 * rho), 0.0)
        side = self._column(c)
        noise = white[:, 1:-1] + side * (white[:, :-2] + white[:, 2:])
        noise = noise[:, :, 1:-1] + side * (noise[:, :, :-2] + noise[:, :, 2:])
        noise = noise / (1 + 2 * side**2)
        sky = self._column(np.exp(rng.uniform(*np.log(_SKY_ELECTRONS), n)))
        return noise * torch.sqrt(1 + light.clamp_min(0) / sky)

    def _neighbours(
        self, rng: np.random.Generator, light: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Light of a second galaxy, and the pixels that are not its own.

        The second galaxy is the one before in the batch, moved. Of its grown
        footprint those pixels are lost that are nearer to it: what the
        stamps do with a footprint of its own, and with one that is shared.
        """
        n, half = len(light), self.size // 2
        has = rng.uniform(0.0, 1.0, n) < _NEIGHBOUR_CHANCE
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
        has = rng.uniform(0.0, 1.0, n) < _BORDER_CHANCE
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
