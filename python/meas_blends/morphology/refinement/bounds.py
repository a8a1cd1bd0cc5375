"""How well galaxies can be measured at all: the Cramer-Rao bound with priors."""

from __future__ import annotations

import numpy as np
import torch

from ..galaxies import GalaxySample
from ..rendering.psf import PsfTransform
from .derivatives import Derivatives
from .noise import pixel_weights, whitening
from .priors import (
    ANGLE,
    BULGE_AXIS_RATIO,
    BULGE_N,
    BULGE_RADIUS,
    BULGE_TURN,
    DISK_AXIS_RATIO,
    DISK_N,
    DISK_RADIUS,
    DX,
    DY,
    LOG_FLUX,
    N_PARAMETERS,
    SHARE,
    GalaxyPrior,
    Unfolded,
)

__all__ = ["bounds"]

#: Galaxies drawn at once, and relative step of the differences of a radius.
_CHUNK, _STEP = 16, 1e-3

#: Radii that the variance of their logarithm is computed from.
_RADII = 10_001

#: Variance of a uniform distribution over the square of its range.
_UNIFORM = 1 / 12


def bounds(
    sample: GalaxySample, flux: np.ndarray, size: int, prior: GalaxyPrior | None = None
) -> np.ndarray:
    """Least scatter that any unbiased measurement of a galaxy can have.

    The inverse of the Fisher information of the pixels and of the priors: the
    information of each prior is the inverse of its variance, and that of
    the PSF's width and of the sky is in it too, so that both are
    marginalised. Nothing is in front of the galaxy. Of a galaxy with one
    component, B/T is known.

    Parameters
    ----------
    sample : `~meas_blends.morphology.galaxies.GalaxySample`
        ``n`` galaxies with Kolmogorov PSFs.
    flux : `numpy.ndarray`, (n,)
        [sky noise].
    size : `int`
        Side of the stamps [pixel].
    prior : `~meas_blends.morphology.refinement.priors.GalaxyPrior`, optional
        That of stamps of this size if not given.

    Returns
    -------
    bounds : `numpy.ndarray`, (n, 3)
        Standard deviations of B/T, of ln half-light radius and of ln flux.
    """
    prior = prior or GalaxyPrior.for_stamps(size)
    found = np.empty((len(sample), 3))
    order = np.argsort(-sample.psf_fwhm / sample.pixel_scale)
    for start in range(0, len(sample), _CHUNK):
        rows = order[start : start + _CHUNK]
        found[rows] = _bounds(sample.select(rows), flux[rows], size, prior)
    return found


def _bounds(sample: GalaxySample, flux: np.ndarray, size: int, prior: GalaxyPrior) -> np.ndarray:
    values = _values(sample, flux)
    galaxies = Unfolded(values, torch.ones_like(values))
    psf = PsfTransform.kolmogorov(torch.from_numpy(sample.psf_fwhm / sample.pixel_scale))
    whiten = whitening(torch.from_numpy(sample.noise_correlation), size)
    model = galaxies.model.to("cpu")
    images = Derivatives(psf, whiten)(model)
    # The whitened galaxy would not do for the Poisson noise: unity whitens nothing.
    unity = torch.eye(size).expand(len(sample), -1, -1)
    light = Derivatives(psf, unity)(model)[:, 0] * galaxies.flux.float()[:, None, None]
    weights = pixel_weights(
        torch.ones_like(light, dtype=torch.bool), light, torch.from_numpy(sample.sky_electrons)
    )
    raw = (images * torch.sqrt(weights).float()[:, None]).flatten(2)
    slopes = galaxies.raw_weights()
    information = slopes @ (raw @ raw.mT).double() @ slopes.mT
    information += torch.diag_embed(1 / _prior_variance(prior, len(sample)))
    # What a galaxy with one component has none of is not to be measured.
    single = torch.from_numpy((sample.bulge_to_total == 0) | (sample.bulge_to_total == 1))
    information[:, SHARE, SHARE] += 1e12 * single
    covariance = torch.linalg.inv(information).numpy()
    gradient = _radius_gradient(sample)
    share = np.sqrt(covariance[:, SHARE, SHARE])
    radius = np.sqrt(np.einsum("ni,nij,nj->n", gradient, covariance, gradient))
    return np.stack([share, radius, np.sqrt(covariance[:, LOG_FLUX, LOG_FLUX])], axis=1)


def _values(sample: GalaxySample, flux: np.ndarray) -> torch.Tensor:
    """The galaxies as `Unfolded` has them."""
    values = np.zeros((len(sample), N_PARAMETERS))
    values[:, LOG_FLUX] = np.log(flux)
    values[:, SHARE] = sample.bulge_to_total
    values[:, BULGE_RADIUS] = np.log(sample.bulge_radius / sample.pixel_scale)
    values[:, BULGE_N] = sample.bulge_n
    values[:, BULGE_AXIS_RATIO] = sample.bulge_axis_ratio
    values[:, BULGE_TURN] = sample.bulge_angle - sample.disk_angle
    values[:, DISK_RADIUS] = np.log(sample.disk_radius / sample.pixel_scale)
    values[:, DISK_N] = sample.disk_n
    values[:, DISK_AXIS_RATIO] = sample.disk_axis_ratio
    values[:, ANGLE] = sample.disk_angle
    values[:, DX], values[:, DY] = sample.dx, sample.dy
    return torch.from_numpy(values)


def _prior_variance(prior: GalaxyPrior, n: int) -> torch.Tensor:
    """Variances of the priors, (n, 14)."""
    zero = torch.zeros((n, N_PARAMETERS), dtype=torch.float64)
    nothing = torch.full((n,), torch.nan, dtype=torch.float64)
    scatter = prior.unfold(zero, zero[:, 0], zero[:, 0], nothing).slopes
    variance = scatter**2
    for place, (low, high) in prior.boxes.items():
        variance[:, place] = _UNIFORM * (high - low) ** 2
        if place in (BULGE_RADIUS, DISK_RADIUS) and not prior.log_radius:
            variance[:, place] = np.log(np.linspace(low, high, _RADII)).var()
    return variance


def _radius_gradient(sample: GalaxySample) -> np.ndarray:
    """Derivatives of ln half-light radius by the parameters, (n, 14)."""
    gradient = np.zeros((len(sample), N_PARAMETERS))
    # By ln radius, by the others as they are.
    moves = {
        SHARE: ("bulge_to_total", False),
        BULGE_RADIUS: ("bulge_radius", True),
        BULGE_N: ("bulge_n", False),
        DISK_RADIUS: ("disk_radius", True),
        DISK_N: ("disk_n", False),
    }
    for place, (name, relative) in moves.items():
        ends = []
        for sign in (1, -1):
            column = getattr(sample, name)
            moved = column * np.exp(sign * _STEP) if relative else column + sign * _STEP
            ends.append(np.log(sample.replace(**{name: moved}).half_light_radius))
        gradient[:, place] = (ends[0] - ends[1]) / (2 * _STEP)
    return gradient
