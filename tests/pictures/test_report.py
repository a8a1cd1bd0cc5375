"""The whole report of an imaginary evaluation."""

import re

import numpy as np
import pytest

from meas_blends.data.outcome_tables import OUTCOMES, PLACES
from meas_blends.data.score_tables import ROBUSTNESS, TIMING
from meas_blends.evaluation.agreement import agreement_table, confidence_table
from meas_blends.evaluation.binned import accuracy_table
from meas_blends.evaluation.brightness import brightness_table
from meas_blends.evaluation.studies import score_study
from meas_blends.evaluation.summary import (
    count_table,
    gather,
    of_finder,
    reliability_table,
    score_finders,
)
from meas_blends.pictures.report import make_report
from meas_blends.pictures.report_inputs import ReportInputs, shown_number
from outcome_toys import make_scene


def inputs(finders, extra=True):
    rng = np.random.default_rng(9)
    outcomes, places = zip(*(make_scene(rng, 300, finders) for _ in range(2)), strict=True)
    together = gather(outcomes, OUTCOMES)
    evaluation = score_finders(outcomes, places)
    tables = {
        "evaluation": evaluation,
        "reliability": reliability_table(together),
        "counts": count_table(together),
        "accuracy": accuracy_table(together),
        "brightness": brightness_table(together, gather(places, PLACES)),
        "confidence": confidence_table(together),
        "agreement": agreement_table(together),
    }
    if extra:
        scores = evaluation.copy()
        scores["condition"], scores["settings"] = "<deep>", "extra_depth=0.7"
        tables["robustness"] = ROBUSTNESS.make({c.name: scores[c.name] for c in ROBUSTNESS.columns})
        options = {
            f"<{finder}>": (
                [of_finder(table, finder) for table in outcomes],
                [of_finder(table, finder) for table in places],
            )
            for finder in finders
        }
        tables["studies"] = score_study("peak finder", "Which & why.", options)
        tables["timing"] = TIMING.make(
            {
                "peakFinder": list(finders),
                "nFootprints": 300,
                "preparation": 0.3,
                "seconds": 0.5,
                "perFootprint": 1666.7,
            }
        )
    return ReportInputs(tables, gather(places, PLACES), {}, 0.5, [("numpy", "9.9")])


@pytest.fixture(scope="module")
def whole():
    return make_report(inputs(("local_maxima", "gp")))


def test_every_picture_is_shown_and_every_shown_picture_is_there(whole):
    page = whole["index.html"].decode()
    shown = set(re.findall(r'src="([^"]+)"', page))
    assert shown == set(whole) - {"index.html"}
    assert len(shown) == 6 + 1 + 2 + 2 + 2 + 1
    assert all(whole[name].startswith(b"\x89PNG") for name in shown)


def test_scores_of_every_finder_are_on_the_page(whole):
    page = whole["index.html"].decode()
    evaluation = inputs(("local_maxima", "gp")).tables["evaluation"]
    for row in evaluation:
        assert f"{row['balancedAccuracy']:.3f} <span" in page
    assert "600 footprints of 2 scenes" in page
    assert "1667" in page
    assert "&lt;deep&gt;" in page and "<deep>" not in page
    assert "9.9" in page


def test_options_have_a_table_a_study_with_what_was_varied(whole):
    page = whole["index.html"].decode()
    section = page[page.index('<section id="options">') :]
    section = section[: section.index("</section>")]
    assert "<caption>Peak finder. Which &amp; why.</caption>" in section
    assert section.count("<table>") == 1 and "&lt;gp&gt;" in section
    studies = inputs(("local_maxima", "gp")).tables["studies"]
    for name in ("balancedAccuracy", "balancedAccuracyChange"):
        assert f"{studies[name][1]:.3f} <span" in section
    assert f"± {studies['balancedAccuracyChangeErr'][1]:.3f}<" in section


def test_one_finder_without_probabilities_times_or_conditions():
    report = make_report(inputs(("local_maxima",), extra=False))
    page = report["index.html"].decode()
    assert "None of the peak finders gives probabilities" in page
    for name in ("time", "conditions", "options"):
        assert f'id="{name}"' not in page
    assert "reliability.png" not in report


def test_numbers_that_are_not_there_are_dashes():
    assert shown_number(float("nan")) == "–"
    assert shown_number(0.12345, 2) == "0.12"
    assert shown_number(-0.0001) == "0.000"
