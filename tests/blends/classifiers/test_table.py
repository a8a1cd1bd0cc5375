"""Counts of blends by their number of maxima."""

import numpy as np

from meas_blends.blends.classifiers.table import CountTable


def test_shares_of_the_training_blends():
    n_objects = np.repeat([1, 2, 3, 4, 6], [500, 600, 300, 60, 40])
    table = CountTable.learn(n_objects, np.ones(1500, int))
    np.testing.assert_allclose(table.given_blended[0], [601 / 1003, 301 / 1003, 101 / 1003])
    # Nobody has seen more maxima: all counts are equally likely.
    np.testing.assert_allclose(table.given_blended[1:], 1 / 3)


def test_counts_share_the_blend_probability():
    table = CountTable(np.array([[0.8, 0.1, 0.1], [0.5, 0.3, 0.2], [0, 1, 0], [0, 0, 1]]))
    counts = table.counts(np.array([0.0, 0.5, 1.0]), np.array([1, 2, 9]))
    np.testing.assert_allclose(counts, [[1, 0, 0, 0], [0.5, 0.25, 0.15, 0.1], [0, 0, 0, 1]])
