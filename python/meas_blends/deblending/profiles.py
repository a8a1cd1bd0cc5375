"""Scarlet2 models of the objects of a blend, and their derivatives. Needs scarlet2."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scarlet2 import Box, Frame, GaussianPSF, SersicMorphology
from scarlet2.renderer import ConvolutionRenderer, Renderer

__all__ = ["N_SHAPE", "normal_equations", "profile_image", "profile_values", "psf_renderer"]

#: Parameters of an object besides its fluxes: dy, dx, size, index, two of its shape.
N_SHAPE = 6

#: Width of the PSF of the models [pixel]: as narrow as pixels can sample.
_MODEL_SIGMA = 0.7

#: Of a Gaussian, half-light radius over sigma.
_HALF_LIGHT = 1.1774

#: Scatter of ln(radius / PSF sigma); range of the Sersic index; scatter of
#: the ellipticity. Wide enough for all galaxies: they decide only where light does not.
_SIZE_SCATTER = 0.7
_INDEX_RANGE = (0.5, 4.0)
_INDEX_MIDDLE = -1.5
_SHAPE_SCATTER = 0.4
_PLACE_SCATTER = 0.5


def psf_renderer(psfs: Sequence[np.ndarray], psf_sigma: float, side: int) -> Renderer:
    """What scarlet2 turns models into images of several bands with.

    Parameters
    ----------
    psfs : sequence of `numpy.ndarray`, (odd, odd)
        PSF image of each of ``C`` bands.
    psf_sigma : `float`
        Width of the narrowest [pixel].
    side : `int`
        Side of the images [pixel], odd.

    Returns
    -------
    renderer : `scarlet2.renderer.Renderer`
        From the PSF of the models to those of the bands, (C, side, side).
    """
    shape = np.max([psf.shape for psf in psfs], axis=0)
    images = np.zeros((len(psfs), *shape), np.float32)
    for image, psf in zip(images, psfs, strict=True):
        (top, left), (ny, nx) = (shape - psf.shape) // 2, psf.shape
        image[top : top + ny, left : left + nx] = psf
    box = Box((len(psfs), side, side))
    model = GaussianPSF(min(_MODEL_SIGMA, 0.5 * psf_sigma))
    return ConvolutionRenderer(Frame(box, psf=model), Frame(box, psf=images))


def profile_values(shapes: np.ndarray, psf_sigma: float) -> dict[str, np.ndarray]:
    """What the parameters of the fit mean.

    Parameters
    ----------
    shapes : array-like, (..., 6)
        Parameters of which a standard normal distribution is the prior.
    psf_sigma : `float`
        Width of the PSF [pixel].

    Returns
    -------
    values : `dict` of arrays, (...)
        ``dy`` and ``dx`` from the peak, less than ``psf_sigma`` [pixel],
        ``radius`` (half-light, behind the PSF of the models) [pixel],
        ``index``, ``e1`` and ``e2`` (``(a^2 - b^2) / (a^2 + b^2)``).
    """
    smallest = _HALF_LIGHT * min(_MODEL_SIGMA, 0.5 * psf_sigma)
    low, high = _INDEX_RANGE
    e1, e2 = (_SHAPE_SCATTER * shapes[..., k] for k in (4, 5))
    length = jnp.sqrt(1.0 + e1**2 + e2**2)
    return {
        "dy": psf_sigma * _within_one(_PLACE_SCATTER * shapes[..., 0]),
        "dx": psf_sigma * _within_one(_PLACE_SCATTER * shapes[..., 1]),
        "radius": jnp.hypot(smallest, psf_sigma * jnp.exp(_SIZE_SCATTER * shapes[..., 2])),
        "index": low + (high - low) * jax.nn.sigmoid(shapes[..., 3] + _INDEX_MIDDLE),
        "e1": e1 / length,
        "e2": e2 / length,
    }


def _within_one(value: jax.Array) -> jax.Array:
    """Like a small value, and never beyond one: children keep to their peaks."""
    return value / jnp.sqrt(1.0 + value**2)


def profile_image(shape: jax.Array, place: jax.Array, psf_sigma: float, side: int) -> jax.Array:
    """Draw one object of unit flux, behind the PSF of the models.

    Parameters
    ----------
    shape : array, (6,)
        Parameters, see `profile_values`.
    place : array, (2,)
        Peak, (y, x) from the middle pixel.
    psf_sigma : `float`
        Width of the PSF [pixel].
    side : `int`
        Of the image [pixel].

    Returns
    -------
    image : array, (side, side)
    """
    values = profile_values(shape, psf_sigma)
    ellipticity = jnp.stack([values["e1"], values["e2"]])
    profile = SersicMorphology(values["index"], values["radius"], ellipticity, (side, side))
    image = profile(place + jnp.stack([values["dy"], values["dx"]]))
    return image / image.sum()


@partial(eqx.filter_jit)
def normal_equations(
    shapes: jax.Array,
    fluxes: jax.Array,
    places: jax.Array,
    images: jax.Array,
    weights: jax.Array,
    renderer: Renderer,
    psf_sigma: float,
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Chi^2 of a blend's models, its derivatives, and the models.

    Compiled once for each side and number of objects.

    Parameters
    ----------
    shapes : array, (n, 6)
        Parameters, see `profile_values`.
    fluxes : array, (n, C)
    places : array, (n, 2)
        Peaks, (y, x) from the middle pixel.
    images, weights : array, (C, side, side)
    renderer
        From `psf_renderer`.
    psf_sigma : `float`

    Returns
    -------
    chi2 : array, ()
        Of the pixels, without the prior.
    gradient : array, (n (6 + C),)
        Half the derivative of chi^2, shapes first.
    curvature : array, (n (6 + C), n (6 + C))
        Gauss and Newton's: half the second derivative.
    models : array, (n, C, side, side)
        Of unit flux.
    """
    side = images.shape[-1]

    def morphology(shape: jax.Array, place: jax.Array) -> jax.Array:
        return profile_image(shape, place, psf_sigma, side)

    def render(image: jax.Array) -> jax.Array:
        return renderer(jnp.broadcast_to(image, images.shape))

    light = jax.vmap(morphology)(shapes, places)
    slopes = jax.vmap(jax.jacfwd(morphology))(shapes, places)
    models = jax.vmap(render)(light)
    slopes = jax.vmap(jax.vmap(render))(jnp.moveaxis(slopes, -1, 1))
    root = jnp.sqrt(weights)
    residual = root * (jnp.einsum("nc,ncyx->cyx", fluxes, models) - images)
    by_flux = root * models
    by_shape = root * slopes * fluxes[:, None, :, None, None]
    n, n_bands = fluxes.shape
    shape_part = by_shape.reshape(n * N_SHAPE, n_bands, -1)
    flux_part = by_flux.reshape(n, n_bands, -1)
    flat = residual.reshape(n_bands, -1)
    gradient = jnp.concatenate(
        [
            jnp.einsum("pcs,cs->p", shape_part, flat),
            jnp.einsum("ncs,cs->nc", flux_part, flat).ravel(),
        ]
    )
    both = jnp.einsum("pcs,ncs->pnc", shape_part, flux_part).reshape(n * N_SHAPE, -1)
    same = jnp.eye(n_bands)
    fluxes_part = jnp.einsum("ncs,mcs,cd->ncmd", flux_part, flux_part, same)
    curvature = jnp.block(
        [
            [jnp.einsum("pcs,qcs->pq", shape_part, shape_part), both],
            [both.T, fluxes_part.reshape(n * n_bands, -1)],
        ]
    )
    return jnp.sum(residual**2), gradient, curvature, models
