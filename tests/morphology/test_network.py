"""The network's parts against torch's own, and at their known limits."""

import numpy as np
import pytest
import torch

from meas_blends.morphology.gaussian import covariance, gaussian_nll
from meas_blends.morphology.inputs import InputLayout
from meas_blends.morphology.network import CompactNetwork, ScaleTransformer

RNG = np.random.default_rng(4)


def random_outputs(n, dtype=torch.float64):
    return torch.as_tensor(RNG.normal(size=(n, 9)), dtype=dtype)


def test_loss_is_that_of_torch():
    outputs, targets = random_outputs(50), torch.as_tensor(RNG.normal(size=(50, 3)))
    gaussian = torch.distributions.MultivariateNormal(outputs[:, :3], covariance(outputs))
    expected = -gaussian.log_prob(targets).mean() - 1.5 * np.log(2 * np.pi)
    assert gaussian_nll(outputs, targets).item() == pytest.approx(expected.item())


def test_gradient_of_the_loss_is_that_of_torch():
    targets = torch.as_tensor(RNG.normal(size=(8, 3)))
    ours, theirs = random_outputs(8).requires_grad_(), None
    gaussian_nll(ours, targets).backward()
    theirs = ours.detach().clone().requires_grad_()
    gaussian = torch.distributions.MultivariateNormal(theirs[:, :3], covariance(theirs))
    (-gaussian.log_prob(targets).mean()).backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_loss_stands_extreme_variances():
    outputs = torch.zeros(2, 9)
    outputs[0, 3:6], outputs[1, 3:6] = -15.0, 15.0
    assert torch.isfinite(gaussian_nll(outputs, torch.ones(2, 3)))


def test_transformer_at_scale_one_is_the_identity():
    images = torch.rand(3, 2, 64, 64)
    zoomed = ScaleTransformer.resample(images, torch.ones(3))
    torch.testing.assert_close(zoomed, images, atol=2e-5, rtol=0)


def test_transformer_zooms_about_the_centre():
    ramp = torch.arange(65.0).expand(1, 1, 65, 65) - 32
    zoomed = ScaleTransformer.resample(ramp, torch.tensor([0.5]))
    torch.testing.assert_close(zoomed, 0.5 * ramp, atol=1e-4, rtol=0)


def test_transformer_starts_near_one_and_stays_within_its_limits():
    transformer = ScaleTransformer(2, smallest=0.3)
    scale = transformer.scale(torch.randn(5, 2, 64, 64))
    assert ((scale > 0.9) & (scale < 1.0)).all()
    torch.nn.init.constant_(transformer.scale_layer.bias, -100.0)
    torch.testing.assert_close(transformer.scale(torch.randn(5, 2, 64, 64)), torch.full((5,), 0.3))


@pytest.mark.parametrize(("size", "views"), [(32, (1,)), (64, (1,)), (32, (1, 4))])
def test_every_weight_learns(size, views):
    layout = InputLayout(size, views, size, (2.0, 4.0))
    network = CompactNetwork(layout, (4, 4, 8, 8, 8))
    # The last layers start at zero, which would stop gradients before them.
    torch.nn.init.normal_(network.head[-1].weight, std=0.1)
    for branch in network.branches:
        torch.nn.init.normal_(branch.transformer.scale_layer.weight, std=0.1)
    images = torch.randn(6, len(views), 3, size, size)
    outputs = network(images, torch.randn(6, layout.n_numbers))
    assert outputs.shape == (6, 9)
    gaussian_nll(outputs, torch.ones(6, 3)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_default_network_is_small():
    assert sum(p.numel() for p in CompactNetwork().parameters()) < 1_000_000
