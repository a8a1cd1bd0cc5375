"""LabelFootprintsTask."""

import numpy as np
import pytest
from lsst.pex.config import FieldValidationError
from lsst.pipe.base.testUtils import lintConnections

from meas_blends.data.catalogs import SPANS, TRUTH
from meas_blends.data.footprints import labels_to_spans
from meas_blends.simulation.population import galaxies_at
from meas_blends.simulation.survey import Survey
from meas_blends.tasks.label_footprints import (
    LabelFootprintsConfig,
    LabelFootprintsConnections,
    LabelFootprintsTask,
)


@pytest.fixture
def truth():
    """Galaxies of S/N 8.9 and 4.5 in one pixel's neighbourhood."""
    return galaxies_at(
        [3.0, 4.0], [2.0, 2.0], [26.0, 26.75], Survey.named("lsst_i"), np.random.default_rng(1)
    )


@pytest.fixture
def spans():
    labels = np.zeros((6, 8), np.int32)
    labels[1:4, 2:6] = 1
    return labels_to_spans(labels)


def test_connections_are_clean():
    lintConnections(LabelFootprintsConnections)


def test_the_limit_is_configuration(spans, truth):
    config = LabelFootprintsConfig()
    assert not LabelFootprintsTask(config=config).run(spans=spans, truth=truth).labels["blended"][0]
    config.min_significance = 4.0
    labels = LabelFootprintsTask(config=config).run(spans=spans, truth=truth).labels
    assert labels["blended"][0]
    assert labels["nObjects"][0] == 2


def test_stars_count(spans, truth):
    """An object is an object: a significant star beside a galaxy makes a blend."""
    truth["isStar"] = np.array([False, True])
    truth["significance"][1] = 6.0
    assert LabelFootprintsTask().run(spans=spans, truth=truth).labels["nObjects"][0] == 2


def test_nothing_to_label():
    result = LabelFootprintsTask().run(spans=SPANS.make(), truth=TRUTH.make())
    assert len(result.labels) == 0


def test_refuses_a_negative_limit():
    config = LabelFootprintsConfig()
    with pytest.raises(FieldValidationError, match="min_significance"):
        config.min_significance = -1.0
