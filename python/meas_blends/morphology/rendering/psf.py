"""PSFs in Fourier space: round profiles by a table, images by their own sums."""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from scipy.special import gamma, kv

from ...errors import BadInputError

__all__ = ["ImagePsf", "PsfTransform", "RadialPsf"]

#: Below this, what a PSF lets through is left out.
_CUT = 3e-5

#: Steps of the tables in k.
_STEPS = 2048

#: Of a Kolmogorov PSF, exp(-_MTF (k FWHM)^(5/3)): 6.8839 / 2 (k lambda / 2 pi r0)^(5/3)
#: with FWHM = 0.97586343 lambda / r0 (Fried 1966, JOSA 56, 1372).
_MTF = 0.5 * 6.8838771822938 * (2 * math.pi * 0.9758634299) ** (-5.0 / 3.0)


class PsfTransform:
    """Fourier transforms of the PSFs of ``n`` stamps; make one by a class method.

    Attributes
    ----------
    largest : `torch.Tensor`, (n,)
        Largest wavenumber that the PSF lets through [radian/pixel].
    has_pixel : `bool`
        Is the pixel in it?
    """

    largest: torch.Tensor
    has_pixel: bool

    @staticmethod
    def kolmogorov(fwhm: torch.Tensor) -> RadialPsf:
        """Kolmogorov PSFs before the pixel, of FWHM ``(n,)`` [pixel]."""
        fwhm = torch.as_tensor(fwhm, dtype=torch.float32)
        end = (-math.log(_CUT) / _MTF) ** 0.6
        k = torch.linspace(0.0, end, _STEPS, dtype=torch.float64)
        table = torch.exp(-_MTF * k ** (5.0 / 3.0)).float()
        return RadialPsf(table[None], torch.zeros_like(fwhm, dtype=torch.int64), end / fwhm)

    @staticmethod
    def moffat(fwhm: torch.Tensor, beta: float) -> RadialPsf:
        """Moffat PSFs before the pixel, of FWHM ``(n,)`` [pixel] and one ``beta`` above 1."""
        fwhm = torch.as_tensor(fwhm, dtype=torch.float32)
        values, end = _moffat_table(float(beta))
        core = fwhm / (2 * math.sqrt(2 ** (1 / beta) - 1))
        table = torch.from_numpy(values).to(fwhm.device)
        return RadialPsf(table[None], torch.zeros_like(fwhm, dtype=torch.int64), end / core)

    @staticmethod
    def from_images(images: torch.Tensor, row: torch.Tensor | None = None) -> ImagePsf:
        """PSF images, pixel included, centred on their middle pixel.

        Parameters
        ----------
        images : `torch.Tensor`, (m, p, p)
            p odd. They are scaled to unit sum.
        row : `torch.Tensor` of int64, (n,), optional
            Which image each stamp has; if not given, stamp i has image i.
        """
        return ImagePsf(images, row)

    def __len__(self) -> int:
        return len(self.largest)

    def select(self, rows: slice | torch.Tensor) -> PsfTransform:
        """Return those of some stamps."""
        raise NotImplementedError

    def __call__(
        self, kx: torch.Tensor, ky: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Real and imaginary part at wavenumbers.

        Parameters
        ----------
        kx, ky : `torch.Tensor`, (n, c), (n, r)
            Columns and rows of a grid each [radian/pixel].

        Returns
        -------
        real, imaginary : `torch.Tensor`, (n, 2, r, c)
            At ``(kx, ky)`` and at ``(kx, -ky)``. A round PSF has no
            imaginary part, and the same at both: (n, 1, r, c) and `None`.
        """
        raise NotImplementedError


class RadialPsf(PsfTransform):
    """Round PSFs, tabulated in k from 0 to the largest.

    Parameters
    ----------
    tables : `torch.Tensor`, (m, steps)
        At equal steps of k over ``largest``.
    row : `torch.Tensor` of int64, (n,)
        Each stamp's table.
    largest : `torch.Tensor`, (n,)
        [radian/pixel].
    """

    has_pixel = False

    def __init__(self, tables: torch.Tensor, row: torch.Tensor, largest: torch.Tensor) -> None:
        self._tables, self._row, self.largest = tables, row, largest

    def select(self, rows: slice | torch.Tensor) -> RadialPsf:
        """Return those of some stamps."""
        return RadialPsf(self._tables, self._row[rows], self.largest[rows])

    def __call__(self, kx: torch.Tensor, ky: torch.Tensor) -> tuple[torch.Tensor, None]:
        """See `PsfTransform`."""
        steps = self._tables.shape[1]
        scale = ((steps - 1) / self.largest.to(kx.device))[:, None]
        kx, ky = kx * scale, ky * scale
        place = (kx[:, None, :] ** 2 + ky[:, :, None] ** 2).sqrt_()
        beyond = place > steps - 1
        place = place.clamp_(max=steps - 1.001)
        low = place.to(torch.int32)
        place.sub_(low)
        low.add_((self._row.to(kx.device) * steps).to(torch.int32)[:, None, None])
        flat = self._tables.to(kx.device).view(-1)
        below = flat.index_select(0, low.view(-1)).view(low.shape)
        above = flat.index_select(0, low.add_(1).view(-1)).view(low.shape)
        return below.lerp_(above, place).masked_fill_(beyond, 0.0)[:, None], None


class ImagePsf(PsfTransform):
    """PSF images; see `PsfTransform.from_images`.

    Raises
    ------
    BadInputError
        If the images have no middle pixel or no light.
    """

    has_pixel = True

    def __init__(self, images: torch.Tensor, row: torch.Tensor | None = None) -> None:
        images = torch.as_tensor(images, dtype=torch.float32)
        if images.dim() != 3 or images.shape[1] % 2 == 0 or images.shape[2] % 2 == 0:
            raise BadInputError(
                f"PSF images of shape {tuple(images.shape)} have no middle pixel;"
                " give (n, odd, odd)."
            )
        total = images.sum(dim=(1, 2), keepdim=True)
        if not bool((torch.isfinite(total) & (total > 0)).all()):
            raise BadInputError("a PSF image has no light in it; give one that sums to above 0.")
        self._images = images / total
        self._row = torch.arange(len(images), device=images.device) if row is None else row
        # The pixels know nothing beyond.
        self.largest = torch.full((len(self._row),), math.pi, device=images.device)

    def select(self, rows: slice | torch.Tensor) -> ImagePsf:
        """Return those of some stamps."""
        chosen = ImagePsf.__new__(ImagePsf)
        chosen._images, chosen._row = self._images, self._row[rows]
        chosen.largest = self.largest[rows]
        return chosen

    def __call__(self, kx: torch.Tensor, ky: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See `PsfTransform`."""
        if bool((kx == kx[:1]).all()) and bool((ky == ky[:1]).all()):
            # One grid for all: each image is transformed once.
            used, inverse = torch.unique(self._row, return_inverse=True)
            images = self._images[used].to(kx.device)
            kx, ky = kx[:1], ky[:1]
        else:
            inverse, images = None, self._images[self._row].to(kx.device)
        half_y, half_x = images.shape[1] // 2, images.shape[2] // 2
        phase_y = ky[:, :, None] * torch.arange(-half_y, half_y + 1, device=kx.device)
        phase_x = kx[:, :, None] * torch.arange(-half_x, half_x + 1, device=kx.device)
        cos_x, sin_x = phase_x.cos().mT, phase_x.sin().mT
        along_c, along_s = images @ cos_x, images @ sin_x
        cos_y, sin_y = phase_y.cos(), phase_y.sin()
        cc, ss = cos_y @ along_c, sin_y @ along_s
        cs, sc = cos_y @ along_s, sin_y @ along_c
        real = torch.stack([cc - ss, cc + ss], dim=1)
        imaginary = torch.stack([-sc - cs, sc - cs], dim=1)
        if inverse is not None:
            real, imaginary = real[inverse], imaginary[inverse]
        return real, imaginary


@functools.cache
def _moffat_table(beta: float) -> tuple[np.ndarray, float]:
    """Transform of a Moffat profile of unit core radius, and where it ends.

    ``2 (k / 2)^(beta - 1) K_(beta - 1)(k) / Gamma(beta - 1)``.
    """
    if not beta > 1:
        raise BadInputError(f"beta: a Moffat PSF of {beta} has no finite flux; give more than 1.")

    def transform(k: np.ndarray) -> np.ndarray:
        return 2 * (k / 2) ** (beta - 1) * kv(beta - 1, k) / gamma(beta - 1)

    trial = np.linspace(0.01, 60.0, 6000)
    end = float(trial[np.argmax(transform(trial) < _CUT)])
    values = np.ones(_STEPS)
    values[1:] = transform(np.linspace(0.0, end, _STEPS)[1:])
    return values.astype(np.float32), end
