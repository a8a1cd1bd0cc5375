"""Where a fit starts: the network's answer, and the shape of the light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..posterior import Posterior
from .priors import (
    BULGE_AXIS_RATIO,
    BULGE_RADIUS,
    DISK_AXIS_RATIO,
    DISK_RADIUS,
    N_PARAMETERS,
    SHARE,
    GalaxyPrior,
)

__all__ = ["Start", "first_start", "second_start"]

#: Width of the window on the light over the galaxy's radius and PSF, in quadrature.
_WINDOW = 1.2

#: Radii of the components off that of the whole, in units of the prior's scatter: first
#: with the larger bulge, and then with the smaller. Of all that were tried, starts with the
#: bulge somewhat larger miss the best fit least often, and the others find what they miss.
_FIRST, _SECOND = (0.3, -0.3), (-0.5, 0.5)

#: ln flux [sky noise] that no fit starts below.
_FAINTEST = 1.0


@dataclass(frozen=True)
class Start:
    """Starts of ``n`` fits.

    Parameters
    ----------
    z : `torch.Tensor` of float64, (n, 14)
        Unit normals of `GalaxyPrior`.
    log_flux, angle : `torch.Tensor` of float64, (n,)
        Where the priors of flux and angle are centred.
    """

    z: torch.Tensor
    log_flux: torch.Tensor
    angle: torch.Tensor


def first_start(
    images: torch.Tensor, start: Posterior, psf_width: torch.Tensor, prior: GalaxyPrior
) -> Start:
    """Start with a bulge somewhat larger, and a disk somewhat smaller than the whole.

    Parameters
    ----------
    images : `torch.Tensor`, (n, size, size)
        Zero where not usable.
    start : `~meas_blends.morphology.posterior.Posterior`
        The network's, radius in pixels, flux in sky noise.
    psf_width : `torch.Tensor`, (n,)
        [pixel]; roughly.
    prior : `~meas_blends.morphology.refinement.priors.GalaxyPrior`

    Returns
    -------
    start : `Start`
    """
    median = torch.from_numpy(np.ascontiguousarray(start.quantiles[:, :, 3])).to(images.device)
    radius = torch.exp(median[:, 1]).clamp(*prior.radius)
    angle, axis_ratio = _ellipse(images, torch.sqrt(radius**2 + psf_width.double() ** 2))
    values = torch.zeros((len(images), N_PARAMETERS), dtype=torch.float64, device=images.device)
    values[:, SHARE] = torch.sigmoid(median[:, 0])
    for place in (BULGE_RADIUS, DISK_RADIUS):
        values[:, place] = torch.log(radius)
    for place in (BULGE_AXIS_RATIO, DISK_AXIS_RATIO):
        values[:, place] = axis_ratio
    z = prior.fold(values)
    z[:, BULGE_RADIUS] += _FIRST[0]
    z[:, DISK_RADIUS] += _FIRST[1]
    return Start(z, median[:, 2].clamp_min(_FAINTEST), angle)


def second_start(z: torch.Tensor) -> torch.Tensor:
    """Turn the unit normals of first starts into those with a smaller bulge, (n, 14)."""
    z = z.clone()
    z[:, BULGE_RADIUS] += _SECOND[0] - _FIRST[0]
    z[:, DISK_RADIUS] += _SECOND[1] - _FIRST[1]
    return z


def _ellipse(images: torch.Tensor, width: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Angle [rad] and axis ratio from moments in a round window, (n,) each."""
    size = images.shape[-1]
    position = torch.arange(size, device=images.device, dtype=torch.float64) - size // 2
    x, y = position[None, :], position[:, None]
    window = torch.exp(-0.5 * (x**2 + y**2) / (_WINDOW * width[:, None, None]) ** 2)
    light = images.double() * window
    xx, yy = (light * x**2).sum(dim=(1, 2)), (light * y**2).sum(dim=(1, 2))
    xy = (light * x * y).sum(dim=(1, 2))
    angle = 0.5 * torch.atan2(2 * xy, xx - yy)
    # The window and the PSF make rounder by about this factor.
    elongation = 2.0 * torch.hypot(xx - yy, 2 * xy) / (xx + yy).abs().clamp_min(1e-6)
    return angle, (1 - elongation.clamp(0.0, 0.8)) / (1 + elongation.clamp(0.0, 0.8))
