"""A package learns anew what its refinement is off by."""

import lsst.pex.config
import numpy as np
import pytest
from lsst.pipe.base import testUtils

from compact_toys import constant_estimator
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.morphology.compact import CompactEstimator
from meas_blends.morphology.training.compact import make_package
from meas_blends.tasks.learn_misfit import LearnMisfitTask
from meas_blends.tasks.morphology_trainers.compact import CompactTrainerConfig

LIMITS = {"psf_sigma": (1.0, 3.0), "pixel_scale": (0.15, 0.25), "signal_to_noise": (1, 1e4)}


def write_start(folder, training):
    estimator = constant_estimator([0, 1, 0.3], [1, 0.5, 0.2], limits=LIMITS)
    make_package(estimator, {"kept": 1}, training, "start", "2").write(folder)
    return str(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Small stamps of small bright galaxies."""
    settings = CompactTrainerConfig()
    settings.galaxies.radius, settings.galaxies.signal_to_noise = [0.15, 0.3], [100.0, 300.0]
    settings.stamp_size, settings.psf_fwhm = 32, [0.6, 0.7]
    folder = tmp_path_factory.mktemp("models") / "start"
    start = write_start(folder, {"settings": settings.toDict()})
    config = LearnMisfitTask.ConfigClass()
    config.start, config.n_misfit, config.n_test, config.device = start, 1000, 100, "cpu"
    config.version = "3"
    return LearnMisfitTask(config=config).run().model


def test_connections():
    testUtils.lintConnections(LearnMisfitTask.ConfigClass.ConnectionsClass)


def test_it_learns(model, tmp_path):
    assert model.label == "start 3"
    about = model.meta["misfit"]
    assert about["start"] == "start 2" and about["n_misfit"] == 1000
    before, widened = (
        about["test"]["structured"][name]["overall"] for name in ("before", "widened")
    )
    assert before["n_galaxies"] == widened["n_galaxies"] > 20
    # What the package was stays.
    assert model.meta["test"] == {"kept": 1}
    model.write(tmp_path / "again")
    read = CompactEstimator.from_package(ModelPackage.read(tmp_path / "again"))
    features, width = np.zeros((2, len(read.misfit.mean))), np.ones((2, 3))
    expected = CompactEstimator.from_package(model).misfit.errors(features, width)
    for one, other in zip(read.misfit.errors(features, width), expected, strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.isfinite(one).all()


def test_a_package_that_does_not_say_what_it_was_trained_on(tmp_path):
    config = LearnMisfitTask.ConfigClass()
    config.start = write_start(tmp_path / "silent", {})
    with pytest.raises(BadInputError, match="start 2: it does not say"):
        LearnMisfitTask(config=config).run()


def test_few_galaxies_teach_nothing():
    with pytest.raises(lsst.pex.config.FieldValidationError, match="n_misfit"):
        LearnMisfitTask.ConfigClass().n_misfit = 10
