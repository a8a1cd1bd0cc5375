import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.signal import fftconvolve

from meas_blends.detection.noise import (
    MAX_LAG,
    blank_pixels,
    clipped_scatter,
    correlation_factor,
    measure_noise,
    sum_factor,
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


def white_noise(shape):
    return np.random.default_rng(1).normal(size=shape)


def plain_correlation(image):
    """Autocorrelation of a whole image, whatever it shows."""
    image = image - image.mean()
    lags = range(-MAX_LAG, MAX_LAG + 1)
    shifted = [[(image * np.roll(image, (j, i), (0, 1))).mean() for i in lags] for j in lags]
    return np.array(shifted) / image.var()


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


def test_noise_of_white_pixels():
    image = 3.0 * np.random.default_rng(9).normal(size=(300, 300))
    noise = measure_noise(image, none_bad(image), 1.6)
    expected = np.zeros((2 * MAX_LAG + 1,) * 2)
    expected[MAX_LAG, MAX_LAG] = 1.0
    assert noise.scatter == pytest.approx(3.0, rel=0.02)
    assert noise.correlation == pytest.approx(expected, abs=0.03)


def test_noise_of_correlated_pixels():
    image = correlated_noise((400, 400))
    axis = np.pad([0.25, 1.0, 0.25], MAX_LAG - 1)
    noise = measure_noise(image, none_bad(image), 1.6)
    assert noise.scatter == pytest.approx(1.0, rel=0.02)
    assert noise.correlation == pytest.approx(np.outer(axis, axis), abs=0.03)


@pytest.mark.parametrize("make", [correlated_noise, white_noise])
@pytest.mark.parametrize("sigma", [1.3, 1.7, 3.0])
def test_unseen_galaxies_are_no_noise(make, sigma):
    """A point source every ten pixels, most of them well below the noise."""
    rng = np.random.default_rng(11)
    noise = make((800, 800)).astype(np.float32)
    flux = rng.exponential(3.0 * sigma, noise.shape) * (rng.uniform(size=noise.shape) < 0.1)
    image = noise + gaussian_filter(flux, sigma)
    found = measure_noise(image, none_bad(image), sigma)
    kernel = gaussian_psf(sigma)
    truth, taken, naive = (
        correlation_factor(correlation, kernel)
        for correlation in (plain_correlation(noise), found.correlation, plain_correlation(image))
    )
    assert found.scatter == pytest.approx(noise.std(), rel=0.012)
    assert image.std() > 1.05 * noise.std()
    assert abs(taken - truth) < 0.2 * (naive - truth)


def expected_factor(sigma):
    lag = np.arange(-1, 2)
    return float(np.sum([0.25, 1.0, 0.25] * np.exp(-0.25 * (lag / sigma) ** 2)))


@pytest.mark.parametrize("sigma", [1.0, 1.6, 2.5])
def test_correlation_factor_is_that_of_the_noise(sigma):
    image = correlated_noise((500, 400))
    measured = measure_noise(image, none_bad(image), sigma).correlation
    assert correlation_factor(measured, gaussian_psf(sigma)) == pytest.approx(
        expected_factor(sigma), rel=0.03
    )


@pytest.mark.parametrize("sigma", [1.0, 1.6])
def test_correlation_factor_with_sources_and_bad_pixels(sigma):
    image = with_sources(correlated_noise((500, 400)), 0.001, 200.0)
    image[:30] = np.nan
    bad = none_bad(image)
    bad[:, :20] = True
    image[:, :20] = 1e6
    measured = measure_noise(image, bad, sigma).correlation
    assert correlation_factor(measured, gaussian_psf(sigma)) == pytest.approx(
        expected_factor(sigma), rel=0.05
    )


def test_correlation_factor_is_what_smoothing_does():
    image = correlated_noise((600, 600))
    white = 1.0 / (2.0 * np.sqrt(np.pi) * 1.6)
    ratio = gaussian_filter(image, 1.6).std() / white
    measured = measure_noise(image, none_bad(image), 1.6).correlation
    assert correlation_factor(measured, gaussian_psf(1.6)) == pytest.approx(ratio, rel=0.03)


@pytest.mark.parametrize("radius", [2.5, 6.0, 15.0])
def test_sum_factor_is_that_of_sums_over_disks(radius):
    axis = np.array([0.0, 0.25, 1.0, 0.25, 0.0])
    y, x = np.indices((41, 41)) - 20
    disk = (x**2 + y**2 <= radius**2).astype(np.float32)
    sums = fftconvolve(correlated_noise((1200, 1200)), disk, mode="valid")
    expected = sums.std() / np.sqrt(disk.sum())
    found = sum_factor(np.outer(axis, axis), np.array([disk.sum()]))
    assert found == pytest.approx([expected], rel=0.05)


@pytest.mark.parametrize(
    "image",
    [
        np.full((50, 50), np.nan),
        np.zeros((50, 50)),
        np.random.default_rng(1).normal(size=(6, 6)),
        np.random.default_rng(1).normal(size=(4, 2000)),
    ],
)
def test_noise_that_cannot_be_told(image):
    assert measure_noise(image, none_bad(image), 1.5) is None


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
