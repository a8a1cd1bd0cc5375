"""Fluxes in ellipses, circularised radii, and what there is without a fit."""

import dataclasses

import numpy as np
import pytest

from meas_blends.detection.psf import gaussian_psf
from meas_blends.morphology.comparable import comparable_columns, ellipse_fluxes
from meas_blends.morphology.posterior import Posterior
from meas_blends.morphology.refinement.residuals import Residuals
from meas_blends.morphology.stamps import Stamps

SIZE = 48


def make_stamps(images, correlation=0.0):
    n = len(images)
    return Stamps(
        images=np.asarray(images, np.float32),
        usable=np.ones((n, SIZE, SIZE), bool),
        sigma=np.ones(n),
        psf=gaussian_psf(1.0),
        psf_sigma=np.full(n, 1.0, np.float32),
        noise_correlation=np.full(n, correlation, np.float32),
        dx=np.zeros(n),
        dy=np.zeros(n),
        flags=np.zeros(n, np.int32),
        masked_fraction=np.zeros(n),
        pixel_scale=0.2,
    )


def gaussian(sigma, ratio, angle, dx=0.0, dy=0.0):
    offset = np.arange(SIZE) - SIZE // 2
    x, y = offset - dx, (offset - dy)[:, None]
    along = x * np.cos(angle) + y * np.sin(angle)
    across = (y * np.cos(angle) - x * np.sin(angle)) / ratio
    image = np.exp(-0.5 * (along**2 + across**2) / sigma**2)
    return image / (2 * np.pi * sigma**2 * ratio)


@pytest.mark.parametrize(("angle", "radii"), [(0.0, 1.5), (0.7, 2.0), (2.5, 1.0)])
def test_flux_in_an_ellipse(angle, radii):
    """Of a Gaussian, 1 - exp(-R^2 / 2) of the light lies within R standard deviations."""
    images = 1000 * gaussian(5.0, 0.5, angle, 0.3, -0.4)[None]
    axes = radii * np.array([[5.0], [2.5]])
    centre = [np.array([0.3]), np.array([-0.4])]
    flux, _ = ellipse_fluxes(make_stamps(images), centre, axes, np.array([angle]))
    assert flux[0] == pytest.approx(1000 * (1 - np.exp(-0.5 * radii**2)), rel=0.01)


def test_pixels_that_are_not_usable_are_those_across():
    images = 1000 * gaussian(4.0, 1.0, 0.0)[None]
    axes, centre = np.full((2, 1), 10.0), [np.zeros(1), np.zeros(1)]
    whole, _ = ellipse_fluxes(make_stamps(images), centre, axes, np.zeros(1))
    stamps = make_stamps(images)
    stamps.usable[0, :, 28:33] = False
    stamps.images[0, :, 28:33] = 0.0
    masked, _ = ellipse_fluxes(stamps, centre, axes, np.zeros(1))
    assert masked[0] == pytest.approx(whole[0], rel=1e-5)


@pytest.mark.parametrize("correlation", [0.0, 0.4])
def test_errors_are_those_of_noise(correlation):
    from meas_blends.morphology.sky_noise import correlated_noise

    rng = np.random.default_rng(3)
    images = [correlated_noise(rng, (SIZE, SIZE), correlation) for _ in range(400)]
    stamps = make_stamps(images, correlation)
    centre, axes = [np.zeros(400), np.zeros(400)], np.full((2, 400), 8.0)
    flux, error = ellipse_fluxes(stamps, centre, axes, np.zeros(400))
    # The level of the sky, which is right here, and positive noise taken for light, add little.
    assert 0.75 < flux.std() / np.median(error) < 1.1


def posterior_of(radius, n=1):
    mean = np.tile([0.0, np.log(radius), 5.0], (n, 1))
    return Posterior.gaussian(mean, np.tile(np.diag([0.1, 0.04, 0.01]), (n, 1, 1)))


def test_columns_of_a_fit():
    images = 1000 * gaussian(3.0, 0.5, 1.0)[None]
    half = 3.0 * np.sqrt(2 * np.log(2))
    fits = Residuals.unknown(1)
    known = {"axis_ratio": 0.5, "angle": 1.0 + np.pi, "dx": 0.0, "dy": 0.0, "amplitude": 0.02}
    known["significance"] = 6.0
    fits = dataclasses.replace(fits, **{name: np.array([v]) for name, v in known.items()})
    columns = comparable_columns(
        make_stamps(images), posterior_of(half), fits, np.array([0.2]), np.array([3.0])
    )
    assert columns["circularRadius"][0] == pytest.approx(0.2 * half * np.sqrt(0.5))
    relative = columns["circularRadius_std"][0] / columns["circularRadius"][0]
    assert relative == pytest.approx(0.2, rel=0.08)
    assert columns["apertureRadius"][0] == pytest.approx(0.2 * np.hypot(3 * half, 2.3548), rel=1e-4)
    assert columns["apertureFlux"][0] == pytest.approx(3000, rel=0.01)
    assert columns["positionAngle"][0] == pytest.approx(np.degrees(1.0))
    assert (columns["misfit"][0], columns["misfitSignificance"][0]) == (0.02, 6.0)


def test_without_a_fit_the_aperture_is_a_circle_about_the_peak():
    images = 1000 * gaussian(3.0, 1.0, 0.0)[None]
    columns = comparable_columns(
        make_stamps(images), posterior_of(3.5), None, np.array([0.2]), np.array([1.0])
    )
    assert np.isnan(
        [columns["axisRatio"][0], columns["circularRadius"][0], columns["misfit"][0]]
    ).all()
    assert columns["apertureFlux"][0] == pytest.approx(1000, rel=0.01)


def test_the_aperture_ends_with_the_stamp():
    columns = comparable_columns(
        make_stamps(np.ones((1, SIZE, SIZE))), posterior_of(40.0), None, np.ones(1), np.ones(1)
    )
    assert columns["apertureRadius"][0] == pytest.approx(SIZE // 2 - 1)
    assert columns["apertureFlux"][0] == pytest.approx(np.pi * 23**2, rel=0.01)
