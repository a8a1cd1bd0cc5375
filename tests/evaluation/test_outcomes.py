"""What is true of footprints beside what a finder says."""

import numpy as np
import pytest

from meas_blends.data.catalogs import CLASSIFICATION, FOOTPRINT_LABELS, SPANS, TRUTH
from meas_blends.data.outcome_tables import PAIR_LIMITS
from meas_blends.errors import BadInputError
from meas_blends.evaluation.outcomes import footprint_facts, make_outcomes, pixel_scale_of

LABELS = FOOTPRINT_LABELS.make(
    {
        "footprintId": [1, 2, 3],
        "nObjects": [2, 0, 1],
        "blended": [True, False, False],
        "flags": [0, 1, 0],
    }
)
SPAN_TABLE = SPANS.make(
    {"footprintId": [1, 1, 2, 3], "y": [0, 1, 5, 9], "x0": [0, 0, 0, 0], "x1": [3, 4, 9, 1]}
)
OWNER = np.array([1, 3, 1])


def galaxies():
    zeros = dict.fromkeys((column.name for column in TRUTH.all_columns), np.zeros(3))
    columns = {
        "x": [1.0, 0.0, 4.0],
        "y": [1, 9, 5],
        "mag": [25, 23, 24],
        "flux": [1, 9, 4],
        "significance": [20, 180, 80],
        "bulgeToTotal": [0.0, 0.9, 0.2],
        "bulgeHalfLightRadius": [0.1, 0.6, 0.2],
        "diskHalfLightRadius": [0.3, 0.9, 0.5],
        "structure": [7, 0, 8],
    }
    return TRUTH.make({**zeros, **columns})


def facts(limits=None, labels=LABELS):
    return footprint_facts(labels, SPAN_TABLE, galaxies(), OWNER, 0.2, limits)


def classification(identifiers=(1, 2, 3)):
    n = len(identifiers)
    return CLASSIFICATION.make(
        {
            "footprintId": list(identifiers),
            "blendProbability": np.linspace(0.9, 0.1, n),
            "blended": np.arange(n) == 0,
            "nProbable": np.where(np.arange(n) == 0, 2, 1),
            "nPeaks": np.where(np.arange(n) == 0, 3, 1),
            **{f"probability{k}": (0.1, 0.2, 0.6, 0.1)[k - 1] for k in range(1, 5)},
            "peakFinder": "mine",
            "model": "m 1",
            "flags": np.where(np.arange(n) == 0, CLASSIFICATION.flag("OUTSIDE_TRAINING"), 0),
        }
    )


def test_facts_of_a_pair_and_of_a_single():
    limits = PAIR_LIMITS.make(
        {
            "footprintId": [1],
            "brighterId": 3,
            "fainterId": 1,
            "separation": 1.0,
            "fluxRatio": 0.25,
            "sqrtDeltaChi2": 4.5,
        }
    )
    found = facts(limits)
    assert list(found["footprintId"]) == [1, 3]  # the empty footprint is left out
    assert list(found["mag"]) == [24.0, 23.0]
    np.testing.assert_allclose(found["secondMag"], [25.0, np.nan])
    np.testing.assert_allclose(found["separation"], [0.2 * 5.0, np.nan])
    np.testing.assert_allclose(found["fluxRatio"], [0.25, np.nan])
    np.testing.assert_allclose(found["sqrtDeltaChi2"], [4.5, np.nan])
    assert list(found["footprintArea"]) == [9, 2]
    assert list(found["significance"]) == [80, 180]
    np.testing.assert_allclose(found["radius"], [0.5, 0.6])
    assert list(found["structured"]) == [True, False]
    assert np.isnan(facts()["sqrtDeltaChi2"]).all()


def test_outcomes_of_a_finder():
    outcomes = make_outcomes(facts(), classification(), "theirs")
    assert set(outcomes["peakFinder"]) == {"theirs"}
    assert list(outcomes["called"]) == [True, False]
    assert list(outcomes["nPeaks"]) == [3, 1]
    assert list(outcomes["nProbable"]) == [2, 1]
    assert list(outcomes["unusual"]) == [True, False]
    np.testing.assert_allclose(outcomes["blendProbability"], [0.9, 0.1], rtol=1e-6)


def test_without_probabilities_there_is_no_probable_number():
    silent = classification()
    silent["probability1"] = np.nan
    assert list(make_outcomes(facts(), silent, "theirs")["nProbable"]) == [0, 0]


def test_tables_of_different_detections():
    with pytest.raises(BadInputError, match="lacks footprints"):
        make_outcomes(facts(), classification((1, 2)), "mine")
    labels = LABELS.copy()
    labels["nObjects"] = [1, 0, 1]
    with pytest.raises(BadInputError, match="disagree"):
        facts(labels=labels)


def test_pixel_scale_from_the_sky():
    truth = galaxies()
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 2000, (2, 3))
    truth["x"], truth["y"] = x, y
    truth["coord_dec"] = 60.0 + (y + 0.3 * x) * 0.2 / 3600
    # Mirrored, turned, and across the zero of right ascension.
    truth["coord_ra"] = (359.99 - (x - 0.3 * y) * 0.2 / 3600 / np.cos(np.pi / 3)) % 360
    scale = pixel_scale_of(truth)
    assert scale == pytest.approx(0.2 * np.sqrt(1.09), rel=2e-3)
    truth["coord_ra"] = np.nan
    assert np.isnan(pixel_scale_of(truth))
