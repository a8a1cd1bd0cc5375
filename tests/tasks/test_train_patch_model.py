"""A model for one patch, and its use by the classification."""

import numpy as np
import pytest
from lsst.pipe.base import testUtils

from meas_blends.errors import BadInputError
from meas_blends.simulation.population import draw_galaxies
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.survey import Survey
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask
from meas_blends.tasks.train_patch_model import TrainPatchModelTask


@pytest.fixture(scope="module")
def coadd():
    """A patch in poor seeing."""
    survey = Survey.named("lsst_i").replace(psf_fwhm=0.9).deepened(-0.4)
    rng = np.random.default_rng(3)
    shape = (320, 320)
    return render_scene(draw_galaxies(survey, shape, rng), survey, shape, rng, name="patch")


def make_task(**fields):
    config = TrainPatchModelTask.ConfigClass()
    config.trainer.name = "logistic"
    config.scenes, config.size = 3, 320
    for name, value in fields.items():
        setattr(config, name, value)
    return TrainPatchModelTask(config=config)


@pytest.fixture(scope="module")
def package(coadd):
    return make_task().run(coadd=coadd).model


def classifier(**fields):
    config = ClassifyBlendsTask.ConfigClass()
    config.peak_finder.name = "logistic"
    config.peak_finder["logistic"].model = ""
    for name, value in fields.items():
        setattr(config, name, value)
    config.validate()
    return ClassifyBlendsTask(config=config)


def test_connections():
    testUtils.lintConnections(TrainPatchModelTask.ConfigClass.ConnectionsClass)


def test_scenes_have_the_seeing_and_the_depth_of_the_patch(package, coadd):
    training = package.meta["training"]
    assert training["psf_fwhm"] == pytest.approx(0.9, rel=0.02)
    expected = Survey.named("lsst_i").replace(psf_fwhm=0.9).deepened(-0.4).depth()
    assert training["depth"] == pytest.approx(expected, abs=0.07)
    assert (training["scenes"], training["calibration_scenes"]) == (2, 1)
    assert package.name == "logistic_i"


def test_one_seed_one_model(package, coadd):
    again = make_task().run(coadd=coadd).model
    for name, array in package.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])


def test_the_classification_takes_the_model_of_its_patch(package, coadd):
    spans = DetectFootprintsTask().run(coadd=coadd).spans
    task = classifier(model_from_input=True)
    result = task.run(coadd=coadd, spans=spans, model=package)
    assert set(result.classification["model"]) == {"logistic_i 1"}
    assert np.isfinite(result.classification["blendProbability"]).all()
    with pytest.raises(BadInputError, match="'logistic': has no model; give the name"):
        task.run(coadd=coadd, spans=spans)


def test_the_model_is_a_connection_only_if_asked_for():
    for wanted in (False, True):
        config = ClassifyBlendsTask.ConfigClass()
        config.model_from_input = wanted
        connections = config.ConnectionsClass(config=config)
        assert ("model" in connections.inputs) == wanted


def test_a_peak_finder_without_models_is_refused():
    config = ClassifyBlendsTask.ConfigClass()
    config.peak_finder.name = "local_maxima"
    config.model_from_input = True
    with pytest.raises(BadInputError, match="does not take a model from a dataset"):
        ClassifyBlendsTask(config=config)


def test_a_coadd_without_calibration_is_refused(coadd):
    with pytest.raises(BadInputError, match="patch: has no zero point"):
        make_task().run(coadd=coadd.replace(zero_point=float("nan")))
