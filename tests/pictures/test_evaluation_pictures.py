"""The charts of an evaluation: what is drawn is what the tables say."""

import io

import numpy as np
import pytest

from meas_blends.data.outcome_tables import OUTCOMES, PLACES
from meas_blends.data.score_tables import ROBUSTNESS
from meas_blends.evaluation.agreement import confidence_table
from meas_blends.evaluation.binned import accuracy_table
from meas_blends.evaluation.summary import count_table, gather, reliability_table, score_finders
from meas_blends.pictures.accuracy import QUANTITIES, draw_accuracy
from meas_blends.pictures.counts import draw_counts
from meas_blends.pictures.places import draw_offsets, draw_recall
from meas_blends.pictures.probabilities import draw_confidence, draw_reliability
from meas_blends.pictures.robustness import draw_robustness
from outcome_toys import make_outcomes, make_scene

FINDERS = ["local_maxima", "gp", "ensemble"]


@pytest.fixture(scope="module")
def scenes():
    rng = np.random.default_rng(8)
    return tuple(zip(*(make_scene(rng, 400, FINDERS) for _ in range(2)), strict=True))


@pytest.fixture(scope="module")
def outcomes(scenes):
    return gather(scenes[0], OUTCOMES)


def saved(figure):
    """Save it as a report does; matplotlib finds faults only then."""
    figure.savefig(io.BytesIO(), format="png")
    return figure


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_accuracy(outcomes, quantity):
    table = accuracy_table(outcomes)
    figure = saved(draw_accuracy(table, quantity, FINDERS))
    *upper, lower = figure.axes
    assert len(upper) == (2 if quantity in ("mag", "footprintArea") else 1)
    assert lower.get_xlabel() == QUANTITIES[quantity]
    drawn = upper[-1].containers[1].lines[0].get_ydata()
    rows = table[
        (table["quantity"] == quantity)
        & table["blended"]
        & (table["peakFinder"] == "gp")
        & (table["nFootprints"] > 0)
    ]
    np.testing.assert_allclose(drawn, rows["accuracy"])


def test_reliability_of_those_with_probabilities(outcomes):
    figure = saved(draw_reliability(reliability_table(outcomes), FINDERS))
    upper, lower = figure.axes
    assert len(upper.containers) == 2
    assert [text.get_text() for text in upper.get_legend().get_texts()] == ["gp", "ensemble"]
    assert lower.get_xlabel() == "stated blend probability"


def test_confidence_has_a_panel_a_finder(outcomes):
    figure = saved(draw_confidence(confidence_table(outcomes), FINDERS))
    assert [axes.get_title() for axes in figure.axes] == ["gp", "ensemble"]


def test_counts_are_written_in_percent(outcomes):
    table = count_table(outcomes)
    figure = saved(draw_counts(table, FINDERS, "peaks"))
    assert [axes.get_title() for axes in figure.axes] == ["local maxima", "gp", "ensemble"]
    row = table[(table["peakFinder"] == "gp") & (table["rule"] == "peaks")]
    texts = {text.get_text() for text in figure.axes[1].texts}
    assert {f"{100 * value:.1f}" for value in row["fraction"]} <= texts
    figure = saved(draw_counts(table, FINDERS, "probability"))
    assert [axes.get_title() for axes in figure.axes] == ["gp", "ensemble"]


def test_a_count_that_does_not_occur_leaves_its_row_empty():
    table = count_table(make_outcomes([1, 2], [1, 2]))
    axes = saved(draw_counts(table, ["oracle"], "peaks")).axes[0]
    assert len(axes.texts) == 2 * 4 + 4


def test_places(scenes):
    places = gather(scenes[1], PLACES)
    axes = saved(draw_offsets(places, FINDERS, 0.5)).axes[0]
    assert "[arcsec]" in axes.get_xlabel()
    axes = saved(draw_recall(places, FINDERS)).axes[0]
    theirs = places[(places["peakFinder"] == "gp") & (places["galaxyId"] > 0)]
    share = np.mean(theirs["peakId"] > 0)  # all of one magnitude: one bin
    assert axes.containers[1].lines[0].get_ydata() == pytest.approx([share])


def test_robustness(scenes):
    scores = score_finders(*scenes)
    tables = []
    for name in ("nominal", "deep"):
        scores["condition"], scores["settings"] = name, ""
        tables.append(ROBUSTNESS.make({c.name: scores[c.name] for c in ROBUSTNESS.columns}))
    table = ROBUSTNESS.make(
        {c.name: np.concatenate([t[c.name] for t in tables]) for c in ROBUSTNESS.columns}
    )
    figure = saved(draw_robustness(table, FINDERS))
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["nominal", "deep"]
    drawn = figure.axes[0].containers[1].lines[0].get_xdata()
    np.testing.assert_allclose(drawn, np.repeat(scores["balancedAccuracy"][1], 2))
