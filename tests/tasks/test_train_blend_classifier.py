"""Training as a task: from scenes with their truth to a package that classifies."""

import numpy as np
import pytest
from lsst.daf.butler import Config, StorageClassFactory
from lsst.daf.butler import tests as butler_tests
from lsst.pipe.base import testUtils

from meas_blends.blends.classifiers.logistic import LogisticClassifier
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.tasks.train_blend_classifier import TrainBlendClassifierTask
from toys import handles, toy_scene

SEEDS = (1, 2, 3, 4)


@pytest.fixture(scope="module")
def datasets():
    scenes = [toy_scene(seed) for seed in SEEDS]
    return dict(
        zip(("coadds", "spans", "truth"), map(handles, zip(*scenes, strict=True)), strict=True)
    )


def make_task(trainer="logistic", **fields):
    config = TrainBlendClassifierTask.ConfigClass()
    config.filtering.subtract_background = False
    config.trainer.name = trainer
    config.trainer.active.pedestal = 0.0
    for name, value in fields.items():
        setattr(config, name, value)
    config.validate()
    return TrainBlendClassifierTask(config=config)


def test_connections():
    testUtils.lintConnections(TrainBlendClassifierTask.ConfigClass.ConnectionsClass)


def test_scenes_are_read_when_they_are_wanted():
    connections = TrainBlendClassifierTask.ConfigClass.ConnectionsClass
    for name in ("coadds", "spans", "truth"):
        connection = connections.allConnections[name]
        assert connection.deferLoad and connection.multiple


def test_a_package_that_says_what_it_is(datasets, tmp_path):
    task = make_task(name="mine", version="3", description="A toy", calibration_fraction=0.5)
    package = task.run(**datasets).model
    assert (package.kind, package.label, package.description) == (
        "blend_logistic", "mine 3", "A toy",
    )  # fmt: skip
    training = package.meta["training"]
    assert (training["scenes"], training["calibration_scenes"]) == (2, 2)
    assert (training["bands"], training["pixel_scales"], training["seed"]) == (["i"], [0.2], 1)
    assert training["min_significance"] == 5
    assert training["calibration"] == "curve"
    package.write(tmp_path / "mine")
    model = LogisticClassifier.from_package(ModelPackage.read(tmp_path / "mine"))
    assert model.learned.to_meta()["psf_sigma"] == pytest.approx([1.8, 1.8], rel=0.01)


def test_names_of_its_own(datasets):
    package = make_task().run(**datasets).model
    assert (package.label, package.description) == ("logistic_i 1", "Blend classifier 'logistic'")


def test_one_seed_one_model(datasets):
    same, again, other = (make_task(seed=seed).run(**datasets).model for seed in (5, 5, 6))
    for name, array in same.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])
    assert any((array != other.arrays[name]).any() for name, array in same.arrays.items())


def test_the_least_significance_reaches_the_labels(datasets):
    blended = []
    for least in (5.0, 150.0):
        training = make_task(min_significance=least).run(**datasets).model.meta["training"]
        assert training["min_significance"] == least
        blended.append(training["footprints"])
    # Footprints without a galaxy that counts are left out.
    assert blended[1] < blended[0]


@pytest.mark.parametrize("number", [0, 1])
def test_too_few_scenes(datasets, number):
    few = {name: column[:number] for name, column in datasets.items()}
    with pytest.raises(BadInputError, match=f"{number} scenes to train on and 1 of them to"):
        make_task().run(**few)


def test_a_fraction_that_leaves_nothing(datasets):
    with pytest.raises(ValueError, match="calibration_fraction"):
        make_task(calibration_fraction=0.0)
    with pytest.raises(BadInputError, match="4 scenes to train on and 4 of them to calibrate by"):
        make_task(calibration_fraction=0.99).run(**datasets)


@pytest.fixture
def butler(tmp_path):
    """A Butler in memory that knows three patches and the datasets of the task."""
    ids = {"instrument": ["toy"], "skymap": ["toy"], "tract": [0], "patch": [2, 0, 1]}
    repository = butler_tests.makeTestRepo(str(tmp_path), ids)
    butler_tests.addDataIdValue(repository, "physical_filter", "i", band="i", instrument="toy")
    known = StorageClassFactory()
    # The process has one factory, in which other tests' Butlers must find what they know.
    known.addFromConfig(Config("resource://meas_blends/config/butler_seed.yaml"))
    image = {"skymap", "tract", "patch", "band"}
    for name, storage, dimensions in (
        ("blend_coadd", "BlendCoadd", image),
        ("blend_spans", "ArrowAstropy", image),
        ("blend_truth", "ArrowAstropy", image),
        ("blend_model", "BlendModelPackage", {"skymap", "band"}),
    ):
        butler_tests.addDatasetType(repository, name, dimensions, storage)
    return butler_tests.makeTestCollection(repository, uniqueId="training")


def test_it_runs_with_the_handles_of_a_butler(butler):
    scenes = {"skymap": "toy", "band": "i"}
    patches = [{**scenes, "tract": 0, "patch": patch} for patch in range(3)]
    for patch in patches:
        datasets = toy_scene(1 + patch["patch"])
        for name, dataset in zip(("coadd", "spans", "truth"), datasets, strict=True):
            butler.put(dataset, f"blend_{name}", patch)
    task = make_task()
    inputs = {"coadds": patches, "spans": patches, "truth": patches}
    quantum = testUtils.makeQuantum(task, butler, scenes, {**inputs, "model": scenes})
    testUtils.runTestQuantum(task, butler, quantum, mockRun=False)
    training = butler.get("blend_model", scenes).meta["training"]
    assert (training["scenes"], training["calibration_scenes"]) == (2, 1)
