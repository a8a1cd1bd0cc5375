"""The second peak of a footprint with one maximum."""

import numpy as np

from meas_blends.blends.hidden import find_hidden
from meas_blends.blends.maxima import find_maxima
from meas_blends.data.catalogs import PEAKS
from toys import SIGMA, detect, draw


def positions(candidates, nx=80):
    return [tuple(int(v) for v in divmod(flat, nx)[::-1]) for flat in candidates.flat]


def test_hidden_finds_a_shoulder_that_is_no_maximum():
    filtered, pixels = detect(draw([(30, 30, 100), (34, 30, 25)]))
    maxima = find_maxima(filtered, pixels, 5.0)
    assert len(maxima.flat) == 1
    both = find_hidden(filtered, pixels, maxima, np.array([True]))
    assert len(both.flat) == 2
    x, y = positions(both)[1]
    assert 34 <= x <= 37 and y == 30
    assert both.flags[1] == PEAKS.flag("HIDDEN")


def test_hidden_leaves_others_alone():
    filtered, pixels = detect(draw([(20, 20, 50), (60, 40, 50), (60, 52, 50)]))
    maxima = find_maxima(filtered, pixels, 5.0)
    wanted = np.array([False, True])
    same = find_hidden(filtered, pixels, maxima, wanted)
    np.testing.assert_array_equal(same.flat, maxima.flat)


def test_hidden_of_a_symmetric_source_keeps_its_distance():
    filtered, pixels = detect(draw([(30, 30, 50)]))
    both = find_hidden(filtered, pixels, find_maxima(filtered, pixels, 5.0), np.array([True]))
    (x0, y0), (x1, y1) = positions(both)
    assert np.hypot(x1 - x0, y1 - y0) >= SIGMA


def test_hidden_in_the_smallest_footprints():
    filtered, pixels = detect(draw([(30, 30, 1.62)]), grow_sigma=0)
    assert 1 <= len(pixels.flat) < 20
    both = find_hidden(filtered, pixels, find_maxima(filtered, pixels, 5.0), np.array([True]))
    assert len(both.flat) == min(2, len(pixels.flat))
    assert len(set(both.flat)) == len(both.flat)
