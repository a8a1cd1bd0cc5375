"""The Gaussian of any number of targets against torch's own."""

import numpy as np
import pytest
import torch

from meas_blends.morphology.gaussian import (
    covariance,
    gaussian_nll,
    n_outputs,
    n_targets,
    split_outputs,
)


def random(n, targets):
    """Outputs of a network, and targets."""
    rng = np.random.default_rng(targets)
    outputs = torch.from_numpy(rng.normal(size=(n, n_outputs(targets))))
    return outputs, torch.from_numpy(rng.normal(size=(n, targets)))


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_loss_and_its_gradient_are_those_of_torch(number):
    outputs, targets = random(20, number)
    ours, theirs = outputs.clone().requires_grad_(), outputs.clone().requires_grad_()
    loss = gaussian_nll(ours, targets)
    gaussian = torch.distributions.MultivariateNormal(theirs[:, :number], covariance(theirs))
    expected = -gaussian.log_prob(targets).mean() - 0.5 * number * np.log(2 * np.pi)
    torch.testing.assert_close(loss, expected)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_the_published_order_of_nine_outputs():
    outputs = torch.arange(9.0)[None].double()
    mean, log_d, lower = split_outputs(outputs)
    assert mean.tolist() == [[0, 1, 2]]
    assert log_d.tolist() == [[3, 4, 5]]
    assert lower.tolist() == [[6, 7, 8]]
    # L10, L20, L21.
    triangle = np.array([[1, 0, 0], [6, 1, 0], [7, 8, 1]])
    expected = triangle @ np.diag(np.exp([3, 4, 5])) @ triangle.T
    np.testing.assert_allclose(covariance(outputs)[0], expected)


def test_numbers_of_outputs():
    assert [n_outputs(t) for t in (1, 2, 3, 4)] == [2, 5, 9, 14]
    assert all(n_targets(n_outputs(t)) == t for t in range(1, 30))
    for number in (0, 1, 3, 4, 6, 10):
        with pytest.raises(ValueError, match=f"{number} outputs are those of no Gaussian"):
            n_targets(number)
