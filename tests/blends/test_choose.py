"""From probabilities to peaks."""

import numpy as np
import pytest

from meas_blends.blends.choose import choose_peaks, probable_number
from meas_blends.blends.classifier import Places, Prediction
from meas_blends.blends.detections import Detections
from meas_blends.blends.maxima import find_maxima
from meas_blends.data.catalogs import PEAKS
from toys import detect, draw

#: One footprint each: a source alone, a close pair with one maximum, a wide pair, five in a row.
SOURCES = [
    (12, 9, 60),
    (40, 12, 60),
    (44, 12, 30),
    (14, 40, 60),
    (23, 40, 40),
    *((42 + 8 * k, 76, 60 - 5 * k) for k in range(5)),
]


@pytest.fixture(scope="module")
def detections():
    filtered, pixels = detect(draw(SOURCES, shape=(96, 88)))
    made = Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0))
    assert list(made.n_maxima) == [1, 1, 2, 5]
    return made


def counts(*objects):
    """Nearly sure of as many objects."""
    return np.eye(4)[np.array(objects) - 1] * 0.9 + 0.025


def predict(*objects, places=None):
    return Prediction(counts(*objects), np.zeros(len(objects), bool), places)


def make_places(*rows):
    """Places from (owner, x, y, probability)."""
    owner, x, y, probability = np.array(rows, float).reshape(-1, 4).T
    error = np.full(len(x), 0.2)
    return Places(owner.astype(int), x, y, error, error * 2, probability)


def owners(peaks, owner):
    """Places and probabilities of the peaks of a footprint."""
    rows = peaks.candidates.owner == owner
    row, column = np.divmod(peaks.candidates.flat[rows], 88)
    return column + peaks.dx[rows], row + peaks.dy[rows], peaks.probability[rows]


def flags(peaks, owner):
    return [PEAKS.decode(f) for f in peaks.candidates.flags[peaks.candidates.owner == owner]]


def choose(detections, prediction, least_probability=0.5):
    return choose_peaks(detections, prediction, 0.5, least_probability)


def test_one_unless_the_blend_probability_exceeds_the_threshold():
    prediction = Prediction(np.tile([0.4, 0.1, 0.3, 0.2], (4, 1)), np.zeros(4, bool))
    assert list(probable_number(prediction, 0.6)) == [1, 1, 1, 1]
    assert list(probable_number(prediction, 0.59)) == [3, 3, 3, 3]


def test_without_places_four_or_more_are_as_many_as_are_seen(detections):
    peaks = choose(detections, predict(4, 4, 4, 4))
    assert list(peaks.candidates.counts(4)) == [4, 4, 4, 5]


def test_peaks_stand_where_light_places_them_whatever_the_number(detections):
    """The two questions have answers of their own."""
    places = make_places(
        (0, 12, 9, 0.99), (1, 40, 12, 0.9), (1, 44, 12, 0.7), (1, 48, 12, 0.3), (2, 14, 40, 0.4)
    )
    for prediction in (predict(4, 1, 3, 1, places=places), predict(1, 1, 1, 1, places=places)):
        peaks = choose(detections, prediction, 0.6)
        assert list(peaks.candidates.counts(4)) == [1, 2, 1, 1]
    assert list(choose(detections, prediction, 0.2).candidates.counts(4)) == [1, 3, 1, 1]
    assert list(choose(detections, prediction, 0.8).candidates.counts(4)) == [1, 1, 1, 1]


def test_the_brightest_maxima_are_kept(detections):
    peaks = choose(detections, predict(1, 1, 1, 3))
    assert list(peaks.candidates.counts(4)) == [1, 1, 1, 3]
    np.testing.assert_allclose(owners(peaks, 3)[0], [42, 50, 58], atol=0.7)
    assert not peaks.candidates.flags.any()
    assert np.isnan(peaks.x_err).all() and np.isnan(peaks.y_err).all()


def test_hidden_peaks_make_up_the_number(detections):
    peaks = choose(detections, predict(1, 2, 3, 1))
    assert list(peaks.candidates.counts(4)) == [1, 2, 3, 1]
    x, y, _ = owners(peaks, 1)
    np.testing.assert_allclose([x[1], y[1]], [44.5, 12], atol=2)
    assert flags(peaks, 1) == [[], ["HIDDEN"]]
    assert sorted(flags(peaks, 2)) == [[], [], ["HIDDEN"]]


