import numpy as np

from meas_blends.data.realizations import realized_correlation


def test_noise_of_a_varying_scatter_with_holes():
    rng = np.random.default_rng(1)
    variance = np.full((400, 300), 4.0)
    variance[:, 150:] = 100.0
    noise = rng.normal(size=(401, 300))
    noise = (noise[1:] + noise[:-1]) / np.sqrt(2) * np.sqrt(variance)
    noise[50:100] = 0
    noise[200] = np.nan
    variance[300:, :20] = np.inf
    before = noise.copy()
    correlation = realized_correlation([noise], variance)
    assert np.array_equal(noise, before, equal_nan=True)
    assert correlation.shape == (5, 5)
    assert np.allclose(correlation[1:4, 2], [0.5, 1, 0.5], atol=0.02)
    assert np.allclose(correlation[2, 1:4], [0, 1, 0], atol=0.02)


def test_without_usable_pixels_nothing_is_known():
    ones = np.ones((20, 30))
    assert realized_correlation([], ones) is None
    assert realized_correlation([0 * ones], ones) is None
    assert realized_correlation([ones], np.inf * ones) is None
