"""The peak contract, on scenes whose maxima are known and on random ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meas_blends.blends.maxima import find_maxima, refine_centres
from meas_blends.data.catalogs import PEAKS
from toys import detect, draw


def positions(candidates, nx=80):
    return [tuple(int(v) for v in divmod(flat, nx)[::-1]) for flat in candidates.flat]


def test_well_separated_pair_in_one_footprint():
    filtered, pixels = detect(draw([(30, 30, 20), (42, 33, 10)]))
    assert len(pixels.identifiers) == 1
    assert positions(find_maxima(filtered, pixels, 5.0)) == [(30, 30), (42, 33)]


def test_brightest_first_whatever_the_order():
    filtered, pixels = detect(draw([(30, 30, 10), (42, 33, 20)]))
    assert positions(find_maxima(filtered, pixels, 5.0)) == [(42, 33), (30, 30)]


def test_only_pixels_above_the_threshold_hold_peaks():
    filtered, pixels = detect(draw([(30, 30, 20), (44, 30, 1)]), grow_sigma=8)
    assert len(find_maxima(filtered, pixels, 0.5).flat) == 2
    assert positions(find_maxima(filtered, pixels, 8.0)) == [(30, 30)]


def test_a_plateau_gives_a_peak_for_each_of_its_pixels():
    filtered, pixels = detect(draw([(30, 30, 20)]))
    filtered.smoothed[30, 31] = filtered.smoothed[30, 30]
    assert positions(find_maxima(filtered, pixels, 5.0)) == [(30, 30), (31, 30)]


def test_margin_holds_no_maximum_but_the_footprint_still_has_a_peak():
    filtered, pixels = detect(draw([(-3, 30, 40)]))
    candidates = find_maxima(filtered, pixels, 5.0)
    assert positions(candidates) == [(0, 30)]
    assert list(candidates.flags) == [PEAKS.flag("NO_MAXIMUM")]


@pytest.mark.parametrize("x, y", [(30.0, 30.0), (30.3, 29.8), (29.6, 30.45)])
def test_sub_pixel_centres(x, y):
    filtered, pixels = detect(draw([(x, y, 50)]))
    candidates = find_maxima(filtered, pixels, 5.0)
    dx, dy = refine_centres(filtered, candidates)
    ((i_x, i_y),) = positions(candidates)
    assert i_x + dx[0] == pytest.approx(x, abs=0.03)
    assert i_y + dy[0] == pytest.approx(y, abs=0.03)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-2, 49), st.integers(-2, 41), st.floats(0.5, 200, allow_subnormal=False)
        ),
        max_size=12,
    )
)
def test_every_footprint_has_a_sorted_peak_inside_it(sources):
    filtered, pixels = detect(draw(sources, shape=(40, 48)))
    n = len(pixels.identifiers)
    found = find_maxima(filtered, pixels, 5.0)
    counts = found.counts(n)
    assert (counts >= 1).all()
    labels = np.full(40 * 48, -1)
    labels[pixels.flat] = pixels.owner
    np.testing.assert_array_equal(labels[found.flat], found.owner)
    values = filtered.smoothed.ravel()[found.flat]
    same = found.owner[1:] == found.owner[:-1]
    assert (values[1:][same] <= values[:-1][same]).all()
    dx, dy = refine_centres(filtered, found)
    assert (np.abs(dx) <= 0.5).all() and (np.abs(dy) <= 0.5).all()
