"""The ensemble, whose members have packages of their own."""

import shutil

import numpy as np
import pytest

from meas_blends.blends.classifiers.ensemble import EnsembleClassifier
from meas_blends.blends.classifiers.loading import unpack_classifier
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.tasks.peak_finders.shipped import EnsembleTask
from toys import detect, draw


@pytest.fixture
def folders(toy_packages, tmp_path):
    """Folders of two members and, last, of their ensemble."""
    names = ["logistic", "gp_pca"]
    members = [shutil.copytree(toy_packages[name], tmp_path / name) for name in names]
    classifiers = [unpack_classifier(ModelPackage.read(folder)) for folder in members]
    paths = [str(folder) for folder in members]
    model = EnsembleClassifier(classifiers, paths, np.array([0.5, 0.5]), np.zeros(4))
    model.to_package("both", "1", "toys").write(tmp_path / "both")
    return [*members, tmp_path / "both"]


def run(model):
    config = EnsembleTask.ConfigClass()
    config.model = str(model)
    return EnsembleTask(config=config).run(*detect(draw([(20, 16, 60), (60, 20, 60)])))


def test_members_are_read_from_their_packages(folders):
    result = run(folders[-1])
    assert set(result.classification["model"]) == {"both 1"}
    assert np.isfinite(result.classification["blendProbability"]).all()


def test_a_member_that_is_gone(folders):
    shutil.rmtree(folders[1])
    with pytest.raises(BadInputError, match=r"gp_pca: no model package, meta\.yaml is missing"):
        run(folders[-1])
