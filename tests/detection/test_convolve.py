"""Parts of a convolved image are, to the bit, those of the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from meas_blends.data.coadd import Coadd
from meas_blends.detection.convolve import convolve_separable, correlate, padded
from meas_blends.detection.matched_filter import MatchedFilter
from meas_blends.detection.psf import gaussian_psf

SHAPE = (330, 600)


def image(seed=4):
    rng = np.random.default_rng(seed)
    pixels = rng.normal(0, 1, SHAPE).astype(np.float32)
    bad = rng.random(SHAPE) < 0.01
    return np.where(bad, np.nan, pixels), bad, np.where(bad, 0, pixels)


def test_separable():
    pixels, bad, clean = image()
    profile = np.array([1, 3, 5, 3, 1], np.float32) / 13
    part = padded(pixels, bad, slice(0, SHAPE[0]), slice(0, SHAPE[1]), (2, 2))
    expected = signal.convolve2d(clean, np.outer(profile, profile), mode="same")
    found = convolve_separable(part, profile)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(convolve_separable(part, profile, 3), found[::3, ::3])


def test_correlation_with_an_uneven_kernel():
    pixels, bad, clean = image()
    kernel = np.random.default_rng(5).random((5, 9)).astype(np.float32)
    found = correlate(pixels, bad, kernel, slice(0, SHAPE[0]), slice(0, SHAPE[1]))
    np.testing.assert_allclose(found, signal.correlate2d(clean, kernel, mode="same"), atol=2e-5)


@pytest.fixture(scope="module", params=["gaussian", "psf"])
def matched(request):
    pixels, _, _ = image()
    variance = np.random.default_rng(6).uniform(0.5, 2, SHAPE)
    coadd = Coadd(pixels, variance, psf=gaussian_psf(1.6), xy0=(40, -7))
    made = MatchedFilter.fit(coadd, request.param)
    return made, made.window()


@given(st.data())
@settings(max_examples=25)
def test_windows_are_parts_of_the_whole(matched, data):
    made, whole = matched
    part = []
    for length in SHAPE:
        start = data.draw(st.integers(0, length - 1))
        part.append(slice(start, data.draw(st.integers(start + 1, length))))
    window = made.window(*part)
    part = tuple(part)
    np.testing.assert_array_equal(window.smoothed, whole.smoothed[part])
    np.testing.assert_array_equal(window.significance, whole.significance[part])
    np.testing.assert_array_equal(window.coadd.image, whole.coadd.image[part])
    np.testing.assert_array_equal(window.bad, whole.bad[part])
    assert window.coadd.xy0 == (40 + part[1].start, -7 + part[0].start)
    assert window.noise_factor == whole.noise_factor
    assert window.typical_noise == whole.typical_noise


def test_significance_of_the_whole(matched):
    made, whole = matched
    np.testing.assert_array_equal(made.significance, whole.significance)
