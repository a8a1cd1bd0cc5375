"""Scores in bins of the brightest galaxy's S/N and size."""

import numpy as np
import pytest

from meas_blends.data.outcome_tables import OUTCOMES, PLACES
from meas_blends.evaluation.brightness import brightness_table
from meas_blends.evaluation.summary import gather
from outcome_toys import make_outcomes, make_places


def tables():
    """Four footprints: two faint ones, a bright Sersic galaxy that is split, a bright spiral."""
    outcomes = make_outcomes(
        [1, 2, 1, 1],
        [1, 1, 3, 1],
        probability=np.array([0.1, 0.6, 0.9, 0.2]),
        significance=[7.0, 8.0, 500.0, 500.0],
        radius=[0.2, 0.2, 0.5, 0.5],
        structured=[False, False, False, True],
        unusual=[False, False, True, False],
    )
    places = make_places([0.1, 0.1, 0.1, 0.1], missed=1, false=2)
    places["footprintId"] = [1, 2, 3, 4, 2, 3, 3]
    return gather([outcomes], OUTCOMES), gather([places], PLACES)


def row_of(table, kind, low):
    rows = table[(table["kind"] == kind) & (table["significanceLow"] == low)]
    # All sizes, and the one that there are.
    assert len(rows) == 2
    for name in table.colnames[6:]:
        np.testing.assert_equal(rows[name][0], rows[name][1])
    return rows[0]


def test_each_bin_has_its_own_scores():
    table = brightness_table(*tables())
    assert len(table) == 6
    faint = row_of(table, "sersic", 5.0)
    assert faint["nFootprints"] == 2 and faint["nSingles"] == 1
    assert faint["meanProbability"] == pytest.approx(0.35)
    assert faint["blendedFraction"] == pytest.approx(0.5)
    assert faint["precision"] == 1.0
    assert faint["recall"] == pytest.approx(2 / 3)
    assert faint["splitFraction"] == 0.0
    split = row_of(table, "sersic", 300.0)
    assert split["precision"] == pytest.approx(1 / 3)
    assert split["peaksOfSingles"] == 3.0
    assert split["splitFraction"] == split["unusualFraction"] == 1.0
    whole = row_of(table, "structured", 300.0)
    assert whole["splitFraction"] == 0.0 and whole["precision"] == 1.0


def test_stars_are_a_kind_of_their_own():
    outcomes, places = tables()
    outcomes["radius"][0] = 0.0
    table = brightness_table(outcomes, places)
    star = table[table["kind"] == "star"]
    assert len(star) == 1 and star["nFootprints"][0] == 1


def test_a_finder_without_probabilities():
    outcomes, places = tables()
    outcomes["blendProbability"] = np.nan
    assert np.isnan(brightness_table(outcomes, places)["meanProbability"]).all()


def test_no_footprint():
    outcomes, places = tables()
    assert len(brightness_table(outcomes[:0], places[:0])) == 0
