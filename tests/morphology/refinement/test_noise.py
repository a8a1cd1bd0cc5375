"""Whitening, and the weights of pixels."""

import numpy as np
import torch

from meas_blends.morphology.refinement.noise import pixel_weights, whitening
from meas_blends.morphology.sky_noise import correlated_noise


def test_correlated_noise_is_whitened():
    noise = correlated_noise(np.random.default_rng(1), (400, 400), 0.4)
    matrix = whitening(torch.tensor([0.4]), 400)[0].numpy()
    white = matrix @ noise @ matrix.T
    assert abs(white.std() - 1) < 0.01
    for a, b in ((white[1:], white[:-1]), (white[:, 1:], white[:, :-1]), (white[2:], white[:-2])):
        assert abs(np.mean(a * b)) < 0.01


def test_white_noise_is_left_alone():
    np.testing.assert_allclose(whitening(torch.zeros(2), 8), np.tile(np.eye(8), (2, 1, 1)))


def test_pixels_after_a_masked_one_weigh_nothing():
    usable = torch.ones(1, 6, 6, dtype=torch.bool)
    usable[0, 2, 3] = False
    weights = pixel_weights(usable, torch.zeros(1, 6, 6), torch.ones(1))[0]
    assert (weights[2:4, 3:5] == 0).all()
    assert weights.sum() == 36 - 4


def test_a_galaxys_own_light_brings_noise():
    usable = torch.ones(1, 2, 2, dtype=torch.bool)
    weights = pixel_weights(usable, torch.full((1, 2, 2), 50.0), torch.tensor([100.0]))
    np.testing.assert_allclose(weights, 1 / 1.5)
