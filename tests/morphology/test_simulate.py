"""Noise, neighbours and borders of the simulated stamps."""

import numpy as np
import pytest
import torch

from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.populations import LogUniform, draw_galaxies
from meas_blends.morphology.simulate import StampSimulator


@pytest.fixture(scope="module")
def stamps():
    return StampSimulator(LogUniform(), Conditions(), 64).draw(np.random.default_rng(1), 120)


def test_stamps_are_zero_where_not_usable(stamps):
    assert (stamps.images[~stamps.usable] == 0).all()
    share = stamps.usable.float().mean(dim=(1, 2))
    assert (share == 1).float().mean() == pytest.approx(0.6, abs=0.15)
    assert stamps.usable[:, 32, 32].all()


def test_noise_has_unit_variance_and_the_stated_correlation():
    # Galaxies far too faint to be seen leave the noise alone.
    faint = LogUniform(signal_to_noise=(1e-6, 1e-6))
    stamps = StampSimulator(faint, Conditions(), 64).draw(np.random.default_rng(2), 200)
    whole = stamps.usable.all(dim=2).all(dim=1)
    noise = stamps.images[whole] - stamps.images[whole].mean(dim=(1, 2), keepdim=True)
    assert noise.var().item() == pytest.approx(1.0, abs=0.02)
    side = (noise[:, 1:] * noise[:, :-1]).mean(dim=(1, 2))
    expected = stamps.noise_correlation[whole]
    assert (side - expected).abs().max() < 0.12
    assert (side - expected).mean().abs() < 0.01


def test_truth_is_in_pixels_and_sigmas():
    compact = LogUniform(radius=(0.1, 0.2), signal_to_noise=(900, 1000))
    sample = draw_galaxies(np.random.default_rng(3), 40, compact, Conditions())
    simulator = StampSimulator(LogUniform(), Conditions(), 64)
    stamps = simulator.observe(np.random.default_rng(4), sample)
    clean = stamps.usable.all(dim=2).all(dim=1).numpy()
    summed = stamps.images.sum(dim=(1, 2)).numpy()[clean]
    # Neighbours lie outside no clean stamp's footprint edge: allow for their wings.
    assert np.median(summed / stamps.truth[clean, 2]) == pytest.approx(1.0, abs=0.05)
    np.testing.assert_allclose(stamps.truth[:, 1], sample.half_light_radius / sample.pixel_scale)


def test_one_seed_one_set_of_stamps(stamps):
    again = StampSimulator(LogUniform(), Conditions(), 64).draw(np.random.default_rng(1), 120)
    assert torch.equal(again.images, stamps.images)
    assert torch.equal(again.usable, stamps.usable)
