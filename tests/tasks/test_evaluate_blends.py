"""Evaluation as a task."""

import pytest
from lsst.pipe.base import testUtils

from meas_blends.data.catalogs import CLASSIFICATION, EVALUATION, FOOTPRINT_LABELS, RELIABILITY
from meas_blends.tasks.evaluate_blends import EvaluateBlendsTask


def test_connections():
    testUtils.lintConnections(EvaluateBlendsTask.ConfigClass.ConnectionsClass)


def test_scores_and_bins():
    classification = CLASSIFICATION.make(
        {
            "footprintId": [1, 2, 3],
            "blendProbability": [0.1, 0.9, 0.6],
            "blended": [False, True, True],
            "nPeaks": [1, 2, 2],
            **{f"probability{k}": 0.25 for k in (1, 2, 3, 4)},
            "peakFinder": "gp",
            "model": "m 1",
            "flags": 0,
        }
    )
    labels = FOOTPRINT_LABELS.make(
        {"footprintId": [1, 2, 3], "nObjects": [1, 2, 1], "blended": [0, 1, 0], "flags": 0}
    )
    config = EvaluateBlendsTask.ConfigClass()
    config.n_bins = 4
    result = EvaluateBlendsTask(config=config).run([classification], [labels])
    EVALUATION.check(result.evaluation)
    RELIABILITY.check(result.reliability)
    assert len(result.reliability) == 4
    assert result.evaluation["balancedAccuracy"][0] == pytest.approx(0.75)


def test_templates_keep_finders_apart():
    config = EvaluateBlendsTask.ConfigClass()
    config.connections.finder = "gp_"
    connections = config.connections.ConnectionsClass(config=config)
    assert connections.classifications.name == "gp_blend_classification"
    assert connections.labels.name == "blend_labels"
