"""The classification task and the peak contract that all finders keep."""

import numpy as np
import pytest
from lsst.pipe.base import testUtils

from meas_blends.data.catalogs import CLASSIFICATION, PEAKS
from meas_blends.data.packages import ModelPackage
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask
from toys import draw

SOURCES = [
    (20, 16, 60),  # alone
    (60, 20, 60),
    (64, 20, 30),  # a blend without a second maximum
    (20, 48, 60),
    (30, 48, 40),  # a blend with two maxima
]


#: Local maxima, and every classifier that there is a toy model of.
FINDERS = ["local_maxima", "logistic", "cnn", "gp_pca"]


def make_task(finder, toy_packages, **fields):
    config = ClassifyBlendsTask.ConfigClass()
    config.filtering.subtract_background = False
    config.peak_finder.name = finder
    if finder in toy_packages:
        config.peak_finder.active.model = str(toy_packages[finder])
    for name, value in fields.items():
        setattr(config.peak_finder.active, name, value)
    return ClassifyBlendsTask(config=config)


def run(task, coadd):
    config = DetectFootprintsTask.ConfigClass()
    config.filtering.subtract_background = False
    spans = DetectFootprintsTask(config=config).run(coadd=coadd).spans
    return task.run(coadd=coadd, spans=spans)


def test_connections():
    testUtils.lintConnections(ClassifyBlendsTask.ConfigClass.ConnectionsClass)


def test_local_maxima_counts_maxima(toy_packages):
    result = run(make_task("local_maxima", toy_packages), draw(SOURCES))
    assert list(result.classification["nPeaks"]) == [1, 1, 2]
    assert np.isnan(result.classification["blendProbability"]).all()
    assert (result.peaks["f_x"] == result.peaks["i_x"]).all()


@pytest.mark.parametrize("finder", FINDERS[1:])
def test_a_classifier_sees_a_blend_that_has_one_maximum(toy_packages, finder):
    result = run(make_task(finder, toy_packages), draw(SOURCES))
    classification, peaks = result.classification, result.peaks
    assert list(classification["blended"]) == [False, True, True]
    theirs = peaks[peaks["footprintId"] == classification["footprintId"][1]]
    hidden = [PEAKS.decode(flags) == ["HIDDEN"] for flags in theirs["flags"]]
    assert hidden == [False] + [True] * (len(theirs) - 1)
    assert theirs["f_x"][1] > 62


def test_the_threshold_decides(toy_packages):
    result = run(make_task("gp_pca", toy_packages, threshold=1.0), draw(SOURCES))
    assert list(result.classification["nPeaks"]) == [1, 1, 1]


@pytest.mark.parametrize("finder", FINDERS)
def test_peak_contract(toy_packages, finder):
    coadd = draw(SOURCES, xy0=(500, -40))
    result = run(make_task(finder, toy_packages), coadd)
    classification, peaks = result.classification, result.peaks
    CLASSIFICATION.check(classification)
    PEAKS.check(peaks)
    footprints, counts = np.unique(peaks["footprintId"], return_counts=True)
    np.testing.assert_array_equal(footprints, classification["footprintId"])
    np.testing.assert_array_equal(counts, classification["nPeaks"])
    assert len(set(peaks["id"])) == len(peaks)
    # A sub-pixel centre rounds to its pixel, in parent pixels.
    np.testing.assert_array_equal(np.floor(peaks["f_x"] + 0.5), peaks["i_x"])
    np.testing.assert_array_equal(np.floor(peaks["f_y"] + 0.5), peaks["i_y"])
    assert (peaks["i_x"] >= 500).all() and (peaks["i_y"] < 30).all()
    same = peaks["footprintId"][1:] == peaks["footprintId"][:-1]
    assert (peaks["peakValue"][1:] <= peaks["peakValue"][:-1])[same].all()
    brightest = peaks[np.argmax(peaks["peakValue"])]
    assert brightest["significance"] == pytest.approx(
        brightest["peakValue"] * np.sqrt(4 * np.pi) * 1.8, rel=0.02
    )


@pytest.mark.parametrize("finder", FINDERS)
def test_no_footprint_gives_empty_tables(toy_packages, finder):
    result = run(make_task(finder, toy_packages), draw([]))
    assert len(result.classification) == len(result.peaks) == 0
    CLASSIFICATION.check(result.classification)
    PEAKS.check(result.peaks)


def test_counts_and_peak_probabilities_agree(toy_packages):
    result = run(make_task("logistic", toy_packages), draw(SOURCES))
    row = result.classification[2]
    counts = [row[f"probability{k}"] for k in (1, 2, 3, 4)]
    assert sum(counts) == pytest.approx(1)
    assert row["blendProbability"] == pytest.approx(1 - counts[0], abs=1e-6)
    first, second, *_ = result.peaks[result.peaks["footprintId"] == row["footprintId"]]
    assert first["probability"] == pytest.approx(1)
    assert second["probability"] == pytest.approx(row["blendProbability"], abs=1e-6)


def test_a_model_that_is_given_takes_the_place_of_the_configured_one(toy_packages):
    coadd = draw(SOURCES)
    own = run(make_task("gp_pca", toy_packages), coadd)
    config = ClassifyBlendsTask.ConfigClass()
    config.filtering.subtract_background = False
    config.peak_finder.name = "gp_pca"
    config.model_from_butler = True
    connections = config.connections.ConnectionsClass(config=config)
    assert connections.prerequisiteInputs == {"blend_model"}
    assert set(connections.blend_model.dimensions) == {"skymap", "band"}
    detect = DetectFootprintsTask.ConfigClass()
    detect.filtering.subtract_background = False
    spans = DetectFootprintsTask(config=detect).run(coadd=coadd).spans
    package = ModelPackage.read(toy_packages["gp_pca"])
    given = ClassifyBlendsTask(config=config).run(coadd=coadd, spans=spans, blend_model=package)
    assert set(given.classification["model"]) == {"toy_gp_pca 1"}
    assert list(given.classification["nPeaks"]) == list(own.classification["nPeaks"])


def test_there_is_one_place_that_the_model_comes_from():
    config = ClassifyBlendsTask.ConfigClass()
    config.model_from_butler = config.model_from_input = True
    with pytest.raises(ValueError, match="one of model_from_input and model_from_butler"):
        config.validate()
