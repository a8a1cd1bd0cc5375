"""The batched renderer against GalSim."""

import galsim
import numpy as np
import pytest
import torch

from galsim_galaxies import ACCURATE, galsim_image, kolmogorov
from meas_blends.morphology.rendering.model import GalaxyModel
from meas_blends.morphology.rendering.psf import PsfTransform
from meas_blends.morphology.rendering.renderer import GalaxyRenderer

#: A compact bulge in a disk, an elongated disk, a large bulge, and a dot.
GALAXIES = [
    (0.4, 1.5, 4.0, 0.8, 0.3, 5.0, 1.0, 0.4, 0.5, 0.2, -0.4),
    (0.0, 2.0, 4.0, 1.0, 0.0, 8.0, 0.83, 0.25, 2.2, -0.5, 0.1),
    (1.0, 9.0, 4.7, 0.6, 1.1, 3.0, 1.0, 1.0, 0.0, 0.0, 0.5),
    (0.1, 0.5, 3.5, 0.5, -1.0, 0.6, 1.2, 0.7, 0.4, 0.3, 0.3),
]
NAMES = [
    "bulge_to_total",
    *(f"bulge_{name}" for name in ("radius", "n", "axis_ratio", "angle")),
    *(f"disk_{name}" for name in ("radius", "n", "axis_ratio", "angle")),
    "dx",
    "dy",
]


def model_of(galaxies):
    columns = torch.tensor(galaxies).T
    return GalaxyModel(**dict(zip(NAMES, columns, strict=True)))


def named(galaxies):
    return [dict(zip(NAMES, galaxy, strict=True)) for galaxy in galaxies]


def same_number(values):
    return torch.full((len(GALAXIES),), values)


@pytest.mark.parametrize(
    ("size", "psf", "expected"),
    [
        (64, PsfTransform.kolmogorov(same_number(3.6)), kolmogorov(3.6)),
        (49, PsfTransform.kolmogorov(same_number(2.5)), kolmogorov(2.5)),
        (
            64,
            PsfTransform.moffat(same_number(4.0), 3.0),
            galsim.Moffat(beta=3.0, fwhm=4.0, gsparams=ACCURATE),
        ),
    ],
    ids=["kolmogorov", "narrow", "moffat"],
)
def test_images_are_galsims(size, psf, expected):
    images = GalaxyRenderer(size)(model_of(GALAXIES), psf).numpy()
    for image, galaxy in zip(images, named(GALAXIES), strict=True):
        truth = galsim_image(galaxy, expected, size)
        np.testing.assert_allclose(image, truth, atol=1e-4 * truth.max(), rtol=0)


def test_a_lopsided_psf_image_is_galsims():
    psf = galsim.Gaussian(sigma=1.8).shear(g1=0.1, g2=-0.05) + 0.15 * galsim.Gaussian(
        sigma=2.2
    ).shift(1.0, -0.5)
    psf /= psf.flux
    image = psf.drawImage(galsim.ImageD(41, 41), scale=1.0).array
    transform = PsfTransform.from_images(torch.from_numpy(3 * image)[None], torch.zeros(4).long())
    images = GalaxyRenderer(48)(model_of(GALAXIES), transform).numpy()
    for found, galaxy in zip(images, named(GALAXIES), strict=True):
        truth = galsim_image(galaxy, psf, 48)
        np.testing.assert_allclose(found, truth, atol=1e-4 * truth.max(), rtol=0)


def test_batches_do_not_matter():
    model = model_of(GALAXIES * 9)
    psf = PsfTransform.kolmogorov(torch.linspace(3.0, 6.0, 36))
    render = GalaxyRenderer(32)
    part = render(model.select(slice(17, None)), psf.select(slice(17, None)))
    # Other galaxies in a batch bring other Fourier nodes.
    np.testing.assert_allclose(render(model, psf)[17:], part, atol=2e-6)
    nothing = slice(0, 0)
    assert render(model.select(nothing), psf.select(nothing)).shape == (0, 32, 32)


@pytest.mark.slow
@pytest.mark.parametrize("size", [64, 239])
def test_any_galaxy_is_galsims(size):
    rng = np.random.default_rng(size)
    n, largest = 60, size / 4
    radius = np.exp(rng.uniform(np.log(0.5), np.log(largest), (2, n)))
    columns = [
        rng.uniform(0, 1, n),
        *(radius[0], rng.uniform(0.6, 5.5, n), rng.uniform(0.2, 1, n), rng.uniform(0, 6, n)),
        *(radius[1], rng.uniform(0.6, 5.5, n), rng.uniform(0.2, 1, n), rng.uniform(0, 6, n)),
        *rng.uniform(-1, 1, (2, n)),
    ]
    galaxies = np.array(columns).T
    fwhm = rng.uniform(2.5, 7.0, n)
    psf = PsfTransform.kolmogorov(torch.from_numpy(fwhm))
    images = GalaxyRenderer(size)(model_of(galaxies.tolist()), psf).numpy()
    for image, galaxy, width in zip(images, named(galaxies), fwhm, strict=True):
        truth = galsim_image(galaxy, kolmogorov(width), size)
        np.testing.assert_allclose(image, truth, atol=1e-4 * truth.max(), rtol=0)
