"""Matching of peaks and galaxies."""

import itertools

import numpy as np
import pytest

from meas_blends.data.catalogs import PEAKS, TRUTH
from meas_blends.evaluation.places import match_places, one_to_one, place_scores, pull_scatter
from outcome_toys import make_places


def points(*x):
    return np.column_stack([np.array(x, float), np.zeros(len(x))])


def match(first, second, radius=1.0, owners=None):
    mine, yours = owners or (np.zeros(len(first), int), np.zeros(len(second), int))
    i, j = one_to_one(first, mine, second, yours, radius)
    return list(zip(i.tolist(), j.tolist(), strict=True))


def test_the_closest_match_and_each_only_once():
    assert match(points(0.0, 5.0), points(0.4, 0.1, 9.0)) == [(0, 1)]
    assert match(points(0.0), points()) == []


def test_two_matches_are_better_than_one_close_one():
    # Greedy matching would take (1, 0) and leave galaxy 0 alone.
    assert match(points(-0.9, 0.1), points(0.0, 1.0)) == [(0, 0), (1, 1)]


def test_points_of_different_footprints_do_not_match():
    owners = (np.array([1, 2]), np.array([2, 1]))
    assert match(points(0.0, 0.1), points(0.0, 0.1), owners=owners) == [(0, 1), (1, 0)]
    assert match(points(0.0), points(0.0), owners=(np.array([1]), np.array([2]))) == []


def test_against_every_matching_of_small_groups():
    rng = np.random.default_rng(3)
    for _ in range(60):
        first, second = rng.random((rng.integers(1, 5), 2)), rng.random((rng.integers(1, 5), 2))
        distance = np.linalg.norm(first[:, None] - second, axis=2)
        swap = len(first) > len(second)
        grid = distance.T if swap else distance
        best = (0, 0.0)
        for columns in itertools.permutations(range(grid.shape[1]), grid.shape[0]):
            d = grid[np.arange(grid.shape[0]), columns]
            d = d[d <= 0.4]
            best = max(best, (len(d), -float(np.sum(d**2))))
        pairs = match(first, second, 0.4)
        found = np.array([distance[i, j] for i, j in pairs])
        assert (len(pairs), -float(np.sum(found**2))) == pytest.approx(best)


def test_the_table_of_places():
    zeros = dict.fromkeys((column.name for column in TRUTH.all_columns), np.zeros(3))
    galaxies = TRUTH.make({**zeros, "galaxyId": [4, 5, 6], "x": [10, 20, 30], "y": [5, 5, 5]})
    blank = dict.fromkeys((column.name for column in PEAKS.all_columns), np.zeros(4))
    peaks = PEAKS.make(
        {
            **blank,
            "id": [1, 2, 3, 4],
            "footprintId": [1, 1, 2, 9],
            "f_x": [10.5, 15.0, 30.0, 50.0],
            "f_y": [5.0] * 4,
        }
    )
    table = match_places(galaxies, np.array([1, 1, 2]), peaks, "mine", 0.5, 0.2)
    assert list(table["galaxyId"]) == [4, 6, 5, 0]
    assert list(table["peakId"]) == [1, 3, 0, 2]
    assert list(table["footprintId"]) == [1, 2, 1, 1]
    np.testing.assert_allclose(table["offset"], [0.1, 0.0, np.nan, np.nan], atol=1e-7)
    assert set(table["peakFinder"]) == {"mine"}
    # The peak of footprint 9, which holds no galaxy, is left out.
    assert place_scores(table) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_scores_of_known_places():
    recall, precision, f1 = place_scores(make_places([0.0] * 6, missed=2, false=4))
    assert (recall, precision, f1) == pytest.approx((0.75, 0.6, 12 / 18))
    assert np.isnan(place_scores(make_places([]))).all()


def test_pull_of_honest_errors():
    rng = np.random.default_rng(5)
    places = make_places(rng.normal(0, 0.3, 4000))
    assert np.isnan(pull_scatter(places))
    places["f_y"] = places["y"] + rng.normal(0, 0.3, 4000)
    places["f_xErr"] = places["f_yErr"] = 0.3
    assert pull_scatter(places) == pytest.approx(1.0, abs=0.04)
