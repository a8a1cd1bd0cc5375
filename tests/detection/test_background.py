import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.detection.background import subtract_background


def noise(shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (60, 90), (300, 200)])
def test_a_constant_level_is_taken_off(shape):
    image = noise(shape)
    coadd = subtract_background(Coadd(image + 5000.0))
    assert abs(np.median(coadd.image)) < max(0.1, 2.0 / np.sqrt(image.size))
    assert coadd.origins["background"].startswith("subtracted")


def test_a_slope_is_taken_off_and_sources_stay():
    slope = np.linspace(0.0, 200.0, 512)[None, :] + np.zeros((512, 1))
    image = noise((512, 512)) + slope
    image[100:103, 200:203] += 500.0
    coadd = subtract_background(Coadd(image), mesh=64)
    columns = np.median(coadd.image, axis=0)
    assert np.abs(columns[16:-16]).max() < 1.0
    assert coadd.image[101, 201] == pytest.approx(500.0, abs=6.0)


def test_bad_pixels_do_not_count():
    image = noise((200, 200)) + 10.0
    mask = np.zeros(image.shape, np.int32)
    mask[:, :90] = 1
    image[:, :90] = 1e6
    image[150:, 100:] = np.nan
    image[0, 150] = np.inf
    coadd = subtract_background(Coadd(image, mask=mask))
    good = ~coadd.bad
    assert abs(np.median(coadd.image[good])) < 0.1
    assert np.isfinite(coadd.image[good]).all()
    assert np.isnan(coadd.image[170, 120])


def test_an_image_without_a_good_pixel_is_left():
    coadd = subtract_background(Coadd(np.full((20, 30), np.nan)))
    assert np.isnan(coadd.image).all()
    assert coadd.origins["background"].startswith("not subtracted")


def test_a_high_pedestal_keeps_its_digits():
    image = noise((256, 256)) + np.float32(2.0**20)
    coadd = subtract_background(Coadd(image))
    assert coadd.image.std() == pytest.approx(1.0, rel=0.03)


def test_sources_that_are_named_do_not_raise_the_background():
    y, x = np.indices((128, 128))
    # So wide that clipping alone takes much of it for sky.
    light = 8 * np.exp(-0.5 * ((x - 64) ** 2 + (y - 64) ** 2) / 30**2)
    coadd = Coadd(noise((128, 128)) + light.astype(np.float32))
    blind = subtract_background(coadd).image.sum()
    told = subtract_background(coadd, sources=light > 0.1).image.sum()
    assert blind < 0.9 * light.sum()
    assert abs(told / light.sum() - 1) < 0.05
