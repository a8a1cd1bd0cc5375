"""Free images of children that one profile does not fit. Needs scarlet2."""

from __future__ import annotations

from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scarlet2.renderer import Renderer
from scipy.optimize import minimize

from .blends import Blend
from .fit import BlendFitter, FittedBlend, slots_for
from .profiles import profile_image
from .shares import light_shares

__all__ = ["FreedBlend", "free_images", "own_chi2"]

#: Prior scatter of ln(image / profile), and of ln(flux) of the other children.
_SCATTER = 1.0

#: Correlation length of the former, in units of the PSF's width: finer the data cannot tell.
_LENGTH = 0.7

#: Most steps, and the part of the cost by which the last one lowers it.
_MAX_STEPS, _ENOUGH = 200, 1e-4

#: A free image is kept where it takes away at least this part of the excess of chi^2.
_LEAST_GAIN = 0.5


@dataclass(frozen=True)
class FreedBlend:
    """A blend, some of whose children may have free images.

    Parameters
    ----------
    fitted : `~meas_blends.deblending.fit.FittedBlend`
        Its ``fluxes``, ``models`` and ``chi2`` are those with the free
        images, all else is that of the profiles.
    own_chi2 : `numpy.ndarray`, (n,)
        Chi^2 a usable pixel of each child, see `own_chi2`.
    free : `numpy.ndarray` of bool, (n,)
        Children with a free image.
    misfit : `numpy.ndarray` of bool, (n,)
        Children that neither a profile nor a free image fitted.
    """

    fitted: FittedBlend
    own_chi2: np.ndarray
    free: np.ndarray
    misfit: np.ndarray


