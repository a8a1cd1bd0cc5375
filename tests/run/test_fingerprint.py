from pathlib import Path

import numpy as np

from fake_tasks import DetectConfig
from meas_blends.data.packages import ModelPackage
from meas_blends.run.fingerprint import (
    digest,
    model_packages,
    named_files,
    step_identity,
    versions,
)
from meas_blends.run.overrides import value_override
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import make_plan
from meas_blends.tasks.simulate_scene import SimulateSceneTask
from meas_blends.tasks.trainers.ensemble import EnsembleTrainerTask


def identity(pipeline, *overrides):
    loaded = load_pipeline(pipeline, [value_override(text) for text in overrides])
    return step_identity(make_plan(loaded).steps[0])


def test_identity_follows_the_configuration(pipeline):
    assert identity(pipeline) == identity(pipeline)
    assert identity(pipeline) == identity(pipeline, "classify:probability=0.5")
    assert identity(pipeline) != identity(pipeline, "detect:threshold=7")


def test_model_packages_are_known_by_their_content(tmp_path):
    folder = tmp_path / "model"
    config = DetectConfig()
    config.trouble.on = str(folder)
    assert model_packages(config) == []
    ModelPackage("kind", "name", "1", "text", arrays={"a": np.zeros(2)}).write(folder)
    (first,) = model_packages(config)
    assert (first["setting"], first["name"], first["version"]) == ("trouble.on", "name", "1")
    ModelPackage("kind", "name", "1", "text", arrays={"a": np.ones(2)}).write(folder)
    assert model_packages(config)[0]["hash"] != first["hash"]


def test_the_models_of_all_bands_count(tmp_path):
    config = DetectConfig()
    config.trouble.on = str(tmp_path / "model_{band}")
    for band in "gr":
        ModelPackage("kind", f"model_{band}", "1", "text").write(tmp_path / f"model_{band}")
    assert [package["name"] for package in model_packages(config)] == ["model_g", "model_r"]
    ModelPackage("kind", "other", "1", "text").write(tmp_path / "other")
    assert len(model_packages(config)) == 2


def test_the_members_of_an_ensemble_count(tmp_path):
    """Named in a list, as its trainer does, or by the ensemble's package."""
    folder = tmp_path / "member"
    ModelPackage("kind", "member", "1", "text").write(folder)
    config = EnsembleTrainerTask.ConfigClass()
    config.members = [str(folder)]
    assert [package["name"] for package in model_packages(config)] == ["member"]
    meta = {"members": [{"package": str(folder)}]}
    ModelPackage("kind", "both", "1", "text", meta=meta).write(tmp_path / "both")
    config.members = [str(tmp_path / "both")]
    assert [package["name"] for package in model_packages(config)] == ["both", "member"]


def test_a_damaged_package_is_still_written_down(tmp_path):
    (tmp_path / "meta.yaml").write_text("nothing: true\n")
    config = DetectConfig()
    config.trouble.on = str(tmp_path)
    assert set(model_packages(config)[0]) == {"setting", "folder", "hash"}


def test_digest_does_not_depend_on_the_order_of_keys():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})


def test_versions_name_what_results_depend_on():
    assert {"python", "meas_blends", "numpy", "torch"} <= set(versions())


def test_files_that_a_configuration_names_count(tmp_path):
    table, survey = tmp_path / "galaxies.csv", tmp_path / "survey_{band}.yaml"
    table.write_text("x\n1\n")
    for band in "gr":
        Path(str(survey).replace("{band}", band)).write_text("name: mine\n")
    config = SimulateSceneTask.ConfigClass()
    config.galaxies, config.survey = [str(table), str(tmp_path / "missing.csv")], str(survey)
    names = {Path(path).name for path in named_files(config)}
    assert names == {"galaxies.csv", "survey_g.yaml", "survey_r.yaml"}
    assert named_files(SimulateSceneTask.ConfigClass()) == {}


def test_a_changed_file_changes_the_identity(tmp_path, pipeline):
    path = tmp_path / "galaxies.csv"
    path.write_text("x\n1\n")
    naming = f"detect:trouble.on={path}"
    before = identity(pipeline, naming)
    assert identity(pipeline, naming) == before
    path.write_text("x\n1\n2\n")
    assert identity(pipeline, naming) != before
