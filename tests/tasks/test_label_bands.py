"""True galaxies in footprints of several bands."""

import numpy as np
import pytest
from lsst.pipe.base import InMemoryDatasetHandle, testUtils

from meas_blends.data.catalogs import FOOTPRINT_LABELS, SPANS, TRUTH
from meas_blends.errors import BadInputError
from meas_blends.tasks.label_bands import LabelBandsTask

#: Two footprints of 10 x 1 pixels in row 5.
SPANS_TABLE = SPANS.make({"footprintId": [1, 2], "y": 5, "x0": [0, 20], "x1": [9, 29]})


def truth(band, **significance):
    """Galaxies 1 and 2 in the first footprint, 3 in the second."""
    data = {column.name: np.zeros(3) for column in TRUTH.all_columns}
    data.update(galaxyId=[1, 2, 3], x=[2, 7, 25], y=5, significance=significance["s"])
    data["mag"] = {"g": 24.0, "i": 23.0}[band]
    return InMemoryDatasetHandle(TRUTH.make(data), band=band)


TRUTHS = [truth("g", s=[9, 8, 1]), truth("i", s=[20, 2, 3])]


def label(*truths, **settings):
    config = LabelBandsTask.ConfigClass()
    for name, value in settings.items():
        setattr(config, name, value)
    return LabelBandsTask(config=config).run(spans=SPANS_TABLE, truths=truths)


def test_connections():
    testUtils.lintConnections(LabelBandsTask.ConfigClass.ConnectionsClass)


def test_a_galaxy_counts_if_one_band_shows_it():
    result = label(*TRUTHS)
    FOOTPRINT_LABELS.check(result.labels)
    assert list(result.labels["nObjects"]) == [2, 0]
    assert list(label(*TRUTHS, min_significance=2.5).labels["nObjects"]) == [2, 1]


def test_each_galaxy_is_there_once_as_its_best_band_shows_it():
    table = label(*TRUTHS).truth
    TRUTH.check(table)
    assert list(table["galaxyId"]) == [1, 2, 3]
    assert list(table["mag"]) == [23.0, 24.0, 23.0]
    assert str(table["mag"].unit) == "mag"


def test_only_some_bands_can_count():
    assert list(label(*TRUTHS, bands=["i"]).labels["nObjects"]) == [1, 0]
    with pytest.raises(BadInputError, match="no truth of the bands r; choose some of g, i"):
        label(*TRUTHS, bands=["r"])
