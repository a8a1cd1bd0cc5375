"""What the network is given besides pixels, alike in training and in use."""

from __future__ import annotations

from dataclasses import dataclass

import torch

__all__ = ["NetworkInputs", "aperture_flux", "network_inputs"]

#: Width of the Gaussian aperture over the PSF's: also a galaxy a few times
#: larger than the PSF gives it most of its signal.
_APERTURE = 2.0

#: Brings the arsinh of pixels of all but the brightest galaxies near to one.
_IMAGE_SCALE = 0.3


@dataclass(frozen=True)
class NetworkInputs:
    """A batch for the network.

    Parameters
    ----------
    images : `torch.Tensor`, (n, 2, size, size)
        arsinh of the pixels (Ghosh et al. 2022, Sec. 5), and which are
        usable.
    numbers : `torch.Tensor`, (n, 3)
        Of PSF, noise and signal.
    log_aperture : `torch.Tensor`, (n,)
        Log of the positive aperture flux [background sigma] that the
        network's flux is an offset from.
    signal_to_noise : `torch.Tensor`, (n,)
        Of the aperture flux, in white noise; may be negative.
    """

    images: torch.Tensor
    numbers: torch.Tensor
    log_aperture: torch.Tensor
    signal_to_noise: torch.Tensor


def aperture_flux(
    images: torch.Tensor, usable: torch.Tensor, psf_sigma: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Flux through a Gaussian window twice as wide as the PSF.

    Parameters
    ----------
    images : `torch.Tensor`, (n, size, size)
        In background sigma; zero where not usable.
    usable : `torch.Tensor` of `bool`, (n, size, size)
        Pixels that count.
    psf_sigma : `torch.Tensor`, (n,)
        [pixel].

    Returns
    -------
    flux : `torch.Tensor`, (n,)
        Weighted sum [background sigma].
    error : `torch.Tensor`, (n,)
        Its standard error in white noise, never zero.
    """
    size = images.shape[-1]
    position = torch.arange(size, device=images.device, dtype=images.dtype) - size // 2
    weight = torch.exp(-0.5 * (position / (_APERTURE * psf_sigma[:, None])) ** 2)
    flux = torch.einsum("nyx,ny,nx->n", images, weight, weight)
    squared = weight**2
    error = torch.einsum("nyx,ny,nx->n", usable.to(images.dtype), squared, squared)
    return flux, torch.sqrt(error.clamp_min(1.0))


def network_inputs(
    images: torch.Tensor,
    usable: torch.Tensor,
    psf_sigma: torch.Tensor,
    noise_correlation: torch.Tensor,
) -> NetworkInputs:
    """Put a batch of stamps into the form that the network takes.

    Parameters
    ----------
    images : `torch.Tensor`, (n, size, size)
        In background sigma; zero where not usable.
    usable : `torch.Tensor` of `bool`, (n, size, size)
        Pixels that belong to the galaxy or to the sky.
    psf_sigma : `torch.Tensor`, (n,)
        Width of the PSF [pixel].
    noise_correlation : `torch.Tensor`, (n,)
        Of pixels side by side.

    Returns
    -------
    inputs : `NetworkInputs`
    """
    flux, error = aperture_flux(images, usable, psf_sigma)
    # Positive, and the flux itself where it stands out of the noise.
    root = torch.sqrt(flux**2 + 4 * error**2)
    # The same number twice: a sum of flux and root cancels where flux is negative.
    positive = torch.where(flux > 0, 0.5 * (flux + root), 2 * error**2 / (root - flux))
    signal_to_noise = flux / error
    numbers = torch.stack(
        [
            2.0 * torch.log(psf_sigma / 1.7),
            2.0 * noise_correlation,
            0.5 * torch.asinh(signal_to_noise) - 1.5,
        ],
        dim=1,
    )
    channels = torch.stack([_IMAGE_SCALE * torch.asinh(images), usable.to(images.dtype)], dim=1)
    return NetworkInputs(channels, numbers, torch.log(positive), signal_to_noise)
