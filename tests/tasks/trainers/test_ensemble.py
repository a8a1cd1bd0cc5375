"""The trainer of the ensemble as a subtask."""

import numpy as np
import pytest

from meas_blends.errors import BadInputError
from meas_blends.tasks.trainers.ensemble import EnsembleTrainerTask


def make(members):
    config = EnsembleTrainerTask.ConfigClass()
    config.members = members
    config.validate()
    return EnsembleTrainerTask(config=config)


def test_members_are_configuration(toy_packages, toy_scenes):
    names = [str(toy_packages[name]) for name in ("logistic", "gp_pca")]
    model = make(names).run(*toy_scenes, np.random.default_rng(1))
    assert model.names == names
    assert [member.label for member in model.members] == ["toy_logistic 1", "toy_gp_pca 1"]
    assert model.weights.shape == (2,)


def test_no_members(toy_scenes):
    with pytest.raises(BadInputError, match="name the model packages to combine"):
        make([]).run(*toy_scenes, np.random.default_rng(1))


def test_a_member_that_is_not_there(toy_scenes):
    with pytest.raises(BadInputError, match=r"nowhere.*give a folder"):
        make(["nowhere"]).run(*toy_scenes, np.random.default_rng(1))
