import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.coadd import Coadd
from meas_blends.detection.background import subtract_background
from meas_blends.detection.rounding import dithered, rounding_step
from meas_blends.detection.variance import estimate_variance

SIDE = 384
GOOD = np.zeros((SIDE, SIDE), bool)


def noise(seed=1, sky=0.0):
    return sky + np.random.default_rng(seed).normal(size=(SIDE, SIDE))


def rounded(step, seed=1, sky=0.0):
    return (step * np.round(noise(seed, sky) / step)).astype(np.float32)


@pytest.mark.parametrize("step", [0.125, 0.25, 1 / 3, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("scale", [1.0, 0.0031, 1e12])
def test_the_step_is_found_whatever_the_scale(step, scale):
    image = scale * rounded(step) + 77.0 * scale
    assert rounding_step(image, GOOD) == pytest.approx(scale * step, rel=1e-3)


def test_the_step_of_single_precision_on_a_pedestal():
    image = (noise() + 8e6).astype(np.float32)
    assert rounding_step(image, GOOD) == 0.5


@pytest.mark.parametrize("level", [1, 2, 4])
def test_the_step_of_lossy_compression(tmp_path, level):
    hdu = fits.CompImageHDU(
        noise().astype("f4"), compression_type="RICE_1", quantize_level=level, quantize_method=-1
    )
    hdu.writeto(tmp_path / "a.fits")
    image = fits.getdata(tmp_path / "a.fits")
    assert rounding_step(image, GOOD) == pytest.approx(1.0 / level, rel=0.05)


Y, X = np.indices((SIDE, SIDE))
LIGHT = 1e3 * np.exp(-((X - 100) ** 2 + (Y - 90) ** 2) / 60.0)


@pytest.mark.parametrize(
    "image",
    [
        noise(),
        noise().astype(np.float32),
        LIGHT,
        LIGHT.astype(np.float32) + 5,
        np.minimum(LIGHT, 50.0),
        rounded(0.05),
        np.zeros((SIDE, SIDE)),
        np.full((SIDE, SIDE), np.nan),
        np.zeros((2, 3)),
    ],
)
def test_what_is_not_rounded_is_left_as_it_is(image):
    bad = np.zeros(image.shape, bool)
    same, variance = dithered(image, bad)
    assert same is image
    assert variance == 0.0


def test_bad_pixels_do_not_count():
    image, bad = rounded(0.5), X > 20
    image[bad] = noise()[bad]
    assert rounding_step(image, bad) == 0.5


def test_a_pixel_gets_the_same_noise_every_time(monkeypatch):
    image = rounded(1.0)
    first, variance = dithered(image, GOOD)
    assert variance == pytest.approx(0.49)
    assert np.var(first - image) == pytest.approx(0.49, rel=0.02)
    monkeypatch.setattr("meas_blends.data.tiles._STRIP_PIXELS", 10 * SIDE)
    assert np.array_equal(dithered(image, GOOD)[0], first)
    assert rounding_step(image, GOOD) == 1.0


@pytest.mark.parametrize("step", [0.25, 1 / 3, 0.5, 0.75, 1.0])
def test_the_sky_of_rounded_pixels_is_that_of_the_exact_ones(step):
    # Wherever the sky lies between two steps.
    for seed, phase in enumerate(np.linspace(0.0, 1.0, 6)):
        sky = 20.0 + phase * step
        left = subtract_background(Coadd(rounded(step, seed, sky))).image
        exact = subtract_background(Coadd(noise(seed, sky))).image
        assert abs(left.mean()) < 0.05
        assert abs(left.mean() - exact.mean()) < 0.03


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_the_sky_of_lossy_compression(tmp_path, level):
    hdu = fits.CompImageHDU(
        noise(sky=0.4).astype("f4"),
        compression_type="RICE_1",
        quantize_level=level,
        quantize_method=-1,
    )
    hdu.writeto(tmp_path / "a.fits")
    left = subtract_background(Coadd(fits.getdata(tmp_path / "a.fits"))).image
    assert abs(left.mean()) < 0.03


@pytest.mark.parametrize("step", [0.25, 0.5, 0.75, 1.0, 1.5, 2.0])
def test_the_variance_is_that_of_the_rounded_pixels(step):
    for phase in (0.0, 0.3, 0.5):
        image = rounded(step, sky=phase * step)
        variance = estimate_variance(image, GOOD)
        assert np.sqrt(np.median(variance)) == pytest.approx(image.std(), rel=0.02)
