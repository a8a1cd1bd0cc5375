"""Raw images and derivatives, against the renderer and differences of it."""

import dataclasses

import numpy as np
import pytest
import torch

from meas_blends.morphology.refinement.derivatives import Derivatives
from meas_blends.morphology.refinement.noise import whitening
from meas_blends.morphology.refinement.priors import N_PARAMETERS, PSF_WIDTH, SKY, GalaxyPrior
from meas_blends.morphology.rendering.psf import PsfTransform
from meas_blends.morphology.rendering.renderer import GalaxyRenderer

SIZE, FWHM, PRIOR = 40, 4.0, GalaxyPrior(radius=(0.5, 8.0))
ONE = torch.ones(1, dtype=torch.float64)
FREE = torch.full_like(ONE, torch.nan)


def unfold(z):
    return PRIOR.unfold(z, 5 * ONE, 0.7 * ONE, FREE)


def draw(z, matrix):
    """The model of a stamp, drawn by the renderer."""
    galaxies = unfold(z)
    psf = PsfTransform.kolmogorov(FWHM * torch.exp(galaxies.values[:, PSF_WIDTH]))
    image = GalaxyRenderer(SIZE)(galaxies.model, psf) * galaxies.flux.float()
    return matrix @ (image + galaxies.values[:, SKY].float()) @ matrix.mT


def test_derivatives_are_those_of_the_renderers_images():
    matrix = whitening(torch.tensor([0.3]), SIZE)
    rng = np.random.default_rng(3)
    z = torch.from_numpy(rng.normal(0, 0.7, (1, N_PARAMETERS)))
    z[:, PSF_WIDTH] = z[:, SKY] = 0.0
    galaxies = unfold(z)
    raw = Derivatives(PsfTransform.kolmogorov(torch.tensor([FWHM])), matrix)(
        galaxies.model.to("cpu")
    )
    image = draw(z, matrix)[0]
    np.testing.assert_allclose(
        raw[0, 0] * galaxies.flux.float(), image, atol=2e-4 * image.max().item()
    )
    slopes = torch.einsum("pr,ryx->pyx", galaxies.raw_weights()[0].float(), raw[0])
    for i in range(N_PARAMETERS):
        # Long enough for float32, and longer for what is small.
        step = torch.zeros_like(z)
        step[:, i] = 0.5 if i in (PSF_WIDTH, SKY) else 0.1
        difference = (draw(z + step, matrix) - draw(z - step, matrix))[0] / (2 * step[0, i])
        np.testing.assert_allclose(
            slopes[i], difference, atol=0.03 * difference.abs().max().item(), err_msg=str(i)
        )


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_component_alone(share):
    matrix = whitening(torch.tensor([0.2]), SIZE)
    z = torch.from_numpy(np.random.default_rng(4).normal(0, 0.7, (1, N_PARAMETERS)))
    galaxies = PRIOR.unfold(z, 5 * ONE, 0.7 * ONE, share * ONE)
    draw_raw = Derivatives(PsfTransform.kolmogorov(torch.tensor([FWHM])), matrix)
    whole, alone = (draw_raw(galaxies.model.to("cpu"), single) for single in (None, share))
    weights = galaxies.raw_weights().float()
    slopes = [torch.einsum("npr,nryx->npyx", weights, raw) for raw in (whole, alone)]
    np.testing.assert_allclose(slopes[1], slopes[0], atol=1e-5 * slopes[0].abs().max().item())


def test_components_are_those_of_the_renderer():
    matrix = whitening(torch.tensor([0.2, 0.4]), SIZE)
    fwhm = torch.tensor([3.0, 4.0])
    shape = [torch.tensor(pair) for pair in ([0.4, 0.9], [0.3, 1.2], [0.2, -0.4], [0.1, 0.3])]
    radii = torch.tensor([0.7, 2.5, 6.0])
    found = Derivatives(PsfTransform.kolmogorov(fwhm), matrix).components(radii, 4.0, *shape)
    for i, radius in enumerate(radii):
        z = torch.zeros((2, N_PARAMETERS), dtype=torch.float64)
        one = torch.ones(2, dtype=torch.float64)
        model = dataclasses.replace(
            PRIOR.unfold(z, one, one, one).model,
            bulge_radius=radius.expand(2),
            bulge_n=torch.full((2,), 4.0),
            **dict(zip(("bulge_axis_ratio", "bulge_angle", "dx", "dy"), shape, strict=True)),
        )
        image = matrix @ GalaxyRenderer(SIZE)(model, PsfTransform.kolmogorov(fwhm)) @ matrix.mT
        np.testing.assert_allclose(found[:, i], image, atol=5e-4 * image.abs().max().item())
