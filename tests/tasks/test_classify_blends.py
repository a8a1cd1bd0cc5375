"""The classification task and the peak contract that both finders keep."""

import numpy as np
import pytest
from lsst.pipe.base import testUtils

from meas_blends.data.catalogs import CLASSIFICATION, PEAKS
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask
from toys import SIGMA, draw

SOURCES = [
    (20, 16, 60),  # alone
    (60, 20, 60),
    (64, 20, 30),  # a blend without a second maximum
    (20, 48, 60),
    (30, 48, 40),  # a blend with two maxima
]


def make_task(finder, gp_package, **fields):
    config = ClassifyBlendsTask.ConfigClass()
    config.filtering.subtract_background = False
    config.peak_finder.name = finder
    config.peak_finder["gp"].model = str(gp_package)
    for name, value in fields.items():
        setattr(config.peak_finder[finder], name, value)
    return ClassifyBlendsTask(config=config)


def run(task, coadd):
    config = DetectFootprintsTask.ConfigClass()
    config.filtering.subtract_background = False
    spans = DetectFootprintsTask(config=config).run(coadd=coadd).spans
    return task.run(coadd=coadd, spans=spans)


def test_connections():
    testUtils.lintConnections(ClassifyBlendsTask.ConfigClass.ConnectionsClass)


def test_local_maxima_counts_maxima(gp_package):
    result = run(make_task("local_maxima", gp_package), draw(SOURCES))
    assert list(result.classification["nPeaks"]) == [1, 1, 2]
    assert np.isnan(result.classification["blendProbability"]).all()
    assert (result.peaks["f_x"] == result.peaks["i_x"]).all()


def test_gp_gives_an_unblended_footprint_one_peak_and_a_blended_one_two(gp_package):
    result = run(make_task("gp", gp_package), draw(SOURCES))
    classification, peaks = result.classification, result.peaks
    assert list(classification["blended"]) == [False, True, True]
    assert list(classification["nPeaks"]) == [1, 2, 2]
    second = peaks[peaks["footprintId"] == classification["footprintId"][1]][1]
    assert PEAKS.decode(second["flags"]) == ["HIDDEN"]
    assert second["f_x"] > 63
    assert set(classification["model"]) == {"toy_gp 1"}


def test_the_threshold_decides(gp_package):
    result = run(make_task("gp", gp_package, threshold=1.0), draw(SOURCES))
    assert list(result.classification["nPeaks"]) == [1, 1, 1]


@pytest.mark.parametrize("finder", ["local_maxima", "gp"])
def test_peak_contract(gp_package, finder):
    coadd = draw(SOURCES, xy0=(500, -40))
    result = run(make_task(finder, gp_package), coadd)
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


@pytest.mark.parametrize("finder", ["local_maxima", "gp"])
def test_no_footprint_gives_empty_tables(gp_package, finder):
    result = run(make_task(finder, gp_package), draw([]))
    assert len(result.classification) == len(result.peaks) == 0
    CLASSIFICATION.check(result.classification)
    PEAKS.check(result.peaks)


def test_counts_and_peak_probabilities_agree(gp_package):
    result = run(make_task("gp", gp_package), draw(SOURCES))
    row = result.classification[2]
    counts = [row[f"probability{k}"] for k in (1, 2, 3, 4)]
    assert sum(counts) == pytest.approx(1)
    assert row["blendProbability"] == pytest.approx(1 - counts[0], abs=1e-6)
    first, second = result.peaks[result.peaks["footprintId"] == row["footprintId"]]
    assert first["probability"] == pytest.approx(1)
    assert second["probability"] == pytest.approx(row["blendProbability"], abs=1e-6)


def test_bad_pixels_and_large_footprints_are_flagged(gp_package):
    chain = [(8 + 6 * k, 48, 60) for k in range(8)]
    coadd = draw([(20, 20, 60), *chain])
    coadd.image[20, 21] = np.nan
    flags = run(make_task("gp", gp_package), coadd).classification["flags"]
    assert [CLASSIFICATION.decode(value) for value in flags] == [["BAD_PIXELS"], ["CLIPPED"]]


def test_a_psf_unlike_those_of_the_training_is_flagged(tmp_path, gp_package):
    package = ModelPackage.read(gp_package)
    package.meta["psf_sigma"] = [SIGMA / 1.3, SIGMA / 1.2]
    package.write(tmp_path / "narrower")
    for tolerance, expected in ((0.1, True), (0.25, False)):
        task = make_task("gp", tmp_path / "narrower", psf_tolerance=tolerance)
        flags = run(task, draw(SOURCES)).classification["flags"]
        outside = ["OUTSIDE_TRAINING" in CLASSIFICATION.decode(value) for value in flags]
        assert outside == [expected] * 3


def test_a_model_that_is_not_there():
    with pytest.raises(BadInputError, match=r"nowhere.*give a folder"):
        make_task("gp", "nowhere")
