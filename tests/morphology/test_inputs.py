"""The aperture and the network's numbers, against values known in closed form."""

import numpy as np
import pytest
import torch

from meas_blends.morphology.inputs import (
    InputLayout,
    aperture_fluxes,
    cut_view,
    network_inputs,
)

SIZE = 64
CENTRE = SIZE // 2

#: One window, twice as wide as the PSF.
ONE = InputLayout(SIZE, (1,), SIZE, (2.0,))


def pixel(value, dx=0, dy=0):
    """Stamp that is zero but for one pixel, this far from the centre."""
    image = torch.zeros(1, SIZE, SIZE)
    image[0, CENTRE + dy, CENTRE + dx] = value
    return image


def window(images, usable, psf_sigma):
    """Flux and error in the window, (n,) each."""
    flux, error = aperture_fluxes(images, usable, 2.0 * psf_sigma[:, None])
    return flux[:, 0], error[:, 0]


def all_usable(n=1):
    return torch.ones(n, SIZE, SIZE, dtype=torch.bool)


def test_aperture_flux_of_a_gaussian():
    y, x = torch.meshgrid(torch.arange(64.0) - 32, torch.arange(64.0) - 32, indexing="ij")
    sigma = 2.0
    images = 10 * torch.exp(-0.5 * (x**2 + y**2) / sigma**2)[None]
    usable = torch.ones_like(images, dtype=torch.bool)
    flux, error = window(images, usable, torch.tensor([sigma]))
    # Products of Gaussians of 2 and 4 pixels; the squared window has 4 / sqrt(2).
    assert flux.item() == pytest.approx(10 * 2 * np.pi / (1 / 4 + 1 / 16), rel=1e-4)
    assert error.item() == pytest.approx(np.sqrt(2 * np.pi * 8), rel=1e-4)


def test_inputs_are_finite_for_any_stamp():
    images = torch.stack([torch.zeros(64, 64), torch.full((64, 64), -50.0)])
    usable = torch.stack([torch.zeros(64, 64), torch.ones(64, 64)]).bool()
    inputs = network_inputs(images, usable, torch.ones(2), torch.zeros(2), ONE)
    for values in (inputs.images, inputs.numbers, inputs.log_flux):
        assert torch.isfinite(values).all()
    assert inputs.signal_to_noise[1] < 0


@pytest.mark.parametrize(("dx", "dy"), [(4, 0), (0, -4)])
def test_window_is_twice_as_wide_as_the_psf(dx, dy):
    flux, _ = window(pixel(7.0, dx, dy), all_usable(), torch.tensor([2.0]))
    assert flux.item() == pytest.approx(7.0 * np.exp(-0.5))


def test_each_stamp_has_a_window_of_its_own():
    images = torch.cat([pixel(1.0, 4)] * 2)
    flux, error = window(images, all_usable(2), torch.tensor([1.0, 2.0]))
    assert flux.tolist() == pytest.approx([np.exp(-2), np.exp(-0.5)])
    assert (error[1] / error[0]).item() == pytest.approx(2.0, rel=1e-4)


def test_error_is_of_the_usable_pixels_and_never_zero():
    usable = (pixel(1) + pixel(1, 4) + pixel(1, 0, 4)).bool()
    _, error = window(pixel(1.0), usable, torch.tensor([2.0]))
    assert error.item() == pytest.approx(np.sqrt(1 + 2 * np.exp(-1)))
    _, error = window(pixel(0.0), ~all_usable(), torch.tensor([2.0]))
    assert error.item() == 1.0


def test_error_is_the_scatter_of_white_noise():
    noise = torch.from_numpy(np.random.default_rng(1).normal(size=(1000, SIZE, SIZE))).float()
    flux, error = window(noise, all_usable(1000), torch.full((1000,), 2.0))
    assert (flux / error).std().item() == pytest.approx(1.0, abs=0.07)


def test_channels_are_the_arsinh_and_the_usable_pixels():
    usable = all_usable()
    usable[0, 3, 5] = False
    inputs = network_inputs(
        pixel(np.sinh(10.0)), usable, torch.tensor([1.7]), torch.tensor([0.0]), ONE
    )
    assert inputs.images.shape == (1, 1, 3, SIZE, SIZE)
    torch.testing.assert_close(inputs.images[:, 0, 0], pixel(3.0))
    assert torch.equal(inputs.images[:, 0, 2].bool(), usable)


def test_the_second_channel_knows_the_shape_and_not_the_brightness():
    y, x = torch.meshgrid(torch.arange(64.0) - 32, torch.arange(64.0) - 32, indexing="ij")
    shape = torch.exp(-0.5 * (x**2 + y**2) / 9.0)
    images = torch.stack([1e4 * shape, 1e6 * shape])
    inputs = network_inputs(images, all_usable(2), torch.full((2,), 1.7), torch.zeros(2), ONE)
    torch.testing.assert_close(inputs.images[0, 0, 1], inputs.images[1, 0, 1], rtol=1e-4, atol=1e-4)
    assert (inputs.images[1, 0, 0] - inputs.images[0, 0, 0]).max() > 1.0


