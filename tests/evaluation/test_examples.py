"""Choice of footprints for the galleries."""

import numpy as np

from meas_blends.data.outcome_tables import OUTCOMES
from meas_blends.evaluation.examples import choose_examples
from meas_blends.evaluation.summary import gather
from outcome_toys import make_outcomes, stack


def scenes():
    """Four singles and four blends a scene: the finders are right on 1-6 and on 3-8."""
    truth = [1, 1, 1, 1, 2, 2, 2, 2]
    first = make_outcomes(truth, [1, 1, 1, 1, 2, 2, 1, 1], finder="first")
    second = make_outcomes(truth, [2, 2, 1, 1, 2, 2, 1, 2], finder="second")
    return gather([stack(OUTCOMES, [first, second])] * 3, OUTCOMES)


def test_groups_hold_what_they_say():
    chosen = choose_examples(scenes(), 100, np.random.default_rng(1))
    found = {name: set(rows[:, 1].tolist()) for name, rows in chosen.items()}
    assert found == {"agree_right": {3, 4, 5, 6}, "disagree": {1, 2, 8}, "agree_wrong": {7}}
    assert {len(rows) for rows in chosen.values()} == {12, 9, 3}


def test_half_are_blended_and_a_seed_decides():
    chosen, again = (choose_examples(scenes(), 4, np.random.default_rng(2)) for _ in range(2))
    for name, rows in chosen.items():
        np.testing.assert_array_equal(rows, again[name])
    assert np.sum(chosen["agree_right"][:, 1] > 4) == 2
    # Of a group without singles all are blended.
    assert len(chosen["agree_wrong"]) == 3
