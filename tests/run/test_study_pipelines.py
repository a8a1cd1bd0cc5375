"""The shipped studies of options: what they connect and compare, and a short run of one."""

import numpy as np
import pytest

from meas_blends.data.pages import Pages
from meas_blends.data.tables import read_table
from meas_blends.errors import BadInputError
from meas_blends.run.overrides import value_override
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import make_plan
from meas_blends.run.runner import Runner
from meas_blends.run.units import scene_units


@pytest.fixture(scope="module")
def training():
    return load_pipeline("train_studies")


@pytest.fixture(scope="module")
def studies():
    return load_pipeline("studies", [value_override("parameters:trained=there")])


def test_trainings_differ_in_one_option_each(training):
    configs = {
        label: node.config for label, node in training.nodes.items() if label.startswith("train")
    }
    default = configs.pop("train_gp_pca")
    changed = {
        label: {
            name: value
            for name, value in {
                **config.trainer.active.toDict(),
                "min_significance": config.min_significance,
            }.items()
            if value
            != {**default.trainer.active.toDict(), "min_significance": default.min_significance}[
                name
            ]
        }
        for label, config in configs.items()
    }
    assert changed == {
        "train_natural": {"mixture": "natural"},
        "train_uncalibrated": {"calibration": "none"},
        "train_by_maxima": {"calibration": "curves_by_maxima"},
        "train_four": {"min_significance": 4.0},
    }


def test_every_trained_model_is_used_and_every_used_one_is_trained(training, studies):
    made = {
        node.outputs["model"].parent_dataset_type_name
        for label, node in training.nodes.items()
        if label.startswith("train")
    }
    used = {
        node.config.peak_finder.active.model
        for label, node in studies.nodes.items()
        if label.startswith("classify") and node.config.peak_finder.name == "gp_pca"
    }
    assert used - {""} == {f"there/{name}" for name in made}


def test_scenes_are_like_those_of_the_training_but_others(training, studies):
    own, theirs = (
        loaded.nodes["simulate"].config.toDict() for loaded in (studies, load_pipeline("train"))
    )
    seeds = {own.pop("seed"), theirs.pop("seed"), training.nodes["simulate"].config.seed}
    assert len(seeds) == 3
    assert own == theirs


def test_every_option_is_matched_and_only_its_option_differs(studies):
    match = {
        "": studies.nodes["match"],
        "four": studies.nodes["match_four"],
        "local": studies.nodes["match_local"],
    }
    for source in studies.nodes["compare_options"].config.options.values():
        chain, _, finder = source.rpartition(".")
        assert finder in match[chain].config.finders
    local = studies.nodes["detect_local"].config.filtering
    assert local.temporary_local_background
    assert not studies.nodes["detect"].config.filtering.temporary_local_background
    # What the others read may all be missing.
    assert studies.overall_inputs == {"blend_timing", "blend_robustness"} | {
        f"{chain}blend_pair_limits" for chain in ("", "four_", "local_")
    }


@pytest.mark.parametrize(
    "override",
    [
        "match_four:min_significance=5",
        "label_local:min_significance=4",
        "detect_local:threshold=4",
        "train_patch:trainer.name=logistic",
        "classify_local:filtering.temporary_local_background=False",
    ],
)
def test_what_must_agree_is_checked(override):
    with pytest.raises(BadInputError, match="contract"):
        load_pipeline("studies", [value_override(override)])


def test_from_scenes_to_the_options_of_a_report(tmp_path):
    tasks = "simulate,detect,label,label_four,classify_gp_pca,match,match_four"
    loaded = load_pipeline(
        f"studies#{tasks},evaluate,compare_options,report",
        [
            value_override("simulate:size=256"),
            value_override("classify_gp_pca:peak_finder.name=local_maxima"),
            value_override('match:finders=["gp_pca"]'),
            value_override('match_four:finders=["gp_pca"]'),
            value_override('compare_options:studies={"S/N limit": "Least S/N."}'),
            value_override(
                'compare_options:options={"S/N limit: 5": "gp_pca", "S/N limit: 4": "four.gp_pca"}'
            ),
            value_override("report:n_examples=0"),
        ],
    )
    result = Runner(loaded, make_plan(loaded), tmp_path, picture=False).run(scene_units(2))
    assert not result.failed
    table = read_table(tmp_path / "studies.parquet")
    assert list(table["option"]) == ["5", "4"]
    # What is fainter is found less often.
    assert table["placeRecall"][1] < table["placeRecall"][0]
    assert table["balancedAccuracyChange"][1] == pytest.approx(
        table["balancedAccuracy"][1] - table["balancedAccuracy"][0], abs=1e-6
    )
    page = Pages.read(tmp_path / "report").files["index.html"].decode()
    assert "S/N limit. Least S/N." in page
    numbers = read_table(tmp_path / "report" / "numbers.parquet")
    rows = numbers[(numbers["figure"] == "studies") & (numbers["quantity"] == "placeF1")]
    assert list(rows["item"]) == ["study=S/N limit option=5", "study=S/N limit option=4"]
    np.testing.assert_allclose(rows["value"], table["placeF1"])
