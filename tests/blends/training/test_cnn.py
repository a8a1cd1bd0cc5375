"""Training of the network."""

import numpy as np
import torch

from meas_blends.blends.training.cnn import train_cnn


def test_the_callers_random_numbers_are_left_alone(toy_scenes):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train_cnn(*toy_scenes, np.random.default_rng(1), channels=(2, 2), widths=(4,), epochs=1)
    assert torch.equal(torch.rand(3), expected)


def test_more_epochs_less_loss(toy_scenes):
    losses = [
        train_cnn(
            *toy_scenes,
            np.random.default_rng(1),
            channels=(4, 4),
            widths=(16,),
            epochs=epochs,
            pedestal=264.0,
            batch=20,
        ).training["loss"]
        for epochs in (1, 10)
    ]
    assert losses[1] < 0.8 * losses[0]
