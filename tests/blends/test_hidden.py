"""Peaks where the image has no maximum."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from meas_blends.blends.hidden import _sharpen, find_hidden
from meas_blends.blends.maxima import find_maxima
from meas_blends.data.catalogs import PEAKS
from meas_blends.data.psf import CellPsf
from meas_blends.detection.psf import gaussian_psf
from toys import SIGMA, detect, draw


def positions(candidates, nx=80):
    return [tuple(int(v) for v in divmod(flat, nx)[::-1]) for flat in candidates.flat]


def test_hidden_finds_a_shoulder_that_is_no_maximum():
    filtered, pixels = detect(draw([(30, 30, 100), (34, 30, 25)]))
    maxima = find_maxima(filtered, pixels, 5.0)
    assert len(maxima.flat) == 1
    hidden = find_hidden(filtered, pixels, maxima, np.array([2]))
    ((x, y),) = positions(hidden)
    assert 34 <= x <= 37 and y == 30
    assert hidden.flags[0] == PEAKS.flag("HIDDEN")


def test_hidden_leaves_others_alone():
    filtered, pixels = detect(draw([(20, 20, 50), (60, 40, 50), (60, 52, 50)]))
    maxima = find_maxima(filtered, pixels, 5.0)
    hidden = find_hidden(filtered, pixels, maxima, np.array([1, 2]))
    assert len(hidden.flat) == 0


def test_hidden_of_a_symmetric_source_keeps_its_distance():
    filtered, pixels = detect(draw([(30, 30, 50)]))
    maxima = find_maxima(filtered, pixels, 5.0)
    hidden = find_hidden(filtered, pixels, maxima, np.array([2]))
    (x0, y0), (x1, y1) = *positions(maxima), *positions(hidden)
    assert np.hypot(x1 - x0, y1 - y0) >= SIGMA


def test_each_hidden_peak_keeps_its_distance_from_all_others():
    filtered, pixels = detect(draw([(30, 30, 100), (34, 30, 25), (30, 35, 25), (60, 30, 50)]))
    maxima = find_maxima(filtered, pixels, 5.0)
    assert list(maxima.counts(2)) == [1, 1]
    hidden = find_hidden(filtered, pixels, maxima, np.array([3, 1]))
    assert list(hidden.counts(2)) == [2, 0]
    places = {positions(hidden)[0], positions(hidden)[1]}
    right, above = sorted(places, key=lambda place: place[1])
    assert 33 <= right[0] <= 37 and right[1] in (29, 30, 31)
    assert 34 <= above[1] <= 38 and above[0] in (29, 30, 31)


def test_hidden_in_the_smallest_footprints():
    filtered, pixels = detect(draw([(30, 30, 1.62)]), grow_sigma=0)
    assert 1 <= len(pixels.flat) < 20
    maxima = find_maxima(filtered, pixels, 5.0)
    hidden = find_hidden(filtered, pixels, maxima, np.array([100]))
    # Every pixel becomes a peak, and none of them twice.
    assert sorted([*maxima.flat, *hidden.flat]) == sorted(pixels.flat)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-2, 49), st.integers(-2, 41), st.floats(0.5, 200)), max_size=12),
    st.integers(1, 6),
)
def test_hidden_peaks_make_up_the_number_inside_the_footprint(sources, number):
    filtered, pixels = detect(draw(sources, shape=(40, 48)))
    n = len(pixels.identifiers)
    maxima = find_maxima(filtered, pixels, 5.0)
    hidden = find_hidden(filtered, pixels, maxima, np.full(n, number))
    both = maxima.counts(n) + hidden.counts(n)
    np.testing.assert_array_equal(
        both, np.maximum(maxima.counts(n), np.minimum(number, np.diff(pixels.first)))
    )
    labels = np.full(40 * 48, -1)
    labels[pixels.flat] = pixels.owner
    np.testing.assert_array_equal(labels[hidden.flat], hidden.owner)
    assert len({*maxima.flat, *hidden.flat}) == both.sum()


def test_hidden_where_the_psf_varies_is_found_in_the_image_sharpened_by_place():
    """Cells whose PSFs are hardly different give what one PSF gives."""
    coadd = draw([(30, 30, 100), (34, 30, 25), (60, 30, 80), (63, 33, 20)])
    images = np.stack([gaussian_psf(SIGMA * (1 + k * 1e-6), 21) for k in range(6)])
    cells = CellPsf(images.reshape(2, 3, 21, 21), (0, 0), (33, 32))
    found = []
    for one in (coadd, coadd.replace(psf=cells)):
        filtered, pixels = detect(one)
        maxima = find_maxima(filtered, pixels, 5.0)
        wanted = np.full(len(pixels.identifiers), 4)
        found.append((_sharpen(filtered), find_hidden(filtered, pixels, maxima, wanted)))
    (flat, one), (by_place, other) = found
    np.testing.assert_allclose(by_place, flat, atol=1e-3)
    assert positions(one) == positions(other)
