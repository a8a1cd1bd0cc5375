"""The two stages of training the Gaussian process."""

import numpy as np
import pytest

from meas_blends.blends.training.gp_pca import train_gp_pca
from meas_blends.errors import BadInputError
from meas_blends.evaluation.scores import balanced_accuracy, cross_entropy

GRID = {"smoothness": (0.5, 1.5), "length_scale": (0.02, 5.0), "noise": (1e-3, 10.0)}


@pytest.fixture(scope="module")
def trained(toy_scenes):
    return train_gp_pca(
        *toy_scenes,
        np.random.default_rng(5),
        n_neighbours=20,
        batch=150,
        calibration="none",
        pedestal=264.0,
        **GRID,
    )


def test_an_even_mixture_of_labels(trained):
    assert (trained.targets == 1).sum() == (trained.targets == -1).sum()
    assert trained.features.shape == (len(trained.targets), 8)


def test_stage_one_picks_from_the_grid(trained):
    h = trained.hyperparameters
    chosen = (h.nu, h.length_scale, h.noise)
    for value, choices in zip(chosen, GRID.values(), strict=True):
        assert value in choices
    # Of a length scale far below the distances nothing can be learnt.
    assert h.length_scale == 5.0
    assert trained.training["leave_one_out_balanced_accuracy"] > 0.9


def test_stage_two_picks_sigma_by_cross_entropy(trained, toy_scenes):
    scene = toy_scenes[1][0]
    vectors, blended = trained.normalisation(scene.detections), scene.n_objects > 1
    probability = trained.stated(vectors)
    assert balanced_accuracy(blended, probability > 0.5) > 0.9
    before = trained.hyperparameters.scale
    for factor in (1e-3, 1e3):
        object.__setattr__(trained.hyperparameters, "scale", before * factor)
        assert cross_entropy(blended, trained.stated(vectors)) > cross_entropy(blended, probability)
    object.__setattr__(trained.hyperparameters, "scale", before)


def test_too_few_footprints_for_the_neighbourhoods(toy_scenes):
    with pytest.raises(BadInputError, match="give more scenes, so that there are well above 502"):
        train_gp_pca(*toy_scenes, np.random.default_rng(5), n_neighbours=500)
