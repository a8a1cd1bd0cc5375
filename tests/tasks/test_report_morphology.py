"""What a report on morphology is made of."""

import numpy as np
import pytest
from astropy.table import vstack
from lsst.pipe.base import InMemoryDatasetHandle

from galaxy_toys import toy_cost, toy_galaxies, toy_outcomes
from meas_blends.data.galaxy_score_tables import GALAXY_SCORE_TABLES
from meas_blends.errors import BadInputError
from meas_blends.evaluation.morphology.peer_scores import cost_table
from meas_blends.tasks.report_morphology import ReportMorphologyTask


class Galaxies:
    """As much of a set as is told of it."""

    galaxies, survey, size, pixel_scale = toy_galaxies(20), "toy", 64, 0.2

    def __len__(self):
        return len(self.galaxies)


def inputs_of(outcomes, monkeypatch):
    """What the page is made of."""
    made = []
    # Without pictures of galaxies.
    outcomes["cropScale"] = np.nan
    page = "meas_blends.pictures.morphology.report.make_report"
    monkeypatch.setattr(page, lambda inputs: made.append(inputs) or {"index.html": b""})
    cost = toy_cost()
    tables = {schema.name.removeprefix("galaxy_"): schema.make() for schema in GALAXY_SCORE_TABLES}
    tables |= {"outcomes": [outcomes], "costs": cost_table({"lost": [cost], "toy": [cost]})}
    config = ReportMorphologyTask.ConfigClass()
    config.n_joint = 0
    task = ReportMorphologyTask(config=config)
    task.run(galaxies=[InMemoryDatasetHandle(Galaxies())], **tables)
    return made[0]


def test_a_method_that_measured_nothing_is_left_out(monkeypatch):
    lost = toy_outcomes(20, "lost")
    lost["measured"] = False
    peer = toy_outcomes(20, "peer")
    peer["posterior"] = False
    inputs = inputs_of(vstack([lost, toy_outcomes(20), peer]), monkeypatch)
    assert list(inputs.methods) == ["toy"]
    assert set(np.asarray(inputs.shown["method"])) == {"toy"}
    with pytest.raises(BadInputError, match="no galaxy was measured"):
        inputs_of(vstack([lost, peer]), monkeypatch)
