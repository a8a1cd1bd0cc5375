"""All numbers of a report in one table."""

import numpy as np
import pytest

from meas_blends.data.outcome_tables import OUTCOMES, PLACES
from meas_blends.data.score_tables import ROBUSTNESS, TIMING
from meas_blends.evaluation.agreement import agreement_table, confidence_table
from meas_blends.evaluation.binned import accuracy_table
from meas_blends.evaluation.brightness import brightness_table
from meas_blends.evaluation.numbers import number_table
from meas_blends.evaluation.studies import score_study
from meas_blends.evaluation.summary import (
    count_table,
    gather,
    of_finder,
    reliability_table,
    score_finders,
)
from outcome_toys import make_scene


@pytest.fixture(scope="module")
def tables():
    rng = np.random.default_rng(7)
    outcomes, places = zip(*(make_scene(rng) for _ in range(2)), strict=True)
    together = gather(outcomes, OUTCOMES)
    evaluation = score_finders(outcomes, places)
    robustness = evaluation.copy()
    robustness["condition"], robustness["settings"] = "PSF 1.1 arcsec", "psf_fwhm=1.1"
    options = {
        finder: tuple([of_finder(table, finder) for table in part] for part in (outcomes, places))
        for finder in ("local_maxima", "gp")
    }
    return {
        "evaluation": evaluation,
        "reliability": reliability_table(together),
        "counts": count_table(together),
        "accuracy": accuracy_table(together),
        "brightness": brightness_table(together, gather(places, PLACES)),
        "confidence": confidence_table(together),
        "agreement": agreement_table(together),
        "timing": TIMING.make(
            {
                "peakFinder": ["gp"],
                "nFootprints": 10,
                "preparation": 0.1,
                "seconds": 0.2,
                "perFootprint": 2e4,
            }
        ),
        "robustness": ROBUSTNESS.make({n: robustness[n] for n in ROBUSTNESS.make().colnames}),
        "studies": score_study("peak finder", "Which.", options),
    }


def test_every_table_is_in_it(tables):
    numbers = number_table(tables)
    assert set(numbers["figure"]) == set(tables)


def test_a_score_keeps_its_value_and_error(tables):
    numbers = number_table(tables)
    row = numbers[
        (numbers["figure"] == "evaluation")
        & (numbers["peakFinder"] == "gp")
        & (numbers["quantity"] == "balancedAccuracy")
    ]
    score = tables["evaluation"][1]
    assert len(row) == 1
    assert row["value"][0] == pytest.approx(score["balancedAccuracy"])
    assert row["valueErr"][0] == pytest.approx(score["balancedAccuracyErr"])
    assert row["number"][0] == 800
    assert not np.any(np.char.endswith(np.asarray(numbers["quantity"], str), "Err"))


def test_a_bin_keeps_its_edges_and_says_which_it_is(tables):
    numbers = number_table(tables)
    rows = numbers[
        (numbers["figure"] == "accuracy")
        & (numbers["item"] == "quantity=separation blended=True")
        & (numbers["peakFinder"] == "gp")
        & (numbers["quantity"] == "accuracy")
    ]
    bins = tables["accuracy"]
    bins = bins[(bins["quantity"] == "separation") & bins["blended"] & (bins["peakFinder"] == "gp")]
    np.testing.assert_allclose(rows["low"], bins["low"])
    np.testing.assert_allclose(rows["value"], bins["accuracy"])
    conditions = numbers[numbers["figure"] == "robustness"]
    assert set(conditions["item"]) == {"condition=PSF 1.1 arcsec"}


def test_an_option_keeps_its_change_and_says_of_which_study(tables):
    numbers = number_table(tables)
    rows = numbers[(numbers["figure"] == "studies") & (numbers["quantity"] == "crossEntropyChange")]
    assert list(rows["item"]) == [
        "study=peak finder option=local_maxima",
        "study=peak finder option=gp",
    ]
    studies = tables["studies"]
    np.testing.assert_allclose(rows["value"], studies["crossEntropyChange"])
    np.testing.assert_allclose(rows["valueErr"], studies["crossEntropyChangeErr"])


def test_of_nothing(tables):
    assert len(number_table({})) == 0
    assert len(number_table({"reliability": tables["reliability"][:0]})) == 0
