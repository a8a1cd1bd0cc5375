"""What fits leave behind: nothing of a bulge and a disk, much of galaxies with structure."""

import numpy as np
import pytest
import torch

from meas_blends.morphology.refinement.refine import refine
from meas_blends.morphology.refinement.residuals import N_FEATURES, Residuals, _psf_width
from meas_blends.morphology.refinement.settings import RefinementSettings
from meas_blends.morphology.rendering.psf import PsfTransform
from meas_blends.morphology.widths import kolmogorov_width
from refinement_toys import kolmogorov_of, toy_stamps

N = 12
BRIGHT = np.full(N, 300.0)


def residuals_of(stamps, psf, start, images=None):
    found = refine(
        stamps.images if images is None else images,
        stamps.usable,
        stamps.noise_correlation,
        psf,
        start,
        BRIGHT,
        RefinementSettings(),
    )
    return found.residuals, found.fitted


@pytest.fixture(scope="module")
def plain():
    shape = {"disk_axis_ratio": 0.5, "disk_angle": 1.0, "bulge_to_total": 0.0, "disk_radius": 0.8}
    columns = {name: np.full(N, value) for name, value in shape.items()}
    return toy_stamps(21, N, (300.0, 600.0), **columns)


def with_knots(sample, stamps):
    """The same galaxies, each with two points of 8% of its light."""
    images = stamps.images.clone()
    for i, sigma in enumerate(stamps.psf_sigma.numpy()):
        place = np.arange(64) - 32
        for x, y in ((5.0, 2.0), (-3.0, 6.0)):
            spot = np.exp(-0.5 * ((place - x) ** 2 + (place[:, None] - y) ** 2) / sigma**2)
            images[i] += torch.from_numpy(0.08 * stamps.truth[i, 2] * spot / spot.sum()).float()
    return images


def test_a_disk_leaves_noise(plain):
    sample, stamps, _, start, psf = plain
    left, fitted = residuals_of(stamps, psf, start)
    assert fitted.mean() > 0.9
    assert (left.significance[fitted] < 5).all()
    assert np.median(left.amplitude[fitted]) < 0.01
    np.testing.assert_allclose(left.chi2[fitted], 1.0, atol=0.3)
    np.testing.assert_allclose(left.axis_ratio[fitted], 0.5, atol=0.05)
    np.testing.assert_allclose(left.angle[fitted] % np.pi, 1.0, atol=0.06)
    np.testing.assert_allclose(left.dx[fitted], sample.dx[fitted], atol=0.1)
    assert left.features.shape == (N, N_FEATURES) and np.isfinite(left.features[fitted]).all()


def test_knots_are_seen(plain):
    sample, stamps, _, start, psf = plain
    left, fitted = residuals_of(stamps, psf, start, with_knots(sample, stamps))
    assert fitted.any() and (left.significance[fitted] > 5).mean() > 0.9
    assert (left.amplitude[fitted] > 0.02).mean() > 0.9 and (left.amplitude[fitted] < 0.4).all()


def test_noise_of_another_strength_is_no_misfit():
    """A variance that is wrong by a half."""
    white = {"noise_correlation": np.zeros(N)}
    _, stamps, _, start, psf = toy_stamps(22, N, (300.0, 600.0), **white)
    louder = torch.randn(stamps.images.shape, generator=torch.Generator().manual_seed(4))
    left, fitted = residuals_of(stamps, psf, start, stamps.images + 0.7 * louder)
    assert (left.chi2[fitted] > 1.2).mean() > 0.8
    assert (left.significance[fitted] < 5).all()


def test_width_of_a_psf():
    fwhm = torch.tensor([2.5, 4.0, 6.0])
    width = _psf_width(PsfTransform.kolmogorov(fwhm)).numpy()
    np.testing.assert_allclose(width, kolmogorov_width(fwhm.numpy()), rtol=0.12)


def test_where_there_is_no_fit_nothing_is_known(plain):
    sample, *_ = plain
    left = Residuals.unknown(3)
    left.put(np.array([1]), Residuals.concatenate([Residuals.unknown(1)]))
    assert np.isnan(left.features).all() and np.isnan(left.select(slice(0, 2)).chi2).all()
    assert len(kolmogorov_of(sample)) == N