def own_chi2(blend: Blend, models: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chi^2 of each child: every pixel counts by the child's share of its light.

    Parameters
    ----------
    blend : `~meas_blends.deblending.blends.Blend`
    models : `numpy.ndarray`, (n, C, side, side)

    Returns
    -------
    chi2 : `numpy.ndarray`, (n,)
        A usable pixel of the footprint; NaN without any.
    excess : `numpy.ndarray`, (n,)
        Above that of pure noise, in units of the scatter that noise gives it.
    """
    usable = blend.own & (blend.weights > 0)
    chi2 = np.where(usable, blend.weights * (blend.images - models.sum(axis=0)) ** 2, 0.0)
    shares = light_shares(models)
    total = np.einsum("ncyx,cyx->n", shares, chi2, dtype=float)
    count = np.einsum("ncyx,cyx->n", shares, usable.astype(np.float32), dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / count, np.nan_to_num((total - count) / np.sqrt(2.0 * count))


def free_images(
    fitter: BlendFitter, blend: Blend, fitted: FittedBlend, max_misfit: float | None
) -> FreedBlend:
    """Give a free image to the children that their profiles do not fit.

    In each band the image is the profile times the exponential of a Gaussian
    random field, correlated over what the PSF resolves: it is never negative,
    and stays the profile where the data say nothing. The most probable field
    given the pixels is found by L-BFGS, together with the fluxes of the other
    children.

    Parameters
    ----------
    fitter : `~meas_blends.deblending.fit.BlendFitter`
        That fitted the profiles.
    blend : `~meas_blends.deblending.blends.Blend`
    fitted : `~meas_blends.deblending.fit.FittedBlend`
    max_misfit : `float` or `None`
        Excess of a child's chi^2, see `own_chi2`, above which it gets one;
        none does if not given.

    Returns
    -------
    freed : `FreedBlend`
        Profiles are kept, and children flagged, where the search breaks down
        or takes away less than half of the excess.
    """
    chi2, excess = own_chi2(blend, fitted.models)
    wanted = np.zeros(len(chi2), bool) if max_misfit is None else excess > max_misfit
    none = np.zeros_like(wanted)
    if not wanted.any():
        return FreedBlend(fitted, chi2, none, none)
    try:
        better = _search(fitter, blend, fitted, wanted)
    except (ArithmeticError, ValueError, RuntimeError):
        # The profiles are still good.
        return FreedBlend(fitted, chi2, none, wanted)
    new_chi2, new_excess = own_chi2(blend, better.models)
    gone = np.sum(excess[wanted]) - np.sum(new_excess[wanted])
    if gone < _LEAST_GAIN * np.sum(excess[wanted]):
        return FreedBlend(fitted, chi2, none, wanted)
    return FreedBlend(better, new_chi2, wanted, none)


def _search(
    fitter: BlendFitter, blend: Blend, fitted: FittedBlend, free: np.ndarray
) -> FittedBlend:
    """The blend with the most probable free images."""
    side, n_bands, n_free = blend.images.shape[-1], len(blend.images), np.count_nonzero(free)
    places = np.stack([blend.y, blend.x], axis=1) - side // 2
    profiles = [
        profile_image(shape.astype(np.float32), place, fitter.psf_sigma, side)
        for shape, place in zip(fitted.shapes[free], places[free].astype(np.float32), strict=True)
    ]
    # A flux that the profiles left at nothing starts at its error; a child without any stays so.
    lit = fitted.fluxes > 0
    start = np.where(lit, fitted.fluxes, fitted.errors * lit.any(axis=1, keepdims=True))
    start = start.astype(np.float32)
    light = _filled(np.array(profiles)[:, None] * start[free][:, :, None, None])
    others = _filled(fitted.patterns[~free] * start[~free][:, :, None, None])
    smooth = _correlation(side, _LENGTH * fitter.psf_sigma)
    renderer = fitter.renderer(side)
    data = (blend.images, blend.weights, smooth, renderer)

    def cost(values: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = _cost_and_slope(values.astype(np.float32), light, others, *data)
        return float(value), np.asarray(slope, float)

    found = minimize(
        cost,
        np.zeros(light.size + len(others) * n_bands),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _MAX_STEPS, "ftol": _ENOUGH, "maxcor": 20},
    )
    white = found.x[: light.size].astype(np.float32)
    images, models = (np.asarray(part)[:n_free] for part in _draw(white, light, smooth, renderer))
    factors = np.exp(_SCATTER * found.x[light.size :]).reshape(-1, n_bands)
    if not (np.all(np.isfinite(models)) and np.all(np.isfinite(factors))):
        raise FloatingPointError("free images are not numbers")
    fluxes, patterns = start.astype(float), fitted.patterns.copy()
    fluxes[free] = images.sum(axis=(2, 3), dtype=float)
    fluxes[~free] *= factors[: np.count_nonzero(~free)]
    some = np.maximum(fluxes[free], np.finfo(np.float32).tiny)[:, :, None, None]
    patterns[free] = models / some
    better = replace(fitted, fluxes=fluxes, patterns=patterns)
    left = blend.weights * (blend.images - better.models.sum(axis=0)) ** 2
    chi2 = float(left.sum(dtype=float)) / np.count_nonzero(blend.weights)
    return replace(better, chi2=chi2)


def _filled(images: np.ndarray) -> np.ndarray:
    """Images of some objects, and dark ones up to a number that is compiled for."""
    empty = slots_for(len(images)) - len(images)
    return np.pad(images, ((0, empty), (0, 0), (0, 0), (0, 0)))


def _correlation(side: int, length: float) -> np.ndarray:
    """What turns white noise of unit variance into a smooth field of it, in Fourier space."""
    y, x = np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)
    smooth = np.exp(-2.0 * (np.pi * length) ** 2 * (x**2 + y**2))
    smooth /= np.sqrt(np.mean(smooth**2))
    return smooth[:, : side // 2 + 1].astype(np.float32)


def _draw(
    white: jax.Array, light: jax.Array, smooth: jax.Array, renderer: Renderer
) -> tuple[jax.Array, jax.Array]:
    """Free images behind the PSF of the models, and behind those of the bands."""
    field = jnp.fft.irfft2(jnp.fft.rfft2(white.reshape(light.shape)) * smooth, s=light.shape[-2:])
    images = light * jnp.exp(_SCATTER * field)
    return images, jax.vmap(renderer)(images)


@eqx.filter_jit
def _cost_and_slope(
    values: jax.Array,
    light: jax.Array,
    others: jax.Array,
    images: jax.Array,
    weights: jax.Array,
    smooth: jax.Array,
    renderer: Renderer,
) -> tuple[jax.Array, jax.Array]:
    """Half of chi^2 and of the prior together, and its derivative.

    Compiled once for each side and numbers of free images and of others.
    """

    def cost(values: jax.Array) -> jax.Array:
        _, shown = _draw(values[: light.size], light, smooth, renderer)
        factors = jnp.exp(_SCATTER * values[light.size :]).reshape(others.shape[:2])
        model = shown.sum(axis=0) + jnp.einsum("nc,ncyx->cyx", factors, others)
        return 0.5 * (jnp.sum(weights * (model - images) ** 2) + jnp.sum(values**2))

    return jax.value_and_grad(cost)(values)
