"""Draw many bulge + disk galaxies at once."""

from __future__ import annotations

import torch

from .model import GalaxyModel
from .nodes import fourier_nodes
from .psf import PsfTransform
from .sersic import SersicTables

__all__ = ["GalaxyRenderer", "image_sum", "stamp_waves"]

#: Pixels drawn at once: a processor's cache holds the arrays of a few stamps.
_CPU_CHUNK, _GPU_CHUNK = 65_536, 4_194_304


class GalaxyRenderer:
    """Renders noise-free stamps of bulge + disk galaxies in batches.

    The profiles' transforms (tabulated, for any Sersic index), the PSF's and
    the pixel's are multiplied in Fourier space and integrated at the stamp's
    pixels, by a rule that needs few nodes (`fourier_nodes`). Each pixel holds the
    integral over it. Agrees with GalSim to 1e-4 of the peak.

    Parameters
    ----------
    size : `int`
        Side of the stamps [pixel].
    device : `torch.device`, optional
        Where to draw.
    """

    def __init__(self, size: int, device: torch.device | str = "cpu") -> None:
        self.size = size
        self.device = torch.device(device)

    def __call__(self, model: GalaxyModel, psf: PsfTransform) -> torch.Tensor:
        """Render galaxies of unit flux.

        Parameters
        ----------
        model : `~meas_blends.morphology.rendering.model.GalaxyModel`
            ``n`` galaxies.
        psf : `~meas_blends.morphology.rendering.psf.PsfTransform`
            Their PSFs.

        Returns
        -------
        images : `torch.Tensor` of float32, (n, size, size)
            Share of the flux in each pixel.
        """
        model = model.to(self.device)
        images = torch.zeros((len(model), self.size, self.size), device=self.device)
        if len(model) == 0:
            return images
        # Narrow PSFs reach further in k: they share their chunks.
        order = torch.argsort(psf.largest).to(self.device)
        pixels = _CPU_CHUNK if self.device.type == "cpu" else _GPU_CHUNK
        for rows in order.split(max(2, pixels // self.size**2)):
            images[rows] = self._draw(model.select(rows), psf.select(rows.to(psf.largest.device)))
        return images

    def _draw(self, model: GalaxyModel, psf: PsfTransform) -> torch.Tensor:
        k, weights = fourier_nodes(psf.largest.to(self.device), self.size)
        bulge = component(
            k, model.bulge_radius, model.bulge_n, model.bulge_axis_ratio, model.bulge_angle
        )
        disk = component(
            k, model.disk_radius, model.disk_n, model.disk_axis_ratio, model.disk_angle
        )
        light = disk.lerp_(bulge, model.bulge_to_total[:, None, None, None])
        real, imaginary = psf(k, k)
        if not psf.has_pixel:
            weights = weights * torch.sinc(k / (2 * torch.pi))
        along = stamp_waves(k, weights, model.dx, self.size)
        # Both signs of ky are there, of kx only one: half the weight.
        up = stamp_waves(k, 0.5 * weights, model.dy, self.size)
        odd = None if imaginary is None else light * imaginary
        return image_sum(light.mul_(real), odd, along, up)


def component(
    k: torch.Tensor,
    radius: torch.Tensor,
    index: torch.Tensor,
    axis_ratio: torch.Tensor,
    angle: torch.Tensor,
) -> torch.Tensor:
    """Transform of elliptical Sersic profiles at ``(k, k)`` and ``(k, -k)``, (n, 2, nodes, nodes).

    Axes: the sign of ky, ky, kx.
    """
    return SersicTables(index)(log_wavenumber(k, radius, axis_ratio, angle))


def log_wavenumber(
    k: torch.Tensor, radius: torch.Tensor, axis_ratio: torch.Tensor, angle: torch.Tensor
) -> torch.Tensor:
    """ln of k times the half-light radius in a round galaxy's frame, (n, 2, nodes, nodes)."""
    cosine, sine = torch.cos(angle), torch.sin(angle)
    minor = (axis_ratio * radius) ** 2
    major = radius**2
    square = k**2
    # |k|^2 r^2 of the ellipse, a quadratic form in kx and ky.
    by_x = (major * cosine**2 + minor * sine**2)[:, None] * square
    by_y = (major * sine**2 + minor * cosine**2)[:, None] * square
    mixed = (2 * (major - minor) * cosine * sine)[:, None] * k
    round_part = by_x[:, None, :] + by_y[:, :, None]
    cross = mixed[:, None, :] * k[:, :, None]
    form = torch.stack([round_part + cross, round_part - cross], dim=1)
    return form.clamp_min_(1e-20).log_().mul_(0.5)


def stamp_waves(
    k: torch.Tensor, weights: torch.Tensor, shift: torch.Tensor, size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted cosines and sines of the nodes at the stamp's pixels, (n, size, nodes) each."""
    position = torch.arange(size, device=k.device) - size // 2 - shift[:, None]
    phase = position[:, :, None] * k[:, None, :]
    return phase.cos().mul_(weights[:, None]), phase.sin_().mul_(weights[:, None])


def image_sum(
    real: torch.Tensor,
    imaginary: torch.Tensor | None,
    along: tuple[torch.Tensor, torch.Tensor],
    up: tuple[torch.Tensor, torch.Tensor],
) -> torch.Tensor:
    """Images from their transforms, the sums over kx and ky apart.

    Parameters
    ----------
    real, imaginary : `torch.Tensor`, (n, 2, nodes, nodes)
        At ``(kx, ky)`` and ``(kx, -ky)``; no imaginary part if `None`.
    along, up : `tuple` of `torch.Tensor`, (n, size, nodes)
        Of `stamp_waves` in x and in y.

    Returns
    -------
    images : `torch.Tensor`, (n, size, size)
    """
    cos_x, sin_x = along
    cos_y, sin_y = up
    # cos(kx x + ky y) + cos(kx x - ky y) and so on: even and odd in ky.
    by_cos = cos_y @ (real[:, 0] + real[:, 1])
    by_sin = sin_y @ (real[:, 0] - real[:, 1])
    if imaginary is not None:
        by_cos -= sin_y @ (imaginary[:, 0] - imaginary[:, 1])
        by_sin += cos_y @ (imaginary[:, 0] + imaginary[:, 1])
    return by_cos @ cos_x.mT - by_sin @ sin_x.mT
