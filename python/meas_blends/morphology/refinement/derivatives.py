"""Images of galaxies and their derivatives, in Fourier space, whitened as they are drawn."""

from __future__ import annotations

import torch

from ..rendering.model import GalaxyModel
from ..rendering.nodes import fourier_nodes
from ..rendering.psf import PsfTransform
from ..rendering.sersic import SersicTables

__all__ = ["RAW", "Derivatives"]

#: Number of raw images.
RAW = 14

#: Raw images of a disk alone and of a bulge alone.
_OF_SINGLE = {0.0: [0, *range(6, 14)], 1.0: [0, *range(2, 6), *range(10, 14)]}

#: Grading and margin of the Fourier nodes: good to 1e-4 of the peak with fewer nodes.
_NODES = (1.5, 16)

#: Share of the wavenumbers that the PSF lets through: beyond is 2e-4 of a star's peak.
_REACH = 0.9

#: Relative step of the PSF's width.
_STEP = 0.01


class Derivatives:
    """Draws a batch of galaxies and what they change by, again and again.

    All that does not change while galaxies are fitted is computed once: the
    nodes, the PSFs, and the waves at the stamps' pixels, to which the
    whitening is applied. A PSF's odd part, which no shape of a symmetric
    galaxy looks like, is left out.

    Parameters
    ----------
    psf : `~meas_blends.morphology.rendering.psf.PsfTransform`
        Of ``n`` stamps.
    whiten : `torch.Tensor`, (n, size, size)
        Of `~meas_blends.morphology.refinement.noise.whitening`.
    """

    def __init__(self, psf: PsfTransform, whiten: torch.Tensor) -> None:
        self.size, device = whiten.shape[1], whiten.device
        k, weights = fourier_nodes(_REACH * psf.largest.to(device), self.size, *_NODES)
        self._k = k
        real, _ = psf(k, k)
        self._psf = real
        narrow, wide = (psf(k * part, k * part)[0] for part in (1 - _STEP, 1 + _STEP))
        # A wider PSF is the same at smaller k.
        self._psf_slope = wide.sub_(narrow).div_(2 * _STEP)
        if not psf.has_pixel:
            weights = weights * torch.sinc(k / (2 * torch.pi))
        position = torch.arange(self.size, device=device) - self.size // 2
        phase = position[:, None] * k[:, None, :]
        self._cos_x = whiten @ (phase.cos() * weights[:, None])
        self._sin_x = whiten @ (phase.sin() * weights[:, None])
        flat = whiten.sum(dim=2)
        self._sky = flat[:, :, None] * flat[:, None, :]

    def select(self, rows: torch.Tensor) -> Derivatives:
        """Return those of some stamps."""
        chosen = Derivatives.__new__(Derivatives)
        chosen.size = self.size
        for name in ("_k", "_psf", "_psf_slope", "_cos_x", "_sin_x", "_sky"):
            setattr(chosen, name, getattr(self, name)[rows])
        return chosen

    def __call__(self, model: GalaxyModel, single: float | None = None) -> torch.Tensor:
        """Draw the raw images.

        Parameters
        ----------
        model : `~meas_blends.morphology.rendering.model.GalaxyModel`
            ``n`` galaxies.
        single : `float`, optional
            B/T, 0 or 1, if that of all. What the component that is not there
            could change is then not drawn, but zero.

        Returns
        -------
        images : `torch.Tensor`, (n, 14, size, size)
            Whitened, of unit flux: the galaxy;
            bulge less disk; the bulge's derivatives by ln radius, ln n, axis
            ratio and angle, the disk's; then derivatives of the galaxy by dx,
            dy and ln of the PSF's width; and a sky of 1.
        """
        even, odd = self._amplitudes(model, single)
        nodes = self._k.shape[1]
        along_x, along_y = self._waves(model.dx), self._waves(model.dy)
        (cos_x, sin_x), (cos_y, sin_y) = along_x, (0.5 * wave for wave in along_y)
        k = self._k[:, None, :]
        columns = self._columns(even, odd, along_y)
        images = self._images(*columns, along_x)
        by_cos, by_sin = (column[:, :, :nodes] for column in columns)
        by_x = by_cos @ (k * sin_x).mT + by_sin @ (k * cos_x).mT
        by_y = (k * sin_y @ even[:, :, 0]) @ cos_x.mT + (k * cos_y @ odd[:, :, 0]) @ sin_x.mT
        drawn = torch.cat(
            [images[:, :-1], by_x[:, None], by_y[:, None], images[:, -1:], self._sky[:, None]],
            dim=1,
        )
        if single is None:
            return drawn
        whole = torch.zeros((len(drawn), RAW, self.size, self.size), device=drawn.device)
        whole[:, _OF_SINGLE[single]] = drawn
        return whole

    def components(
        self,
        radius: torch.Tensor,
        index: float,
        axis_ratio: torch.Tensor,
        angle: torch.Tensor,
        dx: torch.Tensor,
        dy: torch.Tensor,
    ) -> torch.Tensor:
        """Draw profiles of several radii, without derivatives.

        Parameters
        ----------
        radius : `torch.Tensor`, (m,)
            Half-light radii, major axis [pixel].
        index : `float`
            Sersic index of all.
        axis_ratio, angle, dx, dy : `torch.Tensor`, (n,)
            Of each stamp; angle [rad], offsets [pixel].

        Returns
        -------
        images : `torch.Tensor`, (n, m, size, size)
            Whitened, of unit flux.
        """
        (n, nodes), m = self._k.shape, len(radius)
        log_wave = self._square(axis_ratio, angle).log_().mul_(0.5)
        tables = SersicTables(torch.full((n,), index, device=self._k.device))
        even = torch.empty((n, nodes, m, nodes), device=self._k.device)
        odd = torch.empty_like(even)
        for i, log_radius in enumerate(torch.log(radius).tolist()):
            self._split(tables(log_wave + log_radius) * self._psf, even[:, :, i], odd[:, :, i])
        columns = self._columns(even, odd, self._waves(dy))
        return self._images(*columns, self._waves(dx))

    def _waves(self, shift: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Whitened cosines and sines about a centre, (n, size, nodes) each."""
        phase = (self._k * shift[:, None])[:, None, :]
        cosine, sine = phase.cos(), phase.sin()
        return (
            self._cos_x * cosine + self._sin_x * sine,
            self._sin_x * cosine - self._cos_x * sine,
        )

    def _columns(
        self, even: torch.Tensor, odd: torch.Tensor, along_y: tuple[torch.Tensor, torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Transform back along y, (n, size, images * kx) each."""
        # Both signs of ky are there, of kx only one: half the weight.
        cosine, sine = (0.5 * wave for wave in along_y)
        return cosine @ even.flatten(2), sine @ odd.flatten(2)

    def _images(
        self,
        by_cos: torch.Tensor,
        by_sin: torch.Tensor,
        along_x: tuple[torch.Tensor, torch.Tensor],
    ) -> torch.Tensor:
        """Transform back along x, (n, images, size, size)."""
        n, nodes = self._k.shape
        cosine, sine = along_x
        images = torch.bmm(by_cos.view(n, -1, nodes), cosine.mT)
        images.baddbmm_(by_sin.view(n, -1, nodes), sine.mT, alpha=-1)
        return images.view(n, self.size, -1, self.size).transpose(1, 2)

    def _amplitudes(
        self, model: GalaxyModel, single: float | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum and difference over the signs of ky of the transforms, (n, ky, images, kx).

        Of all raw images but those by dx, dy and sky.
        """
        bulge = (model.bulge_radius, model.bulge_n, model.bulge_axis_ratio, model.bulge_angle)
        disk = (model.disk_radius, model.disk_n, model.disk_axis_ratio, model.disk_angle)
        if single is None:
            bulge, disk = self._component(*bulge), self._component(*disk)
            difference = bulge[0] - disk[0]
            share = model.bulge_to_total[:, None, None, None]
            total = torch.addcmul(disk[0], difference, share)
            parts = [total, difference, *bulge[1:], *disk[1:]]
        else:
            parts = self._component(*(disk if single == 0 else bulge))
        n, nodes = self._k.shape
        even = torch.empty((n, nodes, len(parts) + 1, nodes), device=self._k.device)
        odd = torch.empty_like(even)
        for i, part in enumerate(parts):
            if i == 0:
                self._split(part * self._psf_slope, even[:, :, -1], odd[:, :, -1])
            self._split(part * self._psf, even[:, :, i], odd[:, :, i])
        return even, odd

    @staticmethod
    def _split(part: torch.Tensor, even: torch.Tensor, odd: torch.Tensor) -> None:
        torch.add(part[:, 0], part[:, 1], out=even)
        torch.sub(part[:, 0], part[:, 1], out=odd)

    def _component(
        self,
        radius: torch.Tensor,
        index: torch.Tensor,
        axis_ratio: torch.Tensor,
        angle: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """Transform of a profile and its derivatives, (n, 2, nodes, nodes) each."""
        cosine, sine = torch.cos(angle)[:, None], torch.sin(angle)[:, None]
        q2 = (axis_ratio**2)[:, None]
        wave = self._square(axis_ratio, angle)
        minor = self._form(sine**2, cosine**2, -2 * cosine * sine)
        turned = self._form(-cosine * sine, cosine * sine, cosine**2 - sine**2)
        log_k = torch.log(wave).mul_(0.5).add_(torch.log(radius)[:, None, None, None])
        value, by_radius, by_index = SersicTables(index, slopes=True).with_slopes(log_k)
        rate = by_radius / wave
        by_axis_ratio = minor.mul_(rate).mul_(axis_ratio[:, None, None, None])
        by_angle = turned.mul_(rate).mul_((1 - q2)[:, :, None, None])
        return value, by_radius, by_index, by_axis_ratio, by_angle

    def _square(self, axis_ratio: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
        """Squares of the wavenumbers as seen along a profile's axes, (n, 2, nodes, nodes)."""
        cosine, sine = torch.cos(angle)[:, None], torch.sin(angle)[:, None]
        q2 = (axis_ratio**2)[:, None]
        return self._form(
            cosine**2 + q2 * sine**2, sine**2 + q2 * cosine**2, 2 * (1 - q2) * cosine * sine
        ).clamp_min_(1e-20)

    def _form(self, by_x: torch.Tensor, by_y: torch.Tensor, mixed: torch.Tensor) -> torch.Tensor:
        """A quadratic form in (kx, ky) and (kx, -ky)."""
        k = self._k
        square = k**2
        same = (by_x * square)[:, None, :] + (by_y * square)[:, :, None]
        cross = (mixed * k)[:, None, :] * k[:, :, None]
        return torch.stack([same + cross, same - cross], dim=1)