def test_without_places_the_kth_peak_has_the_probability_of_k_or_more(detections):
    prediction = Prediction(np.tile([0.1, 0.2, 0.3, 0.4], (4, 1)), np.zeros(4, bool))
    peaks = choose(detections, prediction)
    np.testing.assert_allclose(owners(peaks, 3)[2], [1, 0.9, 0.7, 0.4, 0.4])


def test_the_likeliest_places_become_peaks(detections):
    places = make_places(
        (1, 40.3, 12.2, 0.9), (1, 44.4, 12.1, 0.8), (1, 48.0, 12.0, 0.1), (2, 23.2, 40.1, 0.9)
    )
    peaks = choose(detections, predict(1, 2, 1, 1, places=places))
    x, y, probability = owners(peaks, 1)
    np.testing.assert_allclose(x, [40.3, 44.4])
    np.testing.assert_allclose(y, [12.2, 12.1])
    np.testing.assert_allclose(probability, [0.9, 0.8])
    assert flags(peaks, 1) == [[], ["HIDDEN"]]
    # Where the only object lies is the classifier's to say.
    np.testing.assert_allclose(owners(peaks, 2)[0], [23.2])
    rows = peaks.candidates.owner == 1
    assert list(peaks.x_err[rows]) == [0.2, 0.2] and list(peaks.y_err[rows]) == [0.4, 0.4]


def test_a_footprint_without_places_gets_its_brightest_maximum(detections):
    peaks = choose(detections, predict(1, 1, 2, 1, places=make_places()))
    assert list(peaks.candidates.counts(4)) == [1, 1, 1, 1]
    np.testing.assert_allclose(owners(peaks, 0)[0], [12], atol=0.1)
    assert np.isnan(peaks.x_err).all()


def test_brightest_first_whatever_the_probability(detections):
    places = make_places((1, 44, 12, 0.9), (1, 40, 12, 0.8))
    peaks = choose(detections, predict(1, 2, 1, 1, places=places))
    np.testing.assert_allclose(owners(peaks, 1)[0], [40, 44])
    np.testing.assert_allclose(owners(peaks, 1)[2], [0.8, 0.9])


def test_places_beyond_the_footprint_move_to_its_nearest_pixel(detections):
    places = make_places((0, -5.0, 12.0, 0.9), (1, 40, 300, 0.9), (2, 60, 40, 0.9))
    peaks = choose(detections, predict(1, 1, 1, 1, places=places))
    inside = {
        owner: set(detections.pixels.flat[detections.pixels.owner == owner]) for owner in range(4)
    }
    for flat, owner in zip(peaks.candidates.flat, peaks.candidates.owner, strict=True):
        assert flat in inside[owner]
    x, y, _ = owners(peaks, 0)
    assert x[0] < 6 and y[0] == pytest.approx(12, abs=4)
    assert (np.abs([peaks.dx, peaks.dy]) <= 0.5).all()


def test_two_places_in_one_pixel_are_one_peak(detections):
    places = make_places((1, 40.2, 12, 0.9), (1, 39.9, 12, 0.8), (1, 44, 12, 0.6))
    peaks = choose(detections, predict(1, 2, 1, 1, places=places))
    np.testing.assert_allclose(owners(peaks, 1)[0], [40.2, 44])


def test_no_more_peaks_than_pixels():
    filtered, pixels = detect(draw([(30, 30, 1.62)]), grow_sigma=0)
    few = Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0))
    assert len(pixels.flat) < 20
    many = make_places(*((0, 30 + 0.01 * k, 30, 0.9) for k in range(40)))
    peaks = choose(few, predict(4, places=many))
    assert len(peaks.dx) == len(pixels.flat)
    assert len(set(peaks.candidates.flat)) == len(peaks.dx)


def test_a_stand_in_keeps_its_flag():
    filtered, pixels = detect(draw([(30, 30, 60)]))
    # As if no pixel of it were above the threshold of peaks.
    faint = Detections(filtered, pixels, find_maxima(filtered, pixels, 1e6))
    peaks = choose(faint, predict(1))
    assert flags(peaks, 0) == [["NO_MAXIMUM"]]


def test_no_footprint():
    filtered, pixels = detect(draw([]))
    empty = Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0))
    for places in (None, make_places()):
        prediction = Prediction(np.zeros((0, 4)), np.zeros(0, bool), places)
        assert len(choose(empty, prediction).dx) == 0
