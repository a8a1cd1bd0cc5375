"""What a fit leaves behind in the pixels: how large it is, where, and how sure."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..galaxies import half_light_radius
from ..posterior import Posterior
from ..rendering.psf import PsfTransform
from .fit import Problem
from .hypotheses import Found
from .priors import (
    BULGE_AXIS_RATIO,
    BULGE_N,
    BULGE_RADIUS,
    BULGE_TURN,
    DISK_AXIS_RATIO,
    DISK_N,
    DISK_RADIUS,
    DX,
    DY,
    PSF_WIDTH,
    SHARE,
    SKY,
    Unfolded,
)

__all__ = ["N_FEATURES", "Residuals", "look_at_residuals"]

#: Edges of rings about a galaxy, in units of its half-light ellipse as seen through the PSF.
_RINGS = (0.0, 0.6, 1.2, 2.0, 3.0, 4.5)

#: Edges of the zones whose chi^2 is looked at; the last edge is that of the whole.
_ZONES = (0.0, 1.2, 2.5, 3.5)

#: Neighbours of a pixel that the PSF spreads light to, half of them: the other half comes
#: with the pixels on the other side.
_LAGS = ((0, 1), (1, 0), (1, 1), (1, -1))

#: Light beyond this many half-light ellipses is extrapolated more than seen.
_SEEN = 3.0

#: Parameters whose place within their priors tells of a galaxy unlike all that they allow.
_TELLING = (
    SHARE,
    BULGE_RADIUS,
    BULGE_N,
    BULGE_AXIS_RATIO,
    BULGE_TURN,
    DISK_RADIUS,
    DISK_N,
    DISK_AXIS_RATIO,
    DX,
    DY,
    PSF_WIDTH,
    SKY,
)

#: Numbers of `Residuals.features`.
N_FEATURES = len(_TELLING) + 2 * (len(_RINGS) - 1) + 3 * len(_ZONES) + 16

#: Gaussian width over the wavenumber at which its transform is one half.
_HALF_POWER = math.sqrt(2 * math.log(2))

#: Half width at half maximum of a Gaussian over its width.
_HALF_WIDTH = math.sqrt(2 * math.log(2))

_TINY = 1e-9


@dataclass(frozen=True)
class Residuals:
    """What fits of ``n`` stamps leave behind; NaN where there is no fit.

    Parameters
    ----------
    amplitude : `numpy.ndarray`, (n,)
        Root of the residuals' power beyond noise over that of the light, within
        3.5 half-light ellipses; 0 if there is none. Only what neighbouring
        pixels share counts: a model that does not fit leaves what the PSF has
        smoothed, while noise, whatever its variance, is not shared once it is
        whitened.
    significance : `numpy.ndarray`, (n,)
        How far that power is from zero, in its own standard deviations.
    chi2 : `numpy.ndarray`, (n,)
        chi^2 of a pixel of the same area, of the whitened residuals.
    axis_ratio, angle : `numpy.ndarray`, (n,)
        Of the whole galaxy; minor over major axis, from +x to +y [rad].
    dx, dy : `numpy.ndarray`, (n,)
        Centre, off that of the stamp's pixel ``[size // 2, size // 2]`` [pixel].
    features : `numpy.ndarray`, (n, N_FEATURES)
        All of the same kind that a `MisfitMap` learns from.
    """

    amplitude: np.ndarray
    significance: np.ndarray
    chi2: np.ndarray
    axis_ratio: np.ndarray
    angle: np.ndarray
    dx: np.ndarray
    dy: np.ndarray
    features: np.ndarray

    @classmethod
    def unknown(cls, n: int) -> Residuals:
        """Return those of stamps that are not fitted."""
        nothing = (np.full(n, np.nan) for _ in range(len(dataclasses.fields(cls)) - 1))
        return cls(*nothing, np.full((n, N_FEATURES), np.nan))

    @classmethod
    def concatenate(cls, parts: Sequence[Residuals]) -> Residuals:
        """Join batches, at least one."""
        names = (field.name for field in dataclasses.fields(cls))
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def select(self, rows: np.ndarray | slice) -> Residuals:
        """Return those of some stamps."""
        names = (field.name for field in dataclasses.fields(self))
        return Residuals(*(getattr(self, name)[rows] for name in names))

    def put(self, rows: np.ndarray, part: Residuals) -> None:
        """Fill in those of some stamps."""
        for field in dataclasses.fields(self):
            getattr(self, field.name)[rows] = getattr(part, field.name)


def look_at_residuals(
    problem: Problem,
    found: Found,
    start: Posterior,
    psf: PsfTransform,
    noise_correlation: torch.Tensor,
    sky_electrons: torch.Tensor,
) -> Residuals:
    """Hold fits against the pixels.

    Parameters
    ----------
    problem : `~meas_blends.morphology.refinement.fit.Problem`
        ``n`` stamps.
    found : `~meas_blends.morphology.refinement.hypotheses.Found`
    start : `~meas_blends.morphology.posterior.Posterior`
        What a network says of the same.
    psf : `~meas_blends.morphology.rendering.psf.PsfTransform`
    noise_correlation, sky_electrons : `torch.Tensor`, (n,)

    Returns
    -------
    residuals : `Residuals`
    """
    everything = torch.arange(len(problem.data), device=problem.data.device)
    galaxies = problem.unfold(everything, found.z, found.share)
    width = _psf_width(psf).to(problem.data.device)
    radius = _radius(galaxies)
    ratio, angle = _shape(galaxies)
    distance = _distance(problem, galaxies, radius, ratio, angle, width)
    whitened, model, pixels, light = _left(problem, galaxies)
    flux = galaxies.flux.float()
    noise = _sum_noise(noise_correlation)
    variance = noise[:, None, None] * (1 + light.clamp_min(0) / sky_electrons[:, None, None])
    variance = variance * (problem.root_weights > 0)
    rings = []
    for low, high in itertools.pairwise(_RINGS):
        ring = (distance >= low) & (distance < high)
        off = (pixels * ring).sum(dim=(1, 2))
        error = torch.sqrt((variance * ring).sum(dim=(1, 2)) + _TINY)
        rings += [torch.asinh(off / error), (20 * off / flux).clamp(-5, 5)]
    zones = []
    for low, high in itertools.pairwise(_ZONES):
        power, error, of_light, excess, _ = _power(
            problem, whitened, model, (distance >= low) & (distance < high)
        )
        zones += [torch.asinh(power / error), _decades(power, of_light), torch.asinh(excess)]
    power, error, of_light, excess, mean = _power(problem, whitened, model, distance < _ZONES[-1])
    zones += [torch.asinh(power / error), _decades(power, of_light), torch.asinh(excess)]
    seen = (light * (distance < _SEEN)).sum(dim=(1, 2)) / flux
    z = found.z[:, list(_TELLING)].float().clamp(-4, 4)
    known = torch.stack(
        [
            (1 - seen).clamp(-0.2, 1.0),
            torch.log(torch.sqrt((model**2).sum(dim=(1, 2))) + 1),
            torch.log(radius / width).float(),
            torch.log(ratio).float(),
            torch.log(width).float(),
            noise_correlation.float(),
        ],
        dim=1,
    )
    features = [part.cpu().numpy() for part in (z, torch.stack(rings + zones, dim=1), known)]
    features += [_beside(found.posterior, start)]
    return Residuals(
        np.sqrt(np.maximum((power / (of_light + _TINY)).cpu().numpy(), 0.0)).astype(float),
        (power / error).cpu().numpy().astype(float),
        mean.cpu().numpy().astype(float),
        *(values.cpu().numpy() for values in (ratio, angle)),
        *(galaxies.values[:, place].cpu().numpy() for place in (DX, DY)),
        np.concatenate(features, axis=1).astype(float),
    )


def _left(
    problem: Problem, galaxies: Unfolded
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Residuals and light, whitened and over their noise, and as pixels, (n, size, size) each."""
    parts = []
    for rows in problem.parts(len(problem.data)):
        model = galaxies.model.select(rows).to(problem.data.device)
        raw = problem.derivatives.select(rows)(model)
        flux, value = galaxies.flux[rows].float(), galaxies.values[rows].float()
        light = raw[:, 0] + value[:, PSF_WIDTH, None, None] * raw[:, PSF_WIDTH]
        light = light * flux[:, None, None]
        sky = value[:, SKY, None, None] * raw[:, SKY]
        roots, whiten = problem.root_weights[rows], problem.whiten[rows]
        left = problem.data[rows] - roots * (light + sky)
        pixels = torch.where(roots > 0, left / roots.clamp_min(_TINY), 0.0)
        parts.append((left, roots * light, _coloured(whiten, pixels), _coloured(whiten, light)))
    return tuple(torch.cat(column) for column in zip(*parts, strict=True))


