import numpy as np
import pytest

from meas_blends.detection.noise import (
    blank_pixels,
    clipped_scatter,
    noise_correlation,
    smoothing_noise_factor,
)
from meas_blends.detection.psf import gaussian_psf
from meas_blends.detection.variance import estimate_variance


def correlated_noise(shape, seed=1):
    """Unit noise with the autocorrelation (1/4, 1, 1/4) along each axis."""
    rng = np.random.default_rng(seed)
    filters = [
        np.sqrt(2.0 / 3.0 + np.cos(2.0 * np.pi * np.fft.fftfreq(n)) / 3.0) / np.sqrt(2.0 / 3.0)
        for n in shape
    ]
    wave = np.fft.fft2(rng.normal(size=shape)) * np.outer(*filters)
    return np.fft.ifft2(wave).real.astype(np.float32)


def with_sources(image, density, flux, seed=2):
    """Add Gaussian blobs of sigma 2 with exponentially distributed fluxes."""
    rng = np.random.default_rng(seed)
    image = image.copy()
    psf = gaussian_psf(2.0, 25)
    ny, nx = image.shape
    for _ in range(int(density * image.size)):
        x, y = rng.integers(12, nx - 12), rng.integers(12, ny - 12)
        image[y - 12 : y + 13, x - 12 : x + 13] += rng.exponential(flux) * psf
    return image


def none_bad(image):
    return np.zeros(image.shape, bool)


def test_clipped_scatter_ignores_outliers():
    values = np.random.default_rng(3).normal(5.0, 2.0, 20_000)
    values[:1000] = 1e5
    centre, scatter = clipped_scatter(values)
    assert centre == pytest.approx(5.0, abs=0.1)
    assert scatter == pytest.approx(2.0, rel=0.03)


@pytest.mark.parametrize("values", [[], [3.0], [2.0, 2.0, 2.0]])
def test_clipped_scatter_of_little(values):
    centre, scatter = clipped_scatter(np.array(values))
    assert centre == (values[0] if values else 0.0)
    assert scatter == 0.0


def test_blank_pixels_avoid_sources_and_keep_noise():
    noise = correlated_noise((256, 256))
    assert blank_pixels(noise, none_bad(noise)).mean() > 0.8
    image = noise.copy()
    image[100:140, 100:140] += 10.0
    blank = blank_pixels(image, none_bad(image))
    assert not blank[98:142, 98:142].any()
    assert blank.mean() > 0.6


@pytest.mark.parametrize("sources", [0.0, 0.001])
@pytest.mark.parametrize(
    "make", [correlated_noise, lambda s: np.random.default_rng(1).normal(size=s)]
)
def test_variance_is_that_of_the_noise(make, sources):
    image = with_sources(7.0 * make((400, 300)) + 100.0, sources, 2000.0)
    variance = estimate_variance(image, none_bad(image))
    assert variance.dtype == np.float32
    assert np.sqrt(np.median(variance)) == pytest.approx(7.0, rel=0.03)
    assert np.sqrt(variance) == pytest.approx(7.0, rel=0.2)


def test_variance_is_local():
    image = np.random.default_rng(4).normal(size=(512, 512))
    image[:, 256:] *= 3.0
    deviation = np.sqrt(estimate_variance(image, none_bad(image)))
    assert np.median(deviation[:, :192]) == pytest.approx(1.0, rel=0.05)
    assert np.median(deviation[:, 320:]) == pytest.approx(3.0, rel=0.05)


def test_variance_of_an_image_full_of_sources():
    noise = np.random.default_rng(5).normal(size=(60, 50))
    image = with_sources(noise, 0.006, 800.0)
    assert np.std(image) > 3.0
    assert np.sqrt(np.median(estimate_variance(image, none_bad(image)))) < 1.7


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (5, 7), (70, 3)])
def test_variance_of_small_images_is_positive(shape):
    image = np.random.default_rng(6).normal(size=shape)
    variance = estimate_variance(image, none_bad(image))
    assert variance.shape == shape
    assert np.isfinite(variance).all()
    assert (variance > 0).all()


