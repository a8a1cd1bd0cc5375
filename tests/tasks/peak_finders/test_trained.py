"""The peak finder of every trained classifier."""

import dataclasses

import numpy as np
import pytest

from meas_blends.blends.conditions import CONDITIONS, LearnedConditions
from meas_blends.blends.detections import Detections
from meas_blends.blends.maxima import find_maxima
from meas_blends.data.catalogs import CLASSIFICATION, PEAKS
from meas_blends.data.packages import ModelPackage, shipped_packages
from meas_blends.data.psf import CellPsf
from meas_blends.detection.psf import gaussian_psf
from meas_blends.errors import BadInputError
from meas_blends.tasks.peak_finders.shipped import CnnTask, GpPcaTask, LogisticTask
from meas_blends.tasks.peak_finders.trained import TrainedPeakFinderTask
from toys import SIGMA, detect, draw

TASKS = {"logistic": LogisticTask, "cnn": CnnTask, "gp_pca": GpPcaTask}


def make_task(model, task=LogisticTask, **fields):
    config = task.ConfigClass()
    config.model = str(model)
    for name, value in fields.items():
        setattr(config, name, value)
    return task(config=config)


@pytest.fixture(params=list(TASKS))
def name(request):
    return request.param


@pytest.fixture
def scene():
    return detect(draw([(20, 16, 60), (60, 20, 60), (64, 20, 30)]))


def test_the_tables_name_the_finder_and_the_model(toy_packages, scene, name):
    result = make_task(toy_packages[name], TASKS[name]).run(*scene)
    for table in (result.classification, result.peaks):
        assert set(table["peakFinder"]) == {name}
    assert set(result.classification["model"]) == {f"toy_{name} 1"}


def test_the_models_own_threshold_unless_another_is_given(toy_models, toy_packages, scene):
    own = make_task(toy_packages["logistic"])
    result = own.run(*scene).classification
    called = result["blendProbability"] > toy_models["logistic"].threshold
    np.testing.assert_array_equal(result["blended"], called)
    strict = make_task(toy_packages["logistic"], threshold=1.0).run(*scene)
    assert not strict.classification["blended"].any()
    np.testing.assert_array_equal(
        strict.classification["blendProbability"], result["blendProbability"]
    )


def test_as_many_peaks_as_objects(toy_packages, name):
    filtered, pixels = detect(draw([(14 + 10 * k, 30, 60 - 5 * k) for k in range(5)]))
    task = make_task(toy_packages[name], TASKS[name], threshold=0.0)
    result = task.run(filtered, pixels)
    (row,) = result.classification
    counts = np.array([row[f"probability{k}"] for k in (1, 2, 3, 4)])
    best = 2 + counts[1:].argmax()
    assert row["nPeaks"] == len(result.peaks) == (5 if best == 4 else best)
    at_least = [counts[k:].sum() for k in (0, 1, 2, 3, 3)]
    np.testing.assert_allclose(
        result.peaks["probability"], at_least[: len(result.peaks)], atol=1e-6
    )


def test_the_threshold_of_maxima(toy_packages, scene):
    faint = make_task(toy_packages["logistic"], peak_threshold=1e5).run(*scene)
    stand_in = [PEAKS.decode(flags) == ["NO_MAXIMUM"] for flags in faint.peaks["flags"]]
    assert sum(stand_in) == len(faint.classification)


def test_flags(toy_packages, name):
    chain = [(8 + 6 * k, 48, 60) for k in range(8)]
    coadd = draw([(20, 20, 60), *chain])
    coadd.image[20, 21] = np.nan
    result = make_task(toy_packages[name], TASKS[name]).run(*detect(coadd))
    flags = [set(CLASSIFICATION.decode(value)) for value in result.classification["flags"]]
    assert "BAD_PIXELS" in flags[0] and "CLIPPED" not in flags[0]
    assert "CLIPPED" in flags[1] and "BAD_PIXELS" not in flags[1]
    assert "OUTSIDE_TRAINING" in flags[1]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_unlike_those_of_the_training_are_flagged(
    tmp_path, toy_packages, scene, condition, caplog
):
    package = ModelPackage.read(toy_packages["logistic"])
    filtered, pixels = scene[:2]
    row = list(CONDITIONS).index(condition)
    here = Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0)).conditions[0, row]
    package.meta["conditions"] = {
        **LearnedConditions.any().to_meta(),
        condition: [0.0, float(here) / 1.2],
    }
    package.write(tmp_path / "less")
    for tolerance, expected in ((0.1, True), (0.25, False)):
        caplog.clear()
        task = make_task(tmp_path / "less", tolerance=tolerance)
        flags = task.run(*scene).classification["flags"]
        outside = ["OUTSIDE_TRAINING" in CLASSIFICATION.decode(value) for value in flags]
        assert outside == [expected] * 2
        assert (CONDITIONS[condition] in caplog.text) == expected


def test_only_footprints_whose_psf_is_unlike_the_trainings_are_flagged(
    tmp_path, toy_packages, scene, caplog
):
    package = ModelPackage.read(toy_packages["logistic"])
    learned = LearnedConditions.any().to_meta()
    package.meta["conditions"] = {**learned, "psf_sigma": [SIGMA, SIGMA]}
    package.write(tmp_path / "same")
    filtered, pixels = scene
    # The second footprint lies in a cell whose PSF is wider.
    images = np.stack([gaussian_psf(SIGMA * factor, 25) for factor in (1.0, 1.3)])
    psf = CellPsf(images[None], filtered.coadd.xy0, (np.inf, 40))
    varying = dataclasses.replace(filtered, coadd=filtered.coadd.replace(psf=psf))
    flags = make_task(tmp_path / "same").run(varying, pixels).classification["flags"]
    outside = ["OUTSIDE_TRAINING" in CLASSIFICATION.decode(value) for value in flags]
    assert outside == [False, True]
    assert "in parts of it the width of its PSF outside what model" in caplog.text


def test_a_band_that_the_model_does_not_look_at_is_told(toy_packages, scene, caplog):
    task = make_task(toy_packages["logistic"])
    task.run(*scene)
    assert not caplog.messages
    task.run(*scene, others={"g": scene[0]})
    assert "model toy_logistic 1 does not look at g" in caplog.text


def test_a_package_of_another_kind(toy_packages):
    with pytest.raises(BadInputError, match="of kind blend_logistic, where blend_cnn is needed"):
        make_task(toy_packages["logistic"], CnnTask)
    with pytest.raises(BadInputError, match="of kind morphology_compact, where blend_logistic is"):
        make_task(shipped_packages()["compact_lsst"])


def test_a_model_that_is_not_there():
    with pytest.raises(BadInputError, match=r"nowhere.*give a folder"):
        make_task("nowhere")


def test_a_peak_finder_of_a_third_party(toy_packages, scene):
    class MineTask(TrainedPeakFinderTask):
        finder = "mine"
        kind = "blend_logistic"
        classifier = "meas_blends.blends.classifiers.logistic:LogisticClassifier"

    result = make_task(toy_packages["logistic"], MineTask).run(*scene)
    assert set(result.peaks["peakFinder"]) == {"mine"}
    with pytest.raises(ValueError, match="model"):
        MineTask.ConfigClass().validate()
