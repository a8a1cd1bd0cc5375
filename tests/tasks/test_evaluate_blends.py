"""Evaluation as a task."""

import numpy as np
import pytest
from lsst.pipe.base import testUtils

from meas_blends.data.score_tables import (
    ACCURACY,
    AGREEMENT,
    CONFIDENCE,
    COUNTS,
    EVALUATION,
    RELIABILITY,
)
from meas_blends.tasks.evaluate_blends import EvaluateBlendsTask
from outcome_toys import make_scene


def test_connections():
    testUtils.lintConnections(EvaluateBlendsTask.ConfigClass.ConnectionsClass)


def test_tables_of_all_finders():
    rng = np.random.default_rng(3)
    outcomes, places = zip(*(make_scene(rng, 200) for _ in range(3)), strict=True)
    config = EvaluateBlendsTask.ConfigClass()
    config.n_bins = 4
    result = EvaluateBlendsTask(config=config).run(outcomes, places)
    for table, schema in (
        (result.evaluation, EVALUATION),
        (result.reliability, RELIABILITY),
        (result.counts, COUNTS),
        (result.accuracy, ACCURACY),
        (result.confidence, CONFIDENCE),
        (result.agreement, AGREEMENT),
    ):
        schema.check(table)
        assert len(table)
    assert list(result.evaluation["peakFinder"]) == ["local_maxima", "gp"]
    assert list(result.evaluation["nScenes"]) == [3, 3]
    assert len(result.reliability) == 4
    first = np.concatenate([table[:200]["called"] for table in outcomes])
    several = np.concatenate([table[:200]["nObjects"] for table in outcomes]) > 1
    together = result.agreement["firstRight"][0] + result.agreement["bothRight"][0]
    assert together == pytest.approx(np.mean(first == several))


def test_over_bands_the_scores_are_of_no_band():
    config = EvaluateBlendsTask.ConfigClass()
    config.over_bands = True
    connections = config.connections.ConnectionsClass(config=config)
    assert connections.dimensions == {"skymap"}
    assert connections.evaluation.dimensions == {"skymap"}
    assert connections.outcomes.dimensions == {"skymap", "tract", "patch"}
