"""What an option brings, on scenes of known scores."""

import numpy as np
import pytest

from meas_blends.data.outcome_tables import OUTCOMES, PLACES
from meas_blends.data.score_tables import STUDIES
from meas_blends.errors import BadInputError
from meas_blends.evaluation.studies import score_study
from outcome_toys import make_outcomes, make_places


def scenes(*n_peaks):
    """Scenes of two single galaxies and two blends, called by their numbers of peaks."""
    outcomes = [make_outcomes([1, 1, 2, 2], peaks, np.full(4, 0.5)) for peaks in n_peaks]
    return outcomes, [make_places([0.5], missed=1)] * len(n_peaks)


def test_scores_and_their_change_from_the_first_option():
    # Balanced accuracies of the scenes: 0.75 and 0.5, then 1 and 0.5.
    before, after = scenes([1, 1, 1, 2], [1, 1, 1, 1]), scenes([1, 1, 2, 2], [1, 1, 1, 1])
    table = score_study("mixture", "What it is.", {"even": before, "natural": after})
    STUDIES.check(table)
    assert list(table["option"]) == ["even", "natural"]
    assert set(table["study"]) == {"mixture"} and set(table["varied"]) == {"What it is."}
    np.testing.assert_allclose(table["balancedAccuracy"], [0.625, 0.75])
    np.testing.assert_allclose(table["balancedAccuracyChange"], [np.nan, 0.125])
    np.testing.assert_allclose(table["balancedAccuracyChangeErr"], [np.nan, 0.125])
    np.testing.assert_allclose(table["crossEntropyChange"], [np.nan, 0.0], atol=1e-7)
    np.testing.assert_allclose(table["placeF1Change"], [np.nan, 0.0])


def test_how_hard_a_scene_is_cancels_in_the_change():
    before = scenes([1, 1, 1, 2], [2, 2, 1, 2])
    after = scenes([1, 1, 2, 2], [2, 2, 2, 2])
    table = score_study("mixture", "", {"even": before, "natural": after})
    assert table["balancedAccuracyErr"][1] == pytest.approx(0.25)
    assert table["balancedAccuracyChange"][1] == pytest.approx(0.25)
    assert table["balancedAccuracyChangeErr"][1] == pytest.approx(0.0)


def test_a_scene_without_footprints_counts_for_nothing():
    peaks = [1, 1, 1, 2], [1, 1, 1, 1]
    without = score_study("s", "", {"a": scenes(*peaks), "b": scenes(*peaks[::-1])})
    options = {"a": scenes(*peaks), "b": scenes(*peaks[::-1])}
    for outcomes, places in options.values():
        outcomes.append(OUTCOMES.make())
        places.append(PLACES.make())
    table = score_study("s", "", options)
    for name in ("balancedAccuracy", "balancedAccuracyChange", "balancedAccuracyChangeErr"):
        np.testing.assert_allclose(table[name], without[name])
    assert without["balancedAccuracyChangeErr"][1] == pytest.approx(0.25)


def test_of_one_scene_changes_have_no_error():
    table = score_study("s", "", {"a": scenes([1, 1, 1, 2]), "b": scenes([1, 1, 2, 2])})
    assert table["balancedAccuracyChange"][1] == pytest.approx(0.25)
    assert np.isnan(table["balancedAccuracyChangeErr"][1])


def test_options_of_other_scenes_are_refused():
    options = {"a": scenes([1, 1, 1, 2]), "b": scenes([1, 1, 1, 2], [1, 1, 1, 1])}
    with pytest.raises(BadInputError, match="option 'b' was tried on 2 scenes"):
        score_study("s", "", options)
