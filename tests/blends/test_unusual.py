"""Footprints unlike those of the training."""

import numpy as np
import pytest

from meas_blends.blends.detections import Detections
from meas_blends.blends.maxima import find_maxima
from meas_blends.blends.unusual import Familiar, footprint_measures
from toys import detect, draw, toy_detections


def measure(*sources, **fields):
    filtered, pixels = detect(draw(sources, **fields))
    return footprint_measures(Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0)))


def test_measures_of_a_point_source():
    (row,) = measure((30, 30, 40))
    significance = 40 / 2 * np.sqrt(4 * np.pi) * 1.8
    # Of the Gaussian itself: its integral and its maximum, over its smoothed maximum.
    expected = [significance, 4 * np.pi * 1.8**2, 2.0]
    np.testing.assert_allclose(np.exp(row[1:]), expected, rtol=0.03)


def test_measures_do_not_depend_on_the_zero_point():
    coadd = draw([(30, 30, 40), (60, 30, 10)])
    louder = coadd.replace(image=coadd.image * 7, variance=coadd.variance * 49)
    rows = []
    for each in (coadd, louder):
        filtered, pixels = detect(each)
        rows.append(
            footprint_measures(Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0)))
        )
    np.testing.assert_allclose(*rows, rtol=1e-4)


@pytest.fixture(scope="module")
def familiar():
    return Familiar.fit(
        np.concatenate([footprint_measures(toy_detections(seed).detections) for seed in range(4)])
    )


def test_like_scenes_are_familiar(familiar):
    fresh = footprint_measures(toy_detections(9).detections)
    assert familiar.is_unusual(fresh).mean() < 0.05


def test_a_cosmic_ray_is_not(familiar):
    coadd = draw([])
    coadd.image[30, 30] = 400
    filtered, pixels = detect(coadd)
    detections = Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0))
    assert familiar.is_unusual(footprint_measures(detections)).all()


def test_a_giant_is_not(familiar):
    y, x = np.indices((200, 200)) - 100
    coadd = draw([], shape=(200, 200))
    coadd = coadd.replace(image=coadd.image + 50 * np.exp(-0.5 * np.hypot(x, y) ** 2 / 20**2))
    filtered, pixels = detect(coadd)
    detections = Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0))
    assert familiar.is_unusual(footprint_measures(detections)).all()


def test_equal_or_few_footprints_give_no_singular_matrix():
    familiar = Familiar.fit(np.tile([1.0, 2.0, 3.0, 4.0], (5, 1)))
    unusual = familiar.is_unusual(np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 5.0]]))
    assert list(unusual) == [False, True]
