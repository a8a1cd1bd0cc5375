"""The stopwatch as a task."""

import numpy as np
import pytest
from lsst.pipe.base import InMemoryDatasetHandle, NoWorkFound, testUtils

from evaluation_scene import evaluation_scene
from meas_blends.data.catalogs import SPANS
from meas_blends.data.score_tables import TIMING
from meas_blends.tasks.time_finders import TimeFindersTask


def make_task():
    config = TimeFindersTask.ConfigClass()
    config.finders.names = ["local_maxima"]
    config.repeats = 2
    return TimeFindersTask(config=config)


def handles(value):
    return [InMemoryDatasetHandle(value), InMemoryDatasetHandle(None)]


def test_connections():
    testUtils.lintConnections(TimeFindersTask.ConfigClass.ConnectionsClass)


def test_the_first_scene_is_timed():
    scene = evaluation_scene()
    timing = make_task().run(handles(scene["coadd"]), handles(scene["spans"])).timing
    TIMING.check(timing)
    row = timing[0]
    assert row["peakFinder"] == "local_maxima"
    assert row["nFootprints"] == len(np.unique(scene["spans"]["footprintId"]))
    assert row["preparation"] > 0 and row["seconds"] > 0
    assert row["perFootprint"] == pytest.approx(1e6 * row["seconds"] / row["nFootprints"], rel=1e-5)


def test_nothing_to_time():
    with pytest.raises(NoWorkFound):
        make_task().run(handles(evaluation_scene()["coadd"]), handles(SPANS.make()))
