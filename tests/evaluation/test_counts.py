"""Confusion of counts against hand-made answers and scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from meas_blends.evaluation.counts import count_confusion, macro_f1


def test_counts_beyond_four_are_four():
    confusion = count_confusion([1, 2, 4, 7, 9], [1, 1, 4, 5, 3])
    expected = np.zeros((4, 4), int)
    expected[0, 0] = expected[1, 0] = expected[3, 2] = 1
    expected[3, 3] = 2
    np.testing.assert_array_equal(confusion, expected)


def test_macro_f1_of_a_random_finder():
    rng = np.random.default_rng(1)
    truth, given = rng.integers(1, 5, 300), rng.integers(1, 5, 300)
    expected = metrics.f1_score(truth, given, average="macro")
    assert macro_f1(count_confusion(truth, given)) == pytest.approx(expected)


def test_macro_f1_of_a_perfect_finder_and_of_nothing():
    assert macro_f1(count_confusion([1, 2, 2], [1, 2, 2])) == 1.0
    assert np.isnan(macro_f1(np.zeros((4, 4))))
