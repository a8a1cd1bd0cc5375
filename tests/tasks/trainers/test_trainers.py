"""The trainers of cutout classifiers as subtasks."""

import numpy as np
import pytest

from meas_blends.tasks.trainers.cnn import CnnTrainerTask
from meas_blends.tasks.trainers.gp_pca import GpPcaTrainerTask
from meas_blends.tasks.trainers.logistic import LogisticTrainerTask

FAST = {
    LogisticTrainerTask: {"n_features": 3},
    CnnTrainerTask: {"channels": [2, 3], "widths": [5, 4], "epochs": 1, "cutout_size": 15},
    GpPcaTrainerTask: {
        "n_neighbours": 10,
        "smoothness": [1.5],
        "length_scale": [2.0],
        "noise": [0.01],
        "max_footprints": 80,
        "batch": 40,
    },
}


def make(task, **fields):
    config = task.ConfigClass()
    for name, value in {**FAST[task], **fields}.items():
        setattr(config, name, value)
    config.validate()
    return task(config=config)


@pytest.mark.parametrize("task", list(FAST))
def test_every_field_reaches_the_training(task, toy_scenes):
    fields = {"pedestal": 12.0, "mixture": "natural", "calibration": "curves_by_maxima"}
    model = make(task, **fields).run(*toy_scenes, np.random.default_rng(1))
    assert model.normalisation.pedestal == 12
    assert model.training["mixture"] == "natural"
    assert model.training["calibration"] == "curves_by_maxima"


def test_fields_of_the_network(toy_scenes):
    model = make(CnnTrainerTask).run(*toy_scenes, np.random.default_rng(1))
    assert (model.channels, model.widths, model.cutout_size) == ((2, 3), (5, 4), 15)
    assert model.training["epochs"] == 1


def test_fields_of_the_gaussian_process(toy_scenes):
    model = make(GpPcaTrainerTask).run(*toy_scenes, np.random.default_rng(1))
    h = model.hyperparameters
    assert (h.nu, h.length_scale, h.noise, h.n_neighbours) == (1.5, 2.0, 0.01, 10)
    assert len(model.targets) == 80


def test_fields_of_the_regressions(toy_scenes):
    model = make(LogisticTrainerTask).run(*toy_scenes, np.random.default_rng(1))
    assert model.weights.shape == (3, 4)


@pytest.mark.parametrize("task", list(FAST))
def test_even_cutouts_have_no_centre(task):
    with pytest.raises(ValueError, match="cutout_size"):
        make(task, cutout_size=22)


def test_cutouts_too_small_for_the_convolutions():
    make(CnnTrainerTask, cutout_size=11)
    with pytest.raises(ValueError, match="at least 11 pixels"):
        make(CnnTrainerTask, cutout_size=9)


def test_the_paper_is_within_the_search():
    config = GpPcaTrainerTask.ConfigClass()
    assert 10.0 in config.smoothness and 20.0 in config.length_scale and 3e-6 in config.noise
    assert (config.n_features, config.n_neighbours, config.mixture) == (8, 50, "even")
