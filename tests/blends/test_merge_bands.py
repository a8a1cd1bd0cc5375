"""Merging detections of several bands: LSST's rule, on peaks at known distances."""

import numpy as np
import pytest
from astropy.table import Table

from meas_blends.blends.merge_bands import (
    band_names,
    cull_peaks,
    group_footprints,
    keep_peaks,
    merge_peaks,
    overlay_footprints,
)
from meas_blends.data.footprints import labels_to_spans, pixel_lists


def footprints(*rows):
    """Pixel lists of an image of digits, 0 outside."""
    labels = np.array([[int(digit) for digit in row] for row in rows])
    return pixel_lists(labels_to_spans(labels), labels.shape)


def peaks(*positions, significance=10.0, probability=0.5):
    """Table of peaks at (x, y)."""
    x, y = np.array(positions, float).reshape(-1, 2).T
    return Table(
        {
            "id": np.arange(1, len(x) + 1),
            "partOf": np.zeros(len(x), int),
            "f_x": x,
            "f_y": y,
            "significance": np.full(len(x), significance) - np.arange(len(x)),
            "probability": np.full(len(x), probability),
            "peakFinder": np.full(len(x), "gp"),
        }
    )


def test_footprints_that_overlap_or_touch_become_one():
    red = footprints("1100000", "1100000", "0000000", "0000222")
    blue = footprints("0110000", "0001000", "0000000", "0000000")
    labels = overlay_footprints([red, blue], (4, 7))
    np.testing.assert_array_equal(
        labels, [[1, 1, 1, 0, 0, 0, 0], [1, 1, 0, 1, 0, 0, 0], [0] * 7, [0, 0, 0, 0, 2, 2, 2]]
    )
    np.testing.assert_array_equal(group_footprints(labels, red), [0, 1])
    np.testing.assert_array_equal(group_footprints(labels, blue), [0])


def test_one_footprint_joins_two_of_another_band():
    red = footprints("110022")
    blue = footprints("011110")
    labels = overlay_footprints([red, blue], (1, 6))
    np.testing.assert_array_equal(group_footprints(labels, red), [0, 0])


def test_bands_without_footprints():
    empty = footprints("000")
    labels = overlay_footprints([empty, empty], (1, 3))
    assert labels.max() == 0
    assert group_footprints(labels, empty).shape == (0,)


@pytest.mark.parametrize(
    ("distance", "n_peaks", "seen"),
    [
        (1.4, 1, [[True, True]]),  # the same
        (1.6, 1, [[True, False]]),  # neither the same nor a new one: dropped
        (4.9, 1, [[True, False]]),
        (5.1, 2, [[True, False], [False, True]]),  # new
    ],
)
def test_the_distance_decides(distance, n_peaks, seen):
    first, second = peaks((10, 10)), peaks((10 + distance, 10), significance=5.0)
    groups = [np.zeros(1, int)] * 2
    merged, owner, bands = merge_peaks([first, second], groups, min_new=5.0, max_same=1.5)
    assert len(merged) == len(owner) == n_peaks
    np.testing.assert_array_equal(bands, seen)
    assert merged["f_x"][0] == 10


def test_parts_follow_the_peaks_that_stand_for_their_wholes():
    first, second = peaks((10, 10), (30, 30)), peaks((60, 10), (10.5, 10), (17, 10))
    second["partOf"] = [0, 0, 2]
    merged, _, _ = merge_peaks([first, second], [np.zeros(2, int), np.zeros(3, int)], 5, 1.5)
    assert list(merged["f_x"]) == [10, 60, 30, 17]
    assert list(merged["partOf"]) == [0, 0, 0, 1]
    # Kept without their wholes they are parts of nothing; else rows are counted anew.
    merged["partOf"] = [0, 0, 2, 3]
    kept = keep_peaks(merged, np.array([True, False, True, True]))
    assert list(kept["partOf"]) == [0, 0, 2]


def test_peaks_of_the_first_band_are_all_taken():
    merged, _, _ = merge_peaks([peaks((1, 1), (2, 1))], [np.zeros(2, int)], 5.0, 1.5)
    assert len(merged) == 2


def test_peaks_of_one_band_are_not_compared_with_each_other():
    # Two new peaks of the second band lie next to each other: LSST takes both.
    first, second = peaks((0, 0)), peaks((20, 0), (21, 0))
    merged, _, _ = merge_peaks([first, second], [np.zeros(1, int), np.zeros(2, int)], 5.0, 1.5)
    assert len(merged) == 3


def test_only_peaks_of_the_same_footprint_are_compared():
    first, second = peaks((0, 0)), peaks((1, 0))
    merged, owner, _ = merge_peaks([first, second], [np.array([0]), np.array([1])], 5.0, 1.5)
    assert len(merged) == 2
    np.testing.assert_array_equal(owner, [0, 1])


def test_a_third_band_sees_what_the_second_added():
    tables = [peaks((0, 0)), peaks((20, 0)), peaks((20.5, 0), (0.5, 0))]
    groups = [np.zeros(len(table), int) for table in tables]
    merged, _, seen = merge_peaks(tables, groups, 5.0, 1.5)
    assert len(merged) == 2
    np.testing.assert_array_equal(seen, [[True, False, True], [False, True, True]])


def test_the_largest_probability_of_the_same_peak_counts():
    first, second = peaks((0, 0), probability=0.3), peaks((1, 0), probability=0.8)
    merged, _, _ = merge_peaks([first, second], [np.zeros(1, int)] * 2, 5.0, 1.5)
    assert merged["probability"][0] == pytest.approx(0.8)
    silent = peaks((0, 0), probability=np.nan)
    merged, _, _ = merge_peaks([silent, second], [np.zeros(1, int)] * 2, 5.0, 1.5)
    assert merged["probability"][0] == pytest.approx(0.8)


def test_the_most_significant_peak_comes_first_in_its_footprint():
    tables = [peaks((0, 0), (50, 0), significance=6.0), peaks((20, 0), significance=9.0)]
    merged, owner, _ = merge_peaks(tables, [np.array([1, 0]), np.array([1])], 5.0, 1.5)
    np.testing.assert_array_equal(owner, [0, 1, 1])
    np.testing.assert_array_equal(merged["f_x"], [50, 20, 0])


def test_no_peaks_at_all():
    merged, owner, seen = merge_peaks([peaks(), peaks()], [np.zeros(0, int)] * 2, 5.0, 1.5)
    assert len(merged) == len(owner) == 0
    assert seen.shape == (0, 2)
    assert len(band_names(seen, ["i", "r"])) == 0
    assert len(cull_peaks(owner, seen)) == 0


def test_faint_peaks_of_crowded_footprints_are_culled_unless_two_bands_saw_them():
    owner = np.repeat([0, 1], [50, 2])
    seen = np.zeros((52, 2), bool)
    seen[:, 0] = True
    seen[45, 1] = True
    kept = np.flatnonzero(cull_peaks(owner, seen))
    # 30 considered, all among the first 70%; and number 45 for its two bands.
    np.testing.assert_array_equal(kept, [*range(30), 45, 50, 51])


def test_names_of_bands():
    seen = np.array([[True, False, True], [False, True, False], [True, False, True]])
    assert list(band_names(seen, ["i", "r", "VIS"])) == ["i,VIS", "r", "i,VIS"]