def _coloured(whiten: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Undo the whitening of images."""
    half = torch.linalg.solve_triangular(whiten, images, upper=False)
    return torch.linalg.solve_triangular(whiten, half.mT, upper=False).mT


def _power(
    problem: Problem, left: torch.Tensor, model: torch.Tensor, inside: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """Power that neighbours share: of residuals, its error, of light; excess and mean of chi^2."""
    inside = inside & (problem.root_weights > 0)
    left, model = left * inside, model * inside
    power = error = of_light = torch.zeros(len(left), device=left.device)
    for down, across in _LAGS:
        one = [
            image[:, down:, max(across, 0) : image.shape[2] + min(across, 0)]
            for image in (left, model)
        ]
        other = [
            image[:, : image.shape[1] - down, max(-across, 0) : image.shape[2] - max(across, 0)]
            for image in (left, model)
        ]
        product = one[0] * other[0]
        power = power + product.sum(dim=(1, 2))
        error = error + (product**2).sum(dim=(1, 2))
        of_light = of_light + (one[1] * other[1]).sum(dim=(1, 2))
    count = inside.sum(dim=(1, 2)).clamp_min(1)
    square = (left**2).sum(dim=(1, 2))
    excess = (square - count) / torch.sqrt(2.0 * count)
    return power, torch.sqrt(error) + _TINY, of_light, excess, square / count


def _decades(power: torch.Tensor, of_light: torch.Tensor) -> torch.Tensor:
    """Relative amplitude of residuals on a scale from 1e-4 to 1, with the sign of their power."""
    amplitude = torch.sqrt(power.abs() / (of_light.abs() + _TINY)).clamp(1e-4, 1.0)
    return torch.sign(power) * (4 + torch.log10(amplitude))


def _psf_width(psf: PsfTransform) -> torch.Tensor:
    """Width of a Gaussian that lets through half at the same wavenumber, pixel included."""
    k = torch.linspace(0.0, math.pi, 65)[1:].expand(len(psf), -1).to(psf.largest.device)
    nothing = torch.zeros_like(k[:, :1])
    along, up = psf(k, nothing)[0][:, 0, 0], psf(nothing, k)[0][:, 0, :, 0]
    through = 0.5 * (along + up)
    if not psf.has_pixel:
        through = through * torch.sinc(k / (2 * math.pi))
    # The first step below one half, and the line to it.
    first = (through < 0.5).float().argmax(dim=1).clamp_min(1)[:, None]
    high, low = through.gather(1, first - 1), through.gather(1, first)
    part = ((high - 0.5) / (high - low).clamp_min(_TINY)).clamp(0, 1)
    half = k.gather(1, first - 1) * (1 - part) + k.gather(1, first) * part
    return _HALF_POWER / half[:, 0]


def _radius(galaxies: Unfolded) -> torch.Tensor:
    """Half-light radius of the whole [pixel], (n,)."""
    v = galaxies.values.cpu().numpy()
    radius = half_light_radius(
        v[:, SHARE],
        *(part for i in (BULGE_RADIUS, DISK_RADIUS) for part in (np.exp(v[:, i]), v[:, i + 1])),
    )
    return torch.from_numpy(radius).to(galaxies.values.device)


def _shape(galaxies: Unfolded) -> tuple[torch.Tensor, torch.Tensor]:
    """Axis ratio and angle of the whole, (n,): of the components' forms of equal size."""
    model = galaxies.model
    xx = yy = xy = torch.zeros_like(model.dx)
    for name, share in (("bulge", model.bulge_to_total), ("disk", 1 - model.bulge_to_total)):
        ratio, angle = (getattr(model, f"{name}_{part}") for part in ("axis_ratio", "angle"))
        cosine, sine = torch.cos(angle), torch.sin(angle)
        xx = xx + share * (cosine**2 + (ratio * sine) ** 2)
        yy = yy + share * (sine**2 + (ratio * cosine) ** 2)
        xy = xy + share * (1 - ratio**2) * cosine * sine
    half, across = 0.5 * (xx + yy), torch.hypot(0.5 * (xx - yy), xy)
    return torch.sqrt((half - across) / (half + across)), 0.5 * torch.atan2(2 * xy, xx - yy)


def _distance(
    problem: Problem,
    galaxies: Unfolded,
    radius: torch.Tensor,
    ratio: torch.Tensor,
    angle: torch.Tensor,
    width: torch.Tensor,
) -> torch.Tensor:
    """Distance of pixels in units of the half-light ellipse seen through the PSF."""
    size = problem.data.shape[-1]
    place = torch.arange(size, device=radius.device, dtype=radius.dtype) - size // 2
    x = (place - galaxies.values[:, DX, None])[:, None, :]
    y = (place - galaxies.values[:, DY, None])[:, :, None]
    cosine, sine = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    blur = (_HALF_WIDTH * width.double()) ** 2
    major, minor = (torch.sqrt(axis**2 + blur)[:, None, None] for axis in (radius, ratio * radius))
    along, across = x * cosine + y * sine, y * cosine - x * sine
    return torch.sqrt((along / major) ** 2 + (across / minor) ** 2)


def _sum_noise(correlation: torch.Tensor) -> torch.Tensor:
    """Variance of a sum over many pixels over that of white noise, (n,)."""
    rho = correlation.clamp(0.0, 0.5)
    side = rho / (1 + torch.sqrt(1 - 2 * rho**2))
    return (1 + 2 * side) ** 4 / (1 + 2 * side**2) ** 2


def _beside(posterior: Posterior, start: Posterior) -> np.ndarray:
    """What is said of the targets, and how it differs from what a network says, (n, 10)."""
    sigma = 0.5 * (posterior.quantiles[:, :, 4] - posterior.quantiles[:, :, 2])
    of_start = 0.5 * (start.quantiles[:, :, 4] - start.quantiles[:, :, 2])
    off = start.quantiles[:, :, 3] - posterior.quantiles[:, :, 3]
    scaled = off / np.sqrt(of_start**2 + sigma**2 + 1e-6)
    return np.concatenate(
        [
            posterior.quantiles[:, :1, 3],
            np.log(np.maximum(sigma, 1e-4)),
            np.clip(off[:, 1:] * 5, -3, 3),
            np.arcsinh(scaled),
            np.log(np.maximum(of_start[:, 2:], 1e-4)),
        ],
        axis=1,
    )
