"""Transfer learning from a package to a user's galaxies."""

import lsst.pex.config
import numpy as np
import pytest
from lsst.pipe.base import Pipeline, testUtils

from compact_toys import LAYOUT, NEUTRAL, WIDTHS
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.morphology.compact import CompactEstimator
from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.gampen.estimator import GampenEstimator
from meas_blends.morphology.network import CompactNetwork
from meas_blends.morphology.populations import LogUniform
from meas_blends.morphology.simulated_sets import simulate_set
from meas_blends.morphology.training.compact import make_package
from meas_blends.simulation.survey import Survey
from meas_blends.tasks.finetune_morphology import FinetuneMorphologyTask
from meas_blends.tasks.train_morphology import TrainMorphologyTask

LIMITS = {"psf_sigma": (1.0, 1.2), "pixel_scale": (0.15, 0.25), "signal_to_noise": (1, 1e4)}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Package of a network that has not learnt."""
    folder = tmp_path_factory.mktemp("models") / "start"
    estimator = CompactEstimator(
        [CompactNetwork(LAYOUT, WIDTHS)], [0.0, 1.0, 0.5], [2.0, 0.7, 0.5], NEUTRAL, LIMITS
    )
    make_package(estimator, {}, {"seed": [4, 0]}, "start", "2").write(folder)
    return str(folder)


@pytest.fixture(scope="module")
def galaxies(tmp_path_factory):
    """File of galaxies of known truth, as a user brings it."""
    survey = Survey.named("lsst_i")
    conditions = Conditions.of_survey(survey, (0.7, 0.8))
    population = LogUniform(radius=(0.2, 0.8), signal_to_noise=(50.0, 400.0))
    drawn = simulate_set(
        np.random.default_rng(1), 240, 33, survey, population, conditions, np.array([0.7, 0.8])
    )
    drawn.galaxies.keep_columns(["bulgeToTotal", "halfLightRadius", "flux", "psfRow"])
    path = tmp_path_factory.mktemp("galaxies") / "own.fits"
    drawn.write(path)
    return str(path)


def run(start, galaxies, **fields):
    config = FinetuneMorphologyTask.ConfigClass()
    config.start, config.galaxies, config.look_every = start, [galaxies], 10
    config.fit.device, config.fit.n_galaxies, config.fit.learning_rate = "cpu", 3200, 5e-3
    for name, value in fields.items():
        setattr(config, name, value)
    return FinetuneMorphologyTask(config=config).run().model


def test_connections():
    testUtils.lintConnections(FinetuneMorphologyTask.ConfigClass.ConnectionsClass)


def test_it_learns_from_a_users_galaxies(start, galaxies):
    model = run(start, galaxies)
    before, after = model.meta["test"]["before"], model.meta["test"]["after"]
    assert after["loss"] < before["loss"] - 0.3
    assert (model.meta["test"]["n_learned"], model.meta["test"]["n_apart"]) == (168, 72)
    # Too few to calibrate by: that of the start stays.
    assert not model.meta["test"]["recalibrated"]
    assert model.label == "start_finetuned 1"
    assert model.meta["training"]["start"] == "start 2"
    assert model.meta["training"]["start_training"] == {"seed": [4, 0]}
    low, high = model.meta["limits"]["psf_sigma"]
    assert low == 1.0 and high > 1.5
    CompactEstimator.from_package(model)


def test_frozen_layers_keep_their_weights(start, galaxies):
    first = ModelPackage.read(start).arrays
    model = run(start, galaxies, frozen="convolutions")
    changed = {name for name in first if not np.array_equal(first[name], model.arrays[name])}
    assert any("head" in name for name in changed)
    assert not any(part in name for name in changed for part in ("trunk", "stem", "transformer"))


def test_each_network_of_an_ensemble_learns(galaxies, tmp_path):
    estimator = CompactEstimator(
        [CompactNetwork(LAYOUT, WIDTHS) for _ in range(2)],
        [0.0, 1.0, 0.5],
        [2.0, 0.7, 0.5],
        NEUTRAL,
        LIMITS,
    )
    package = make_package(estimator, {}, {}, "both", "1")
    package.write(tmp_path / "both")
    model = run(str(tmp_path / "both"), galaxies, patience=1, frozen="all_but_head")
    assert model.meta["test"]["after"]["loss"] < model.meta["test"]["before"]["loss"]
    for name, array in package.arrays.items():
        changed = not np.array_equal(array, model.arrays[name])
        assert changed == (name.startswith("network_") and ".head." in name), name


def test_one_seed_one_model(start, galaxies):
    one, again = (run(start, galaxies, patience=1) for _ in range(2))
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name], err_msg=name)


def test_gampen_learns_further_too(galaxies, tmp_path):
    config = TrainMorphologyTask.ConfigClass()
    config.trainer.name = "gampen"
    small = {"n_galaxies": 16, "batch_size": 8, "cutout_size": 33, "channels": 1, "device": "cpu"}
    small |= {"localisation": [2, 2], "widths": [2] * 5, "hidden": [4, 4], "dropout_rates": [0.0]}
    small |= {"passes": 1, "n_choice": 20, "n_test": 20, "learning_rate": 1e-2}
    for name, value in small.items():
        setattr(config.trainer.active, name, value)
    TrainMorphologyTask(config=config).run().model.write(tmp_path / "gampen")
    model = run(str(tmp_path / "gampen"), galaxies, frozen="all_but_head")
    metrics = model.meta["test"]
    assert metrics["after"]["loss"] < metrics["before"]["loss"]
    first = ModelPackage.read(tmp_path / "gampen").arrays
    changed = {name for name in first if not np.array_equal(first[name], model.arrays[name])}
    assert changed and all("classifier" in name for name in changed)
    # From HSC's pixels to LSST's.
    assert GampenEstimator.from_package(model).settings.pixel_scale == 0.2


def test_a_package_of_another_kind(galaxies):
    with pytest.raises(BadInputError, match="kind blend_gp, which no training goes on from"):
        run("gp_lsst_i", galaxies)


def test_no_galaxies(start):
    config = FinetuneMorphologyTask.ConfigClass()
    config.start = start
    with pytest.raises(BadInputError, match="no file is given"):
        FinetuneMorphologyTask(config=config).run()


@pytest.mark.parametrize(("name", "value"), [("frozen", "half"), ("apart_share", 1.0)])
def test_wrong_configuration(name, value):
    with pytest.raises(lsst.pex.config.FieldValidationError, match=name):
        setattr(FinetuneMorphologyTask.ConfigClass(), name, value)


def test_the_shipped_pipeline_has_the_task():
    pipeline = Pipeline.from_uri("resource://meas_blends/config/pipelines/finetune_morphology.yaml")
    graph = pipeline.to_graph()
    assert [node.task_class for node in graph.tasks.values()] == [FinetuneMorphologyTask]
