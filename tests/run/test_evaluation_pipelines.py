"""The shipped evaluation pipelines: what they connect, and a run of one from end to end."""

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

FINDERS = ["local_maxima", "logistic", "cnn", "gp_pca", "gp", "ensemble"]


def test_every_finder_is_classified_matched_and_timed():
    nodes = load_pipeline("evaluate").nodes
    assert list(nodes["match"].config.finders) == FINDERS
    assert set(nodes["time_finders"].config.finders.names) == set(FINDERS)
    for finder in FINDERS:
        node = nodes[f"classify_{finder}"]
        assert node.config.peak_finder.name == finder
        for part in ("classification", "peaks"):
            read = nodes["match"].inputs[f"{part}_{finder}"].parent_dataset_type_name
            assert node.outputs[part].parent_dataset_type_name == read


def test_a_finder_of_a_plugin_is_added_by_overrides():
    overrides = [
        value_override("classify_mine:peak_finder.name=local_maxima"),
        value_override("classify_mine:connections.classification=mine_blend_classification"),
        value_override("classify_mine:connections.peaks=mine_blend_peaks"),
        value_override('match:finders=["local_maxima", "mine"]'),
    ]
    loaded = load_pipeline("evaluate", overrides, ["classify:classify_mine"])
    assert "classification_mine" in loaded.nodes["match"].inputs
    assert "mine_blend_classification" not in loaded.overall_inputs


@pytest.mark.parametrize(
    "override", ["label:min_significance=4", "report:match_radius=1", "detect:filtering.kernel=psf"]
)
def test_what_must_agree_is_checked(override):
    with pytest.raises(BadInputError, match="contract"):
        load_pipeline("evaluate", [value_override(override)])


def test_conditions_reach_the_report():
    loaded = load_pipeline("robustness")
    # All of these may be missing.
    assert loaded.overall_inputs == {"blend_pair_limits", "blend_timing", "blend_studies"}
    assert "robustness" in loaded.nodes["report"].inputs
    assert make_plan(loaded).simulates


def test_from_scenes_to_a_report(tmp_path):
    tasks = "simulate,detect,label,limit_pairs,classify_local_maxima,match,evaluate,report"
    loaded = load_pipeline(
        f"evaluate#{tasks}",
        [
            value_override("simulate:size=256"),
            value_override('match:finders=["local_maxima"]'),
            value_override("report:n_examples=2"),
        ],
    )
    runner = Runner(loaded, make_plan(loaded), tmp_path, picture=False)
    result = runner.run(scene_units(2))
    assert not result.failed
    evaluation = read_table(tmp_path / "evaluation.parquet")
    assert list(evaluation["nScenes"]) == [2]
    assert evaluation["nResolvable"][0] > 0
    report = Pages.read(tmp_path / "report")
    assert {"index.html", "numbers.ecsv", "accuracy_sqrtDeltaChi2.png"} <= set(report.files)
    numbers = read_table(tmp_path / "report" / "numbers.parquet")
    row = numbers[(numbers["figure"] == "evaluation") & (numbers["quantity"] == "balancedAccuracy")]
    np.testing.assert_allclose(row["value"], evaluation["balancedAccuracy"])
    # A second run finds everything done.
    again = Runner(loaded, make_plan(loaded), tmp_path, picture=False).run(scene_units(2))
    assert [unit.tasks_run for unit in (*again.units, again.run)] == [0, 0, 0]
