"""Scores condition by condition."""

import numpy as np
from lsst.pipe.base import testUtils

from meas_blends.data.outcome_tables import CONDITION
from meas_blends.data.score_tables import ROBUSTNESS
from meas_blends.evaluation.summary import score_finders
from meas_blends.tasks.compare_conditions import CompareConditionsTask
from outcome_toys import make_scene


def test_connections():
    testUtils.lintConnections(CompareConditionsTask.ConfigClass.ConnectionsClass)


def test_scenes_of_a_condition_are_scored_together():
    rng = np.random.default_rng(12)
    outcomes, places = zip(*(make_scene(rng, 150) for _ in range(4)), strict=True)
    names = ["nominal", "deep", "nominal", "deep"]
    conditions = [CONDITION.make({"condition": name, "settings": name[0]}) for name in names]
    table = CompareConditionsTask().run(outcomes, places, conditions).robustness
    ROBUSTNESS.check(table)
    assert list(table["condition"]) == ["nominal", "nominal", "deep", "deep"]
    assert list(table["settings"]) == ["n", "n", "d", "d"]
    assert list(table["peakFinder"]) == ["local_maxima", "gp"] * 2
    deep = score_finders(outcomes[1::2], places[1::2])
    np.testing.assert_allclose(table["crossEntropy"][2:], deep["crossEntropy"])
    np.testing.assert_allclose(table["balancedAccuracy"][2:], deep["balancedAccuracy"])
    assert set(table["nScenes"]) == {2}
