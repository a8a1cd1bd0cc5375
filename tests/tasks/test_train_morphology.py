"""The training task: a package that measures, from a seed."""

import lsst.pex.config
import numpy as np
import pytest
from lsst.pipe.base import Pipeline, testUtils

from meas_blends.morphology.compact import CompactEstimator
from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.gampen.estimator import GampenEstimator
from meas_blends.morphology.populations import LogUniform
from meas_blends.morphology.simulate import StampSimulator
from meas_blends.morphology.training.gampen import coverage_error
from meas_blends.tasks.train_morphology import TrainMorphologyTask

SMALL = {
    "compact": {
        "n_galaxies": 128,
        "n_calibration": 100,
        "n_refined": 0,
        "n_misfit": 0,
        "n_test": 100,
        "stamp_size": 32,
        "view_size": 32,
        "widths": [4, 4, 4, 4, 4],
        "batch_size": 64,
        "calibration_bins": 1,
        "device": "cpu",
        "psf_fwhm": [0.6, 0.7],
    },
    "gampen": {
        "n_galaxies": 16,
        "batch_size": 8,
        "cutout_size": 41,
        "channels": 1,
        "localisation": [2, 2],
        "widths": [2, 2, 2, 2, 2],
        "hidden": [4, 4],
        "dropout_rates": [0.0, 0.4],
        "passes": 2,
        "n_choice": 40,
        "n_test": 30,
        "device": "cpu",
    },
}


def make_task(trainer="compact", **fields):
    config = TrainMorphologyTask.ConfigClass()
    config.trainer.name = trainer
    for name, value in {**SMALL[trainer], **fields}.items():
        holder = config if name in ("name", "version") else config.trainer.active
        setattr(holder, name, value)
    return TrainMorphologyTask(config=config)


@pytest.fixture(scope="module")
def model():
    return make_task(name="toy", version="7").run().model


def test_connections():
    testUtils.lintConnections(TrainMorphologyTask.ConfigClass.ConnectionsClass)


def test_the_package_says_what_it_is(model):
    assert (model.kind, model.label) == ("morphology_compact", "toy 7")
    assert model.meta["architecture"]["stamp_size"] == 32
    assert model.meta["training"]["seed"] == [1, 0]
    assert model.meta["training"]["settings"]["psf_fwhm"] == [0.6, 0.7]
    assert model.meta["training"]["settings"]["n_galaxies"] == 128
    assert model.meta["training"]["settings"]["galaxies"]["radius"] == [0.1, 2.5]
    assert model.meta["test"]["overall"]["n_galaxies"] == 100


def test_the_package_measures(model, tmp_path):
    model.write(tmp_path / "toy")
    estimator = CompactEstimator.from_package(type(model).read(tmp_path / "toy"))
    stamps = StampSimulator(LogUniform(), Conditions(), 32).draw(np.random.default_rng(2), 5)
    assert np.isfinite(estimator.predict(stamps).posterior.quantiles).all()


def test_an_ensemble_is_one_model(model):
    ensemble = make_task(members=2).run().model.meta
    assert ensemble["architecture"]["members"] == 2
    assert ensemble["training"]["settings"]["members"] == 2
    alone = model.meta["architecture"]
    assert ensemble["architecture"]["n_parameters"] == 2 * alone["n_parameters"]


def test_scenes_are_trainings_of_their_own(model):
    other = make_task().run(scene=1).model
    assert other.label == "compact 1"
    assert not np.array_equal(other.arrays["target_mean"], model.arrays["target_mean"])


def test_a_checkpoint_makes_no_difference(model, tmp_path):
    make_task(folder=str(tmp_path)).run()
    again = make_task(folder=str(tmp_path)).run().model
    for name, array in model.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name], err_msg=name)


def test_gampen_is_trained_at_the_rate_that_covers_best(tmp_path):
    model = make_task("gampen", folder=str(tmp_path)).run().model
    assert (model.kind, model.label) == ("morphology_gampen", "gampen 1")
    choice = model.meta["test"]["choice"]
    assert set(choice) == {"0", "0.4"}
    best = min(choice, key=lambda rate: choice[rate]["error"])
    estimator = GampenEstimator.from_package(model)
    assert estimator.settings.dropout_rate == float(best)
    assert {path.name for path in tmp_path.iterdir()} == {"dropout_0", "dropout_0.4"}
    images = np.random.default_rng(1).normal(size=(3, 1, 41, 41)).astype(np.float32)
    assert np.isfinite(estimator.posterior(images).quantiles).all()


def test_coverage_error():
    exact = {"68.27": 68.27, "95.45": 95.45, "99.73": 99.73}
    off = {"68.27": 74.27, "95.45": 92.45, "99.73": 99.73}
    assert coverage_error({"flux": exact, "bulgeToTotal": exact}) == 0
    assert coverage_error({"flux": exact, "bulgeToTotal": off}) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("view_size", 50),
        ("widths", [8, 8]),
        ("psf_fwhm", [2.0, 1.0]),
        ("n_galaxies", 0),
        ("members", 0),
    ],
)
def test_wrong_configuration(name, value):
    with pytest.raises(lsst.pex.config.FieldValidationError, match=name):
        make_task(**{name: value})


@pytest.mark.parametrize("name", ["train_morphology", "train_morphology_table1"])
def test_the_shipped_pipelines_have_the_task(name):
    pipeline = Pipeline.from_uri(f"resource://meas_blends/config/pipelines/{name}.yaml")
    graph = pipeline.to_graph()
    assert [node.task_class for node in graph.tasks.values()] == [TrainMorphologyTask]