@pytest.mark.parametrize("stamp", [63, 64, 239, 240])
@pytest.mark.parametrize("binning", [1, 4])
def test_views_of_any_stamp_have_the_centre_at_one_place(stamp, binning):
    image = torch.zeros(1, stamp, stamp)
    image[0, stamp // 2, stamp // 2] = 5.0
    view = cut_view(image, binning, 32)
    assert view.shape == (1, 32, 32)
    assert view[0, 16, 16] == pytest.approx(5.0)
    assert view.sum() == pytest.approx(5.0)


def test_bins_hold_the_sum_of_their_pixels():
    image = torch.rand(1, 128, 128)
    whole = cut_view(image, 4, 32)
    torch.testing.assert_close(whole, image.view(1, 32, 4, 32, 4).sum(dim=(2, 4)))
    # A view wider than the stamp is empty around it.
    wide = cut_view(image, 8, 32)
    assert (wide[0, :8] == 0).all() and (wide[0, 24:] == 0).all()
    assert wide.sum().item() == pytest.approx(image.sum().item(), rel=1e-5)


def test_wide_views_are_in_units_of_their_noise():
    noise = torch.from_numpy(np.random.default_rng(2).normal(size=(20, 128, 128))).float()
    layout = InputLayout(128, (1, 4), 32, (2.0,))
    usable = torch.ones(noise.shape, dtype=torch.bool)
    inputs = network_inputs(noise, usable, torch.full((20,), 2.0), torch.zeros(20), layout)
    scatter = torch.sinh(inputs.images[:, :, 0] / 0.3).std(dim=(0, 2, 3))
    assert scatter.tolist() == pytest.approx([1.0, 1.0], abs=0.02)
    assert (inputs.images[:, :, 2] == 1).all()


def test_numbers_are_those_that_the_shipped_network_knows():
    # A window of one usable pixel has an error of one: the S/N is the pixel.
    images = torch.cat([pixel(np.sinh(3.0))])
    usable = pixel(1).bool()
    inputs = network_inputs(images, usable, torch.tensor([1.7 * np.e]), torch.tensor([0.25]), ONE)
    log_flux = np.log(0.5 * (np.sinh(3.0) + np.sqrt(np.sinh(3.0) ** 2 + 4)))
    expected = torch.tensor([[2.0, 0.5, float(0.5 * log_flux - 2.5), 0.0, 0.0]])
    torch.testing.assert_close(inputs.numbers, expected, atol=1e-5, rtol=1e-5)
    assert inputs.signal_to_noise.tolist() == pytest.approx([np.sinh(3.0)])


def test_log_flux_is_positive_and_the_flux_where_it_stands_out():
    usable = torch.cat([pixel(1)] * 4).bool()
    images = torch.cat([pixel(value) for value in (1e4, 0.0, 3.0, -3.0)])
    bright, none, plus, minus = network_inputs(
        images, usable, torch.full((4,), 2.0), torch.zeros(4), ONE
    ).log_flux.tolist()
    assert bright == pytest.approx(np.log(1e4))
    assert none == pytest.approx(0.0, abs=1e-6)
    # (f + sqrt(f^2 + 4)) / 2 of f and of -f are each other's inverse.
    assert plus == pytest.approx(np.log((3 + np.sqrt(13)) / 2), rel=1e-5)
    assert minus == pytest.approx(-plus, rel=1e-5)


@pytest.mark.parametrize("flux", [-1e4, -1e8])
def test_log_flux_stands_very_negative_flux(flux):
    one = pixel(1).bool()
    inputs = network_inputs(pixel(flux), one, torch.tensor([2.0]), torch.zeros(1), ONE)
    assert inputs.log_flux.item() == pytest.approx(-np.log(-flux), rel=1e-4)


def test_log_flux_is_mostly_that_of_the_aperture_that_fits():
    y, x = torch.meshgrid(torch.arange(128.0) - 64, torch.arange(128.0) - 64, indexing="ij")
    layout = InputLayout(128, (1,), 64, (2.0, 4.0, 8.0))
    psf_sigma, usable = torch.tensor([2.0]), torch.ones(1, 128, 128, dtype=torch.bool)
    for width, fits in ((4.0, 0), (16.0, 2)):
        image = torch.exp(-0.5 * (x**2 + y**2) / width**2)[None]
        inputs = network_inputs(image, usable, psf_sigma, torch.zeros(1), layout)
        best = torch.sum(
            image * torch.exp(-0.5 * (x**2 + y**2) / (2 * layout.apertures[fits]) ** 2)
        )
        assert inputs.log_flux.item() == pytest.approx(np.log(best.item()), abs=0.4)
