"""The peak finders of the shipped classifiers."""

import importlib

import pytest

from meas_blends.data.packages import find_package, shipped_packages
from meas_blends.plugins.registries import peak_finders
from meas_blends.tasks.peak_finders.trained import TrainedPeakFinderTask

NAMES = [name for name in peak_finders if issubclass(peak_finders[name], TrainedPeakFinderTask)]


def test_the_five_of_one_band():
    assert {"logistic", "cnn", "gp_pca", "gp", "ensemble"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_what_it_is_called(name):
    task = peak_finders[name]
    assert task.finder == name
    assert task.kind == f"blend_{name}"
    # Not every classifier has a shipped model.
    assert task.ConfigClass().model.startswith(name) or not task.ConfigClass().model
    module, _, attribute = task.classifier.partition(":")
    assert getattr(importlib.import_module(module), attribute).kind == task.kind


@pytest.mark.parametrize("name", NAMES)
def test_its_default_package_is_of_its_kind(name):
    model = peak_finders[name].ConfigClass().model
    if model in shipped_packages():
        assert find_package(model).kind == peak_finders[name].kind
