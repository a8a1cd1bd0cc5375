"""The aperture and the network's numbers, against values known in closed form."""

import numpy as np
import pytest
import torch

from meas_blends.morphology.inputs import aperture_flux, network_inputs

SIZE = 64
CENTRE = SIZE // 2


def pixel(value, dx=0, dy=0):
    """Stamp that is zero but for one pixel, this far from the centre."""
    image = torch.zeros(1, SIZE, SIZE)
    image[0, CENTRE + dy, CENTRE + dx] = value
    return image


def all_usable(n=1):
    return torch.ones(n, SIZE, SIZE, dtype=torch.bool)


def test_aperture_flux_of_a_gaussian():
    y, x = torch.meshgrid(torch.arange(64.0) - 32, torch.arange(64.0) - 32, indexing="ij")
    sigma = 2.0
    images = 10 * torch.exp(-0.5 * (x**2 + y**2) / sigma**2)[None]
    usable = torch.ones_like(images, dtype=torch.bool)
    flux, error = aperture_flux(images, usable, torch.tensor([sigma]))
    # Products of Gaussians of 2 and 4 pixels; the squared window has 4 / sqrt(2).
    assert flux.item() == pytest.approx(10 * 2 * np.pi / (1 / 4 + 1 / 16), rel=1e-4)
    assert error.item() == pytest.approx(np.sqrt(2 * np.pi * 8), rel=1e-4)


def test_inputs_are_finite_for_any_stamp():
    images = torch.stack([torch.zeros(64, 64), torch.full((64, 64), -50.0)])
    usable = torch.stack([torch.zeros(64, 64), torch.ones(64, 64)]).bool()
    inputs = network_inputs(images, usable, torch.ones(2), torch.zeros(2))
    for values in (inputs.images, inputs.numbers, inputs.log_aperture):
        assert torch.isfinite(values).all()
    assert inputs.signal_to_noise[1] < 0


@pytest.mark.parametrize(("dx", "dy"), [(4, 0), (0, -4)])
def test_window_is_twice_as_wide_as_the_psf(dx, dy):
    flux, _ = aperture_flux(pixel(7.0, dx, dy), all_usable(), torch.tensor([2.0]))
    assert flux.item() == pytest.approx(7.0 * np.exp(-0.5))


def test_each_stamp_has_a_window_of_its_own():
    images = torch.cat([pixel(1.0, 4)] * 2)
    flux, error = aperture_flux(images, all_usable(2), torch.tensor([1.0, 2.0]))
    assert flux.tolist() == pytest.approx([np.exp(-2), np.exp(-0.5)])
    assert (error[1] / error[0]).item() == pytest.approx(2.0, rel=1e-4)


def test_error_is_of_the_usable_pixels_and_never_zero():
    usable = (pixel(1) + pixel(1, 4) + pixel(1, 0, 4)).bool()
    _, error = aperture_flux(pixel(1.0), usable, torch.tensor([2.0]))
    assert error.item() == pytest.approx(np.sqrt(1 + 2 * np.exp(-1)))
    _, error = aperture_flux(pixel(0.0), ~all_usable(), torch.tensor([2.0]))
    assert error.item() == 1.0


def test_error_is_the_scatter_of_white_noise():
    noise = torch.from_numpy(np.random.default_rng(1).normal(size=(1000, SIZE, SIZE))).float()
    flux, error = aperture_flux(noise, all_usable(1000), torch.full((1000,), 2.0))
    assert (flux / error).std().item() == pytest.approx(1.0, abs=0.07)


def test_channels_are_the_arsinh_and_the_usable_pixels():
    usable = all_usable()
    usable[0, 3, 5] = False
    inputs = network_inputs(pixel(np.sinh(10.0)), usable, torch.tensor([1.7]), torch.tensor([0.0]))
    assert inputs.images.shape == (1, 2, SIZE, SIZE)
    torch.testing.assert_close(inputs.images[:, 0], pixel(3.0))
    assert torch.equal(inputs.images[:, 1].bool(), usable)


def test_numbers_are_those_that_the_shipped_network_knows():
    # A window of one usable pixel has an error of one: the S/N is the pixel.
    images = torch.cat([pixel(0.0), pixel(np.sinh(3.0))])
    usable = torch.cat([pixel(1)] * 2).bool()
    inputs = network_inputs(
        images, usable, torch.tensor([1.7, 1.7 * np.e]), torch.tensor([0.0, 0.25])
    )
    expected = torch.tensor([[0.0, 0.0, -1.5], [2.0, 0.5, 0.0]])
    torch.testing.assert_close(inputs.numbers, expected, atol=1e-6, rtol=1e-5)
    assert inputs.signal_to_noise.tolist() == pytest.approx([0.0, np.sinh(3.0)])


def test_log_aperture_is_positive_and_the_flux_where_it_stands_out():
    usable = torch.cat([pixel(1)] * 4).bool()
    images = torch.cat([pixel(value) for value in (1e4, 0.0, 3.0, -3.0)])
    bright, none, plus, minus = network_inputs(
        images, usable, torch.full((4,), 2.0), torch.zeros(4)
    ).log_aperture.tolist()
    assert bright == pytest.approx(np.log(1e4))
    assert none == pytest.approx(0.0, abs=1e-6)
    # (f + sqrt(f^2 + 4)) / 2 of f and of -f are each other's inverse.
    assert plus == pytest.approx(np.log((3 + np.sqrt(13)) / 2), rel=1e-5)
    assert minus == pytest.approx(-plus, rel=1e-5)


@pytest.mark.parametrize("flux", [-1e4, -1e8])
def test_log_aperture_stands_very_negative_flux(flux):
    one = pixel(1).bool()
    inputs = network_inputs(pixel(flux), one, torch.tensor([2.0]), torch.zeros(1))
    assert inputs.log_aperture.item() == pytest.approx(-np.log(-flux), rel=1e-4)
