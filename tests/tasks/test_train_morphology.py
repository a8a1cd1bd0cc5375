"""The training task: a package that measures, from a seed."""

import lsst.pex.config
import numpy as np
import pytest
from lsst.pipe.base import Pipeline, testUtils

from meas_blends.morphology.compact import CompactEstimator
from meas_blends.morphology.galaxies import GalaxyRanges
from meas_blends.morphology.simulate import StampSimulator
from meas_blends.tasks.train_morphology import TrainMorphologyTask


def make_task(**fields):
    config = TrainMorphologyTask.ConfigClass()
    config.n_galaxies, config.n_calibration, config.n_test = 128, 100, 100
    config.stamp_size, config.widths, config.batch_size = 32, [4, 4, 4, 4, 4], 64
    config.device = "cpu"
    for name, value in fields.items():
        setattr(config, name, value)
    return TrainMorphologyTask(config=config)


@pytest.fixture(scope="module")
def model():
    return make_task(name="toy", version="7", psf_fwhm=[0.6, 0.7]).run().model


def test_connections():
    testUtils.lintConnections(TrainMorphologyTask.ConfigClass.ConnectionsClass)


def test_the_package_says_what_it_is(model):
    assert (model.kind, model.label) == ("morphology_compact", "toy 7")
    assert model.meta["architecture"]["stamp_size"] == 32
    assert model.meta["training"]["seed"] == [1, 0]
    assert model.meta["training"]["galaxies"]["psf_fwhm"] == [0.6, 0.7]
    assert model.meta["training"]["settings"]["n_training"] == 128
    assert model.meta["test"]["overall"]["n_galaxies"] == 100


def test_the_package_measures(model, tmp_path):
    model.write(tmp_path / "toy")
    estimator = CompactEstimator.from_package(type(model).read(tmp_path / "toy"))
    stamps = StampSimulator(GalaxyRanges(), 32).draw(np.random.default_rng(2), 5)
    assert np.isfinite(estimator.predict(stamps).posterior.quantiles).all()


def test_scenes_are_trainings_of_their_own(model):
    other = make_task(name="toy", version="7", psf_fwhm=[0.6, 0.7]).run(scene=1).model
    assert not np.array_equal(other.arrays["target_mean"], model.arrays["target_mean"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("stamp_size", 50), ("widths", [8, 8]), ("radius", [2.0, 1.0]), ("n_galaxies", 0)],
)
def test_wrong_configuration(name, value):
    with pytest.raises(lsst.pex.config.FieldValidationError, match=name):
        make_task(**{name: value})


def test_the_shipped_pipeline_has_the_task():
    pipeline = Pipeline.from_uri("resource://meas_blends/config/pipelines/train_morphology.yaml")
    graph = pipeline.to_graph()
    assert [node.task_class for node in graph.tasks.values()] == [TrainMorphologyTask]
