import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.data.psf import CellPsf
from meas_blends.detection.psf_against_stars import (
    narrowed,
    oversampling_by_stars,
    star_width,
    width_ratio,
)
from psf_toys import assert_is_true, effective, star_field, subpixels


def field(fwhm=3.6, number=40, **options):
    image = star_field(fwhm, number, **options)
    return Coadd(image, np.ones(image.shape), xy0=(300, -40))


@pytest.mark.parametrize("fwhm", [2.6, 3.6, 6.0])
def test_stars_tell_the_width(fwhm):
    stars = star_width(field(fwhm))
    assert stars.number >= 20
    assert stars.place == (300 + 209.5, -40 + 209.5)
    for given in (fwhm, 1.2 * fwhm):
        ratio = width_ratio(CellPsf.constant(effective(given)), stars)
        truth = width_ratio(CellPsf.constant(effective(fwhm)), stars)
        assert truth == pytest.approx(1.0, abs=0.02)
        assert ratio == pytest.approx(given / fwhm, abs=0.03)


def test_few_stars_tell_nothing():
    assert star_width(field(number=9)) is None
    rng = np.random.default_rng(1)
    assert star_width(Coadd(rng.normal(size=(200, 200)), np.ones((200, 200)))) is None


def test_only_the_middle_of_a_large_image_is_searched():
    image = np.zeros((60, 5000), np.float32)
    image += np.random.default_rng(1).normal(size=image.shape)
    image[:, 2290:2710] += star_field(number=100, size=420, noise=0)[100:160]
    stars = star_width(Coadd(image, np.ones(image.shape)))
    assert stars is not None and stars.place == (2499.5, 29.5)


def test_whole_ratios_come_from_oversampling():
    assert [oversampling_by_stars(ratio) for ratio in (2.1, 2.95, 4.9, 9.0)] == [2, 3, 5, 9]
    assert [oversampling_by_stars(ratio) for ratio in (0.5, 1.0, 1.3, 1.6, 2.5, 12)] == [None] * 6


@pytest.mark.parametrize("over", [2, 3, 5])
@pytest.mark.parametrize("with_pixel", [True, False])
def test_stars_tell_whether_the_pixel_is_in_it(over, with_pixel):
    stars = star_width(field(2.6))
    size = 41 * over + (over % 2 == 0)
    image = effective(2.6, size, 1 / over) if with_pixel else subpixels(2.6, size, over)
    psf = narrowed(CellPsf.constant(image), over, stars)
    assert_is_true(psf.middle, 2.6)
