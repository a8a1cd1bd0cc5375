"""Cutouts of footprints."""

import numpy as np
import pytest

from meas_blends.blends.cutouts import cut_footprints
from toys import detect, draw


def test_footprint_in_the_middle_and_nothing_else():
    filtered, pixels = detect(draw([(30, 30, 20), (60, 30, 5)]))
    cutouts = cut_footprints(filtered, pixels, 23)
    assert cutouts.images.shape == (2, 23, 23)
    assert cutouts.images[0, 11, 11] == pytest.approx(20, rel=1e-5)
    for image, area in zip(cutouts.images, np.diff(pixels.first), strict=True):
        assert (image != 0).sum() == area
    assert not cutouts.clipped.any() and not cutouts.bad.any()


def test_in_units_of_the_noise():
    coadd = draw([(30, 30, 20)])
    louder = coadd.replace(image=coadd.image * 7, variance=coadd.variance * 49)
    images = [cut_footprints(*detect(c)).images for c in (coadd, louder)]
    np.testing.assert_allclose(*images, rtol=1e-5)


def test_at_the_border():
    filtered, pixels = detect(draw([(0, 0, 20)]))
    image = cut_footprints(filtered, pixels).images[0]
    assert image.max() == pytest.approx(20, rel=1e-5)
    assert (image != 0).sum() == len(pixels.flat)


def test_larger_than_the_cutout():
    filtered, pixels = detect(draw([(10 + 6 * k, 30, 30) for k in range(10)]))
    cutouts = cut_footprints(filtered, pixels)
    assert list(cutouts.clipped) == [True]
    assert (cutouts.images[0] != 0).sum() < len(pixels.flat)


def test_bad_pixels_are_empty_and_reported():
    coadd = draw([(30, 30, 20)])
    coadd.image[30, 31] = np.nan
    filtered, pixels = detect(coadd)
    cutouts = cut_footprints(filtered, pixels)
    assert list(cutouts.bad) == [True]
    assert np.isfinite(cutouts.images).all()
    assert (cutouts.images[0] == 0).sum() == 23 * 23 - len(pixels.flat) + 1


def test_no_footprint():
    assert cut_footprints(*detect(draw([]))).images.shape == (0, 23, 23)
