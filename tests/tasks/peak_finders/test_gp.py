"""Whole images through the default classifier."""

import numpy as np
import pytest

from meas_blends.data.catalogs import CLASSIFICATION, PEAKS
from meas_blends.data.footprints import labels_to_spans
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask
from toys import draw, toy_scene


@pytest.fixture
def task(toy_gp_package):
    config = ClassifyBlendsTask.ConfigClass()
    config.filtering.subtract_background = False
    config.peak_finder.name = "gp"
    config.peak_finder.active.model = str(toy_gp_package)
    return ClassifyBlendsTask(config=config)


def detect(coadd):
    config = DetectFootprintsTask.ConfigClass()
    config.filtering.subtract_background = False
    return DetectFootprintsTask(config=config).run(coadd=coadd).spans


def check(result):
    """Hold the tables to what every peak finder keeps to."""
    classification, peaks = result.classification, result.peaks
    CLASSIFICATION.check(classification)
    PEAKS.check(peaks)
    footprints, counts = np.unique(peaks["footprintId"], return_counts=True)
    np.testing.assert_array_equal(footprints, classification["footprintId"])
    np.testing.assert_array_equal(counts, classification["nPeaks"])
    np.testing.assert_array_equal(np.floor(peaks["f_x"] + 0.5), peaks["i_x"])
    np.testing.assert_array_equal(np.floor(peaks["f_y"] + 0.5), peaks["i_y"])


def test_places_come_with_errors(task):
    coadd, spans, _ = toy_scene(6, xy0=(500, -40))
    result = task.run(coadd=coadd, spans=spans)
    check(result)
    assert set(result.classification["model"]) == {"toy_gp 1"}
    blended = result.classification["blended"]
    assert 0.2 < blended.mean() < 0.8
    known = np.isfinite(result.peaks["f_xErr"])
    assert known.mean() > 0.3
    assert (result.peaks["f_xErr"][known] > 0).all()
    assert (result.peaks["i_x"] >= 500).all() and (result.peaks["i_y"] < 260).all()


def test_an_image_without_sources(task):
    coadd = draw([])
    result = task.run(coadd=coadd, spans=detect(coadd))
    assert len(result.classification) == len(result.peaks) == 0
    CLASSIFICATION.check(result.classification)
    PEAKS.check(result.peaks)


def test_odd_footprints(task):
    """One pixel in a corner, one longer than any patch, one of bad pixels, one at the border."""
    labels = np.zeros((60, 320), int)
    labels[0, 0], labels[20:40, 5:305], labels[50:, 310:], labels[50:54, 100:104] = 1, 2, 3, 4
    coadd = draw([(0, 0, 50), (80, 30, 60), (250, 31, 60), (318, 58, 50)], labels.shape)
    coadd.image[50:54, 100:104] = np.nan
    result = task.run(coadd=coadd, spans=labels_to_spans(labels))
    check(result)
    assert list(result.classification["footprintId"]) == [1, 2, 3, 4]
    assert result.classification["nPeaks"][0] == 1
    flags = [CLASSIFICATION.decode(value) for value in result.classification["flags"]]
    assert ["BAD_PIXELS" in names for names in flags] == [False, False, False, True]
