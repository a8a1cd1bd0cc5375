"""From packages to classifiers."""

import numpy as np
import pytest

from meas_blends.blends.classifiers.loading import unpack_classifier
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError


@pytest.mark.parametrize("name", ["logistic", "cnn", "gp_pca"])
def test_classifiers_of_cutouts(toy_packages, toy_models, name):
    model = unpack_classifier(ModelPackage.read(toy_packages[name]))
    assert type(model) is type(toy_models[name])
    assert model.label == f"toy_{name} 1"


def test_the_default_classifier(toy_gp, toy_gp_package):
    model = unpack_classifier(ModelPackage.read(toy_gp_package))
    assert type(model) is type(toy_gp)
    np.testing.assert_array_equal(model.process.points, toy_gp.process.points)


@pytest.mark.parametrize("kind", ["morphology_compact", "mine"])
def test_a_kind_that_is_none_of_ours(kind):
    package = ModelPackage(kind, "other", "1", "something else")
    with pytest.raises(BadInputError, match=rf"^other: .* of kind {kind}, where one of .*blend_gp"):
        unpack_classifier(package)
