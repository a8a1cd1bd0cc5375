"""Scores of peak finders over scenes."""

import numpy as np
import pytest

from meas_blends.data.outcome_tables import OUTCOMES, PLACES
from meas_blends.errors import BadInputError
from meas_blends.evaluation.summary import (
    count_table,
    finders_of,
    gather,
    reliability_table,
    score_finders,
)
from outcome_toys import make_outcomes, make_places, make_scene, stack


def score(scenes):
    outcomes, places = zip(*scenes, strict=True)
    return score_finders(outcomes, places)[0]


def test_known_scores_over_two_scenes():
    scenes = [
        (
            make_outcomes([1, 1, 2, 3], [1, 2, 2, 2], np.array([0.1, 0.9, 0.8, 0.7])),
            make_places([0.5, 0.5], missed=1, false=1),
        ),
        (make_outcomes([1, 2], [1, 1], np.array([0.2, 0.3])), make_places([1.0], missed=2)),
    ]
    row = score(scenes)
    assert (row["nScenes"], row["nFootprints"], row["nBlended"]) == (2, 6, 3)
    assert row["unblendedAccuracy"] == pytest.approx(2 / 3)
    assert row["blendedAccuracy"] == pytest.approx(2 / 3)
    # 0.75 in the first scene, 0.5 in the second.
    assert row["balancedAccuracyErr"] == pytest.approx(0.125)
    right = [0.9, 0.1, 0.8, 0.7, 0.8, 0.3]
    assert row["crossEntropy"] == pytest.approx(-np.mean(np.log(right)), rel=1e-5)
    assert row["placeRecall"] == pytest.approx(0.5)
    assert row["placePrecision"] == pytest.approx(0.75)
    # Blended footprints hold two missed galaxies and a false peak.
    assert row["blendPlaceF1"] == 0.0
    assert row["placeRms"] == pytest.approx(0.2 * np.sqrt(0.5))
    assert (row["nResolvable"], row["resolvableFound"]) == (2, 0.5)
    assert row["lostFraction"] == 0.0


def test_a_perfect_finder():
    truth = np.array([1, 1, 2, 3, 4, 6])
    probability = np.where(truth > 1, 1.0, 0.0)
    row = score([(make_outcomes(truth, truth, probability), make_places(np.zeros(17)))] * 2)
    for name in ("unblendedAccuracy", "blendedAccuracy", "balancedAccuracy"):
        assert row[name] == 1.0
    for name in ("countF1", "probableCountF1", "placeF1", "blendPlaceF1", "resolvableFound"):
        assert row[name] == 1.0
    assert row["crossEntropy"] < 1e-6
    assert row["calibrationError"] == 0.0
    assert row["balancedAccuracyErr"] == 0.0


def test_a_random_finder():
    rng = np.random.default_rng(4)
    scenes = []
    for _ in range(5):
        truth, probability = rng.choice([1, 2], 2000), rng.random(2000)
        scenes.append((make_outcomes(truth, 1 + (probability > 0.5), probability), make_places([])))
    row = score(scenes)
    assert row["balancedAccuracy"] == pytest.approx(0.5, abs=0.02)
    # Between 0 and 1 at random: the mean of -ln p is 1.
    assert row["crossEntropy"] == pytest.approx(1.0, abs=0.03)
    assert row["calibrationError"] == pytest.approx(0.25, abs=0.02)
    assert np.isnan(row["placeF1"])


def test_without_probabilities_calls_are_still_scored():
    row = score([(make_outcomes([1, 2], [1, 2]), make_places([0.0]))])
    assert row["balancedAccuracy"] == 1.0
    for name in ("crossEntropy", "calibrationError", "probableCountF1", "balancedAccuracyErr"):
        assert np.isnan(row[name])


def test_nothing_labelled():
    with pytest.raises(BadInputError, match="no labelled footprint"):
        score_finders([OUTCOMES.make()], [PLACES.make()])


def test_finders_keep_their_order_and_their_rows():
    rng = np.random.default_rng(6)
    scenes = [make_scene(rng, 100, ("zeta", "alpha", "beta")) for _ in range(2)]
    outcomes, places = zip(*scenes, strict=True)
    together = gather(outcomes, OUTCOMES)
    assert finders_of(together) == ["zeta", "alpha", "beta"]
    assert np.bincount(together["scene"]).tolist() == [300, 300]
    evaluation = score_finders(outcomes, places)
    assert list(evaluation["peakFinder"]) == ["zeta", "alpha", "beta"]
    assert set(evaluation["nFootprints"]) == {200}


def test_tables_of_reliability_and_counts():
    known = make_outcomes([1, 2, 2, 5], [1, 1, 2, 4], np.array([0.05, 0.15, 0.95, 0.97]))
    silent = make_outcomes([1, 2, 2, 5], [1, 2, 2, 2], finder="silent")
    together = stack(OUTCOMES, [silent, known])
    bins = reliability_table(together)
    assert set(bins["peakFinder"]) == {"oracle"}
    assert bins["nFootprints"][[0, 1, 9]].tolist() == [1, 1, 2]
    assert bins["blendedFraction"][9] == 1.0
    counts = count_table(together)
    assert {(row["peakFinder"], row["rule"]) for row in counts} == {
        ("silent", "peaks"),
        ("oracle", "peaks"),
        ("oracle", "probability"),
    }
    cell = counts[
        (counts["peakFinder"] == "oracle")
        & (counts["rule"] == "peaks")
        & (counts["nObjects"] == 2)
        & (counts["nGiven"] == 1)
    ]
    assert cell["nFootprints"][0] == 1 and cell["fraction"][0] == 0.5
    assert len(reliability_table(silent)) == 0
