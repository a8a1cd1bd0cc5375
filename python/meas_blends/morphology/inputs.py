"""What the compact network is given, alike in training and in use."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

__all__ = [
    "CHANNELS",
    "InputLayout",
    "NetworkInputs",
    "aperture_fluxes",
    "cut_view",
    "network_inputs",
]

#: Channels of each view: pixels over the noise, over the flux, and usable ones.
CHANNELS = 3

#: Brings the arsinh of pixels of all but the brightest galaxies near to one.
_IMAGE_SCALE = 0.3

#: Surface brightness [flux / area of the PSF] from which the second channel is logarithmic.
_SOFTENING = 0.01

#: Power of the S/N by which apertures count in the flux that the network corrects.
_SIGNAL_POWER = 4


@dataclass(frozen=True)
class InputLayout:
    """Which parts of a stamp the network sees, and which fluxes it is told.

    Parameters
    ----------
    stamp_size : `int`
        Side of the stamps [pixel].
    views : `tuple` [`int`, ...]
        Binning of each view of the centre [pixel]: 1 shows every pixel, 4
        shows a part four times as wide.
    view_size : `int`
        Side of the views [binned pixel].
    apertures : `tuple` [`float`, ...]
        Widths of Gaussian apertures, in widths of the PSF.
    """

    stamp_size: int = 64
    views: tuple[int, ...] = (1,)
    view_size: int = 64
    apertures: tuple[float, ...] = (2.0, 3.2, 5.0, 8.0)

    @property
    def n_numbers(self) -> int:
        """Numbers beside the images: PSF, noise, signal, and the apertures' fluxes."""
        return 3 + 2 * len(self.apertures)


@dataclass(frozen=True)
class NetworkInputs:
    """A batch for the network.

    Parameters
    ----------
    images : `torch.Tensor`, (n, views, 3, view_size, view_size)
        arsinh of the pixels (Ghosh et al. 2022, Sec. 5) over the noise and
        over the flux, and which share of each is usable.
    numbers : `torch.Tensor`, (n, n_numbers)
        Of PSF, noise and signal.
    log_flux : `torch.Tensor`, (n,)
        Log of the positive flux [sky noise] in the apertures, which the
        network's flux is an offset from.
    signal_to_noise : `torch.Tensor`, (n,)
        The highest of an aperture, in white noise; may be negative.
    """

    images: torch.Tensor
    numbers: torch.Tensor
    log_flux: torch.Tensor
    signal_to_noise: torch.Tensor


def aperture_fluxes(
    images: torch.Tensor, usable: torch.Tensor, width: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Flux through Gaussian windows.

    Parameters
    ----------
    images : `torch.Tensor`, (n, size, size)
        In units of the sky noise; zero where not usable.
    usable : `torch.Tensor` of `bool`, (n, size, size)
        Pixels that count.
    width : `torch.Tensor`, (n, k)
        Of the windows [pixel].

    Returns
    -------
    flux : `torch.Tensor`, (n, k)
        Weighted sums [sky noise].
    error : `torch.Tensor`, (n, k)
        Their standard errors in white noise, never zero.
    """
    size = images.shape[-1]
    position = torch.arange(size, device=images.device, dtype=images.dtype) - size // 2
    weight = torch.exp(-0.5 * (position / width[:, :, None]) ** 2)
    flux = torch.einsum("nkx,nkx->nk", weight, weight @ images)
    squared = weight**2
    error = torch.einsum("nkx,nkx->nk", squared, squared @ usable.to(images.dtype))
    return flux, torch.sqrt(error.clamp_min(1.0))


def cut_view(images: torch.Tensor, binning: int, size: int) -> torch.Tensor:
    """Sum the pixels around the centre in bins.

    Parameters
    ----------
    images : `torch.Tensor`, (n, stamp, stamp)
        Centred on the pixel ``[stamp // 2, stamp // 2]``.
    binning : `int`
        Side of the bins [pixel].
    size : `int`
        Bins along each axis; the centre is the first pixel of the bin
        ``[size // 2, size // 2]``. Beyond the stamp there is nothing.

    Returns
    -------
    view : `torch.Tensor`, (n, size, size)
    """
    stamp = images.shape[-1]
    before = binning * (size // 2) - stamp // 2
    after = binning * size - before - stamp
    view = functional.pad(images, (before, after, before, after))
    if binning == 1:
        return view
    return functional.avg_pool2d(view[:, None], binning)[:, 0] * binning**2


def network_inputs(
    images: torch.Tensor,
    usable: torch.Tensor,
    psf_sigma: torch.Tensor,
    noise_correlation: torch.Tensor,
    layout: InputLayout,
) -> NetworkInputs:
    """Put a batch of stamps into the form that the network takes.

    Parameters
    ----------
    images : `torch.Tensor`, (n, size, size)
        In units of the sky noise; zero where not usable.
    usable : `torch.Tensor` of `bool`, (n, size, size)
        Pixels that belong to the galaxy or to the sky.
    psf_sigma : `torch.Tensor`, (n,)
        Width of the PSF [pixel].
    noise_correlation : `torch.Tensor`, (n,)
        Of pixels side by side.
    layout : `InputLayout`

    Returns
    -------
    inputs : `NetworkInputs`
    """
    width = psf_sigma[:, None] * psf_sigma.new_tensor(layout.apertures)
    flux, error = aperture_fluxes(images, usable, width)
    signal = flux / error
    logs = torch.log(_positive(flux, error))
    # Mostly that of the aperture which fits the galaxy best.
    weight = torch.softmax(_SIGNAL_POWER * torch.log(signal.clamp_min(1.0)), dim=1)
    log_flux = (weight * logs).sum(dim=1)
    numbers = torch.cat(
        [
            2.0 * torch.log(psf_sigma / 1.7)[:, None],
            2.0 * noise_correlation[:, None],
            (0.5 * log_flux - 2.5)[:, None],
            0.5 * torch.asinh(signal) - 1.5,
            logs - log_flux[:, None],
        ],
        dim=1,
    )
    peak = torch.exp(log_flux) / (4 * torch.pi * psf_sigma**2)
    views = [_view(images, usable, peak, binning, layout) for binning in layout.views]
    return NetworkInputs(torch.stack(views, dim=1), numbers, log_flux, signal.amax(dim=1))


def _view(
    images: torch.Tensor,
    usable: torch.Tensor,
    peak: torch.Tensor,
    binning: int,
    layout: InputLayout,
) -> torch.Tensor:
    """Channels of one view, (n, 3, view_size, view_size)."""
    pixels = cut_view(images, binning, layout.view_size)
    share = cut_view(usable.to(images.dtype), binning, layout.view_size) / binning**2
    # Binned white noise keeps its unit variance, binned light its surface brightness.
    brightness = pixels / binning**2 / (_SOFTENING * peak[:, None, None])
    return torch.stack(
        [
            _IMAGE_SCALE * torch.asinh(pixels / binning),
            _IMAGE_SCALE * torch.asinh(brightness),
            share,
        ],
        dim=1,
    )


def _positive(flux: torch.Tensor, error: torch.Tensor) -> torch.Tensor:
    """Positive, and the flux itself where it stands out of the noise."""
    root = torch.sqrt(flux**2 + 4 * error**2)
    # The same number twice: a sum of flux and root cancels where flux is negative.
    return torch.where(flux > 0, 0.5 * (flux + root), 2 * error**2 / (root - flux))
