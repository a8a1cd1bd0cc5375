"""Cutouts of footprints."""

import numpy as np
import pytest

from meas_blends.blends.cutouts import cut_footprints, exceeds
from toys import detect, draw


def test_footprint_in_the_middle_and_nothing_else():
    filtered, pixels = detect(draw([(30, 30, 20), (60, 30, 5)]))
    images = cut_footprints(filtered, pixels, 23)
    assert images.shape == (2, 23, 23)
    assert images[0, 11, 11] == pytest.approx(20, rel=1e-5)
    for image, area in zip(images, np.diff(pixels.first), strict=True):
        assert (image != 0).sum() == area


def test_a_pedestal_under_the_footprint_alone():
    filtered, pixels = detect(draw([(30, 30, 20)]))
    (image,), (raised,) = (cut_footprints(filtered, pixels, 23, sky) for sky in (0.0, 50.0))
    np.testing.assert_allclose(raised, np.where(image != 0, image + 50, 0), rtol=1e-5)


def test_in_units_of_the_noise():
    coadd = draw([(30, 30, 20)])
    louder = coadd.replace(image=coadd.image * 7, variance=coadd.variance * 49)
    images = [cut_footprints(*detect(c)) for c in (coadd, louder)]
    np.testing.assert_allclose(*images, rtol=1e-5)


def test_at_the_border():
    filtered, pixels = detect(draw([(0, 0, 20)]))
    image = cut_footprints(filtered, pixels)[0]
    assert image.max() == pytest.approx(20, rel=1e-5)
    assert (image != 0).sum() == len(pixels.flat)


def test_larger_than_the_cutout():
    filtered, pixels = detect(draw([(10 + 6 * k, 30, 30) for k in range(10)]))
    images = cut_footprints(filtered, pixels)
    assert (images[0] != 0).sum() < len(pixels.flat)
    assert list(exceeds(pixels, 80, 23)) == [True]
    box = np.ptp(pixels.flat % 80) + 1
    assert list(exceeds(pixels, 80, box)) == [False]
    assert list(exceeds(pixels, 80, box - 1)) == [True]


def test_bad_pixels_are_empty():
    coadd = draw([(30, 30, 20)])
    coadd.image[30, 31] = np.nan
    filtered, pixels = detect(coadd)
    (image,) = cut_footprints(filtered, pixels)
    assert np.isfinite(image).all()
    assert (image == 0).sum() == 23 * 23 - len(pixels.flat) + 1


def test_no_footprint():
    filtered, pixels = detect(draw([]))
    assert cut_footprints(filtered, pixels).shape == (0, 23, 23)
    assert exceeds(pixels, 80, 23).shape == (0,)
