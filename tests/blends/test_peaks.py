"""Tables of peaks and classifications from candidates."""

import numpy as np
import pytest

from meas_blends.blends.maxima import find_maxima
from meas_blends.blends.peaks import make_classification, make_peaks
from meas_blends.data.catalogs import CLASSIFICATION, PEAKS
from toys import detect, draw


@pytest.fixture
def found():
    """A pair in one footprint, and a source near the border."""
    filtered, pixels = detect(draw([(30, 30, 20), (42, 33, 10), (70, 1, 20)], xy0=(100, 200)))
    return filtered, pixels, find_maxima(filtered, pixels, 5.0)


def test_peaks_are_in_parent_pixels_with_values_of_the_smoothed_image(found):
    filtered, pixels, candidates = found
    peaks = make_peaks(filtered, pixels, candidates, "mine")
    PEAKS.check(peaks)
    assert list(peaks["id"]) == [1, 2, 3]
    np.testing.assert_array_equal(peaks["footprintId"], pixels.identifiers[candidates.owner])
    for peak in peaks:
        pixel = peak["i_y"] - 200, peak["i_x"] - 100
        assert peak["peakValue"] == filtered.smoothed[pixel]
        assert peak["significance"] == filtered.significance[pixel]
        assert (peak["f_x"], peak["f_y"]) == (peak["i_x"], peak["i_y"])
    assert set(peaks["peakFinder"]) == {"mine"} and np.isnan(peaks["probability"]).all()


def test_offsets_move_the_centre_and_not_the_pixel(found):
    filtered, pixels, candidates = found
    offsets = np.array([0.1, -0.2, 0.3]), np.array([0.0, 0.5, -0.5])
    bare = make_peaks(filtered, pixels, candidates, "mine")
    peaks = make_peaks(filtered, pixels, candidates, "mine", offsets, 0.25)
    np.testing.assert_allclose(peaks["f_x"] - bare["f_x"], offsets[0])
    np.testing.assert_allclose(peaks["f_y"] - bare["f_y"], offsets[1])
    np.testing.assert_array_equal(peaks["i_x"], bare["i_x"])
    assert set(peaks["probability"]) == {0.25}


def test_errors_of_the_centres(found):
    filtered, pixels, candidates = found
    assert np.isnan(make_peaks(filtered, pixels, candidates, "mine")["f_xErr"]).all()
    errors = np.array([0.1, 0.2, np.nan]), np.array([0.3, 0.4, np.nan])
    peaks = make_peaks(filtered, pixels, candidates, "mine", errors=errors)
    np.testing.assert_allclose(peaks["f_xErr"], errors[0])
    np.testing.assert_allclose(peaks["f_yErr"], errors[1])


def test_peaks_near_the_border_are_flagged(found):
    filtered, pixels, candidates = found
    peaks = make_peaks(filtered, pixels, candidates, "mine")
    near = peaks["i_y"] < 203
    assert near.sum() == 1
    np.testing.assert_array_equal((peaks["flags"] & PEAKS.flag("EDGE")) > 0, near)


def test_more_than_one_peak_makes_a_blend(found):
    _, pixels, candidates = found
    table = make_classification(pixels, candidates.counts(2), "mine", "model 1")
    CLASSIFICATION.check(table)
    np.testing.assert_array_equal(table["blended"], table["nPeaks"] > 1)
    assert sorted(table["nPeaks"]) == [1, 2]
    assert set(table["model"]) == {"model 1"}


def test_what_is_not_estimated_is_nan_and_flagged(found):
    _, pixels, candidates = found
    counts = candidates.counts(2)
    without = make_classification(pixels, counts, "mine")
    assert np.isnan(without["blendProbability"]).all() and np.isnan(without["probability2"]).all()
    partly = make_classification(pixels, counts, "mine", blend_probability=np.array([0.5, np.nan]))
    unknown = CLASSIFICATION.flag("NO_PROBABILITY")
    assert list(without["flags"]) == [unknown, unknown]
    assert list(partly["flags"]) == [0, unknown]
