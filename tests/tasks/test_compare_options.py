"""Scores of options that configuration names, from several chains."""

import numpy as np
import pytest
from lsst.pex.config import FieldValidationError
from lsst.pipe.base import testUtils

from meas_blends.data.score_tables import STUDIES
from meas_blends.errors import BadInputError
from meas_blends.evaluation.summary import score_finders
from meas_blends.tasks.compare_options import CompareOptionsTask
from outcome_toys import make_scene


def make_config(studies, options):
    config = CompareOptionsTask.ConfigClass()
    config.studies, config.options = studies, options
    return config


def two_chains():
    return make_config(
        {"finder": "Which.", "background": "Whether."},
        {
            "background: kept": "gp",
            "finder: maxima": "local_maxima",
            "background: subtracted": "local.gp",
            "finder: gp": "gp",
        },
    )


def make_scenes(seed, number=2, **more):
    rng = np.random.default_rng(seed)
    return zip(*(make_scene(rng, 120, **more) for _ in range(number)), strict=True)


def test_connections():
    testUtils.lintConnections(CompareOptionsTask.ConfigClass.ConnectionsClass)


def test_every_chain_is_an_input():
    connections = two_chains().connections.ConnectionsClass(config=two_chains())
    assert connections.inputs == {"outcomes", "places", "outcomes_local", "places_local"}
    assert connections.outcomes_local.name == "local_blend_outcomes"


def test_each_option_has_the_scores_of_its_finder_and_chain():
    outcomes, places = make_scenes(1)
    other, others_places = make_scenes(2)
    task = CompareOptionsTask(config=two_chains())
    table = task.run(outcomes, places, outcomes_local=other, places_local=others_places).studies
    STUDIES.check(table)
    assert list(zip(table["study"], table["option"], table["peakFinder"], strict=True)) == [
        ("finder", "maxima", "local_maxima"),
        ("finder", "gp", "gp"),
        ("background", "kept", "gp"),
        ("background", "subtracted", "gp"),
    ]
    assert list(table["varied"]) == ["Which."] * 2 + ["Whether."] * 2
    own, local = score_finders(outcomes, places), score_finders(other, others_places)
    for name in ("balancedAccuracy", "countF1", "placeF1"):
        expected = [own[name][0], own[name][1], own[name][1], local[name][1]]
        np.testing.assert_allclose(table[name], expected)


def test_a_finder_that_was_not_matched():
    outcomes, places = make_scenes(1, finders=("local_maxima",))
    with pytest.raises(BadInputError, match="'finder: gp': no outcomes of gp"):
        CompareOptionsTask().run(outcomes, places)


@pytest.mark.parametrize(
    "studies, options, message",
    [
        ({"a": ""}, {"a: x": "gp", "b: x": "gp"}, "'b' is none of the studies"),
        ({"a": "", "b": ""}, {"a: x": "gp"}, "'b' has no options"),
    ],
)
def test_studies_and_options_belong_together(studies, options, message):
    with pytest.raises(BadInputError, match=message):
        make_config(studies, options).validate()


def test_a_source_that_names_no_finder():
    with pytest.raises(FieldValidationError):
        make_config({"a": ""}, {"a: x": "local.gp.more"})
