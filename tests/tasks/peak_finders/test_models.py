"""Where a peak finder's model comes from: a name, one a band, or a dataset."""

import shutil

import pytest

from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.tasks.peak_finders import check_takes
from meas_blends.tasks.peak_finders.local_maxima import LocalMaximaTask
from meas_blends.tasks.peak_finders.shipped import GpPcaTask, LogisticTask
from toys import detect, draw


def make_task(model, task=LogisticTask):
    config = task.ConfigClass()
    config.model = str(model)
    return task(config=config)


def models(task, band, **more):
    filtered, pixels = detect(draw([(20, 16, 60), (60, 20, 60)], band=band, name=f"{band}.fits"))
    return set(task.run(filtered, pixels, **more).classification["model"])


def test_a_model_a_band(toy_packages, tmp_path):
    package = ModelPackage.read(toy_packages["logistic"])
    for band in "gr":
        package.name = f"toy_{band}"
        package.write(tmp_path / f"model_{band}")
    task = make_task(tmp_path / "model_{band}")
    assert models(task, "g") == {"toy_g 1"}
    assert models(task, "r") == {"toy_r 1"}
    # Read once each.
    shutil.rmtree(tmp_path / "model_g")
    assert models(task, "g") == {"toy_g 1"}
    with pytest.raises(BadInputError, match="model_z: no model package"):
        models(task, "z")


def test_a_model_from_a_dataset_takes_the_place_of_the_configured_one(toy_packages):
    package = ModelPackage.read(toy_packages["logistic"])
    package.name = "mine"
    for configured in ("", toy_packages["logistic"]):
        assert models(make_task(configured), "i", package=package) == {"mine 1"}


def test_no_model_at_all():
    with pytest.raises(BadInputError, match="'logistic': has no model; give the name of one"):
        models(make_task(""), "i")


def test_a_model_of_another_kind(toy_packages):
    package = ModelPackage.read(toy_packages["logistic"])
    with pytest.raises(BadInputError, match="blend_gp_pca is needed"):
        models(make_task("", GpPcaTask), "i", package=package)


def test_what_a_peak_finder_takes():
    check_takes(make_task(""), "package", "a model")
    with pytest.raises(BadInputError, match=r"\(LocalMaximaTask\): does not take a model; choose"):
        check_takes(LocalMaximaTask(), "package", "a model")