def test_variance_where_there_is_nothing_to_estimate_it_from():
    shape = (70, 80)
    blank = np.zeros(shape)
    assert (estimate_variance(blank, none_bad(blank)) == 1.0).all()
    assert (estimate_variance(np.full(shape, np.nan), none_bad(blank)) == 1.0).all()
    assert (estimate_variance(blank, ~none_bad(blank)) == 1.0).all()


def test_variance_of_a_padded_image_is_positive_everywhere():
    image = np.zeros((300, 300))
    image[:120, :120] = np.random.default_rng(7).normal(size=(120, 120))
    image[200:, 200:] = np.nan
    variance = estimate_variance(image, none_bad(image))
    assert np.isfinite(variance).all()
    assert (variance > 0).all()


def test_bad_pixels_do_not_reach_the_variance():
    image = np.random.default_rng(8).normal(size=(200, 200))
    bad = none_bad(image)
    bad[:, :150] = True
    image[:, :150] = 1e8
    image[5, 160] = np.inf
    assert np.sqrt(np.median(estimate_variance(image, bad)[:, 150:])) == pytest.approx(
        1.0, rel=0.06
    )


def test_correlation_of_white_noise_is_one_pixel():
    image = np.random.default_rng(9).normal(size=(300, 300))
    correlation = noise_correlation(image, none_bad(image))
    assert correlation.shape == (5, 5)
    expected = np.zeros((5, 5))
    expected[2, 2] = 1.0
    assert correlation == pytest.approx(expected, abs=0.03)


def test_correlation_of_correlated_noise():
    image = correlated_noise((400, 400))
    axis = [0.0, 0.25, 1.0, 0.25, 0.0]
    assert noise_correlation(image, none_bad(image)) == pytest.approx(
        np.outer(axis, axis), abs=0.03
    )


def expected_factor(sigma):
    lag = np.arange(-1, 2)
    return float(np.sum([0.25, 1.0, 0.25] * np.exp(-0.25 * (lag / sigma) ** 2)))


@pytest.mark.parametrize("sigma", [1.0, 1.6, 2.5])
def test_smoothing_factor_is_that_of_the_noise(sigma):
    image = correlated_noise((500, 400))
    measured = smoothing_noise_factor(image, none_bad(image), sigma)
    assert measured == pytest.approx(expected_factor(sigma), rel=0.03)


@pytest.mark.parametrize("sigma", [1.0, 1.6])
def test_smoothing_factor_with_sources_and_bad_pixels(sigma):
    image = with_sources(correlated_noise((500, 400)), 0.001, 200.0)
    image[:30] = np.nan
    bad = none_bad(image)
    bad[:, :20] = True
    image[:, :20] = 1e6
    measured = smoothing_noise_factor(image, bad, sigma)
    assert measured == pytest.approx(expected_factor(sigma), rel=0.05)


def test_smoothing_factor_is_what_smoothing_does():
    from scipy.ndimage import gaussian_filter

    image = correlated_noise((600, 600))
    white = 1.0 / (2.0 * np.sqrt(np.pi) * 1.6)
    ratio = gaussian_filter(image, 1.6).std() / white
    assert smoothing_noise_factor(image, none_bad(image), 1.6) == pytest.approx(ratio, rel=0.03)


def test_smoothing_factor_is_one_if_it_cannot_be_told():
    assert smoothing_noise_factor(np.full((50, 50), np.nan), np.zeros((50, 50), bool), 1.5) == 1.0
    assert smoothing_noise_factor(np.zeros((50, 50)), np.zeros((50, 50), bool), 1.5) == 1.0
    small = np.random.default_rng(1).normal(size=(6, 6))
    assert smoothing_noise_factor(small, none_bad(small), 1.5) == 1.0


def test_rounding_is_noise_too():
    # Noise below one step: most pixels are equal, and their clipped scatter is 0.
    noise = np.random.default_rng(4).normal(0.0, 0.2, (200, 200))
    image = 4.0 * np.round(noise)
    image[50, 50], image[100, 20] = 400.0, 120.0
    variance = estimate_variance(image, np.zeros(image.shape, bool))
    assert np.median(variance) == pytest.approx(16.0 / 12.0, rel=0.3)


def test_one_bright_pixel_is_no_rounding():
    image = np.zeros((50, 50))
    image[25, 25] = 1000.0
    assert np.median(estimate_variance(image, np.zeros(image.shape, bool))) < 1000.0
