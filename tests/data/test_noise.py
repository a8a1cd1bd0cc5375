"""The autocorrelation of pure noise."""

import numpy as np
import pytest

from meas_blends.data import noise
from meas_blends.data.noise import noise_autocorrelation


def test_what_a_kernel_leaves():
    rng = np.random.default_rng(2)
    white = rng.standard_normal((600, 601))
    taps = {(0, 0): 1.0, (0, 1): 0.5, (1, 0): -0.3, (2, 1): 0.2}
    image = sum(weight * np.roll(white, shift, (0, 1)) for shift, weight in taps.items())
    expected = np.zeros((5, 5))
    for one, a in taps.items():
        for other, b in taps.items():
            lag = one[0] - other[0] + 2, one[1] - other[1] + 2
            expected[lag] += a * b
    bad = rng.random(image.shape) < 0.2
    image[bad] = np.nan
    found = noise_autocorrelation(image, bad)
    assert found[2, 2] == 1.0
    np.testing.assert_allclose(found, found[::-1, ::-1])
    np.testing.assert_allclose(found, expected / expected[2, 2], atol=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (2, 3)])
def test_small_images(shape):
    found = noise_autocorrelation(np.ones(shape), np.zeros(shape, bool))
    assert found[2, 2] == 1.0 and np.isfinite(found).all()


def test_nothing_usable():
    found = noise_autocorrelation(np.full((9, 9), np.nan), np.zeros((9, 9), bool), 1)
    assert found.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_a_part_of_a_large_image_is_enough(monkeypatch):
    monkeypatch.setattr(noise, "_ENOUGH", 1 << 20)
    image = np.random.default_rng(1).standard_normal((3000, 1500)).astype(np.float32)
    found = noise_autocorrelation(image, np.zeros(image.shape, bool), 1)
    expected = np.zeros((3, 3))
    expected[1, 1] = 1
    np.testing.assert_allclose(found, expected, atol=0.01)
