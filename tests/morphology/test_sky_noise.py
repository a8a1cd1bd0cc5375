"""Noise of the sky, drawn where it is wanted."""

import gc
import weakref

import numpy as np
import pytest

from meas_blends.morphology import sky_noise
from meas_blends.morphology.sky_noise import SkyNoise, correlated_noise


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_stamps_that_overlap_have_the_same_noise(correlation):
    noise = SkyNoise(np.random.default_rng(1), correlation)
    # Across borders of tiles, and beyond the image.
    whole = noise.stamps(np.array([-70]), np.array([90]), 200)[0]
    part = noise.stamps(np.array([3, -20]), np.array([110, 100]), 64)
    np.testing.assert_array_equal(part[0], whole[73:137, 20:84])
    np.testing.assert_array_equal(part[1], whole[50:114, 10:74])
    again = SkyNoise(np.random.default_rng(1), correlation).stamps(*np.array([[3], [110]]), 64)
    np.testing.assert_array_equal(again[0], part[0])
    other = SkyNoise(np.random.default_rng(2), correlation).stamps(*np.array([[3], [110]]), 64)
    assert np.abs(other[0] - part[0]).mean() > 0.5


@pytest.mark.parametrize("correlation", [0.0, 0.2, 0.5])
def test_scatter_and_correlation_are_as_asked_for(correlation):
    for noise in (
        SkyNoise(np.random.default_rng(3), correlation).stamps(np.array([0]), np.array([0]), 500)[
            0
        ],
        correlated_noise(np.random.default_rng(4), (500, 500), correlation),
    ):
        assert noise.std() == pytest.approx(1.0, abs=0.02)
        for beside in (noise[:, 1:] * noise[:, :-1], noise[1:] * noise[:-1]):
            assert beside.mean() == pytest.approx(correlation, abs=0.02)


def test_tiles_are_let_go_with_it(monkeypatch):
    drawn = []

    class Tile(np.ndarray):
        pass

    def draw(entropy, j, i):
        tile = np.zeros((128, 128), np.float32).view(Tile)
        drawn.append(weakref.ref(tile))
        return tile

    monkeypatch.setattr(sky_noise, "_draw_tile", draw)
    gc.disable()
    try:
        noise = SkyNoise(np.random.default_rng(1), 0.0)
        noise.stamps(np.array([5]), np.array([5]), 32)
        assert [tile() is None for tile in drawn] == [False]
        del noise
        assert [tile() is None for tile in drawn] == [True]
    finally:
        gc.enable()
