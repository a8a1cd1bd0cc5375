import pytest

from meas_blends.errors import BadInputError
from meas_blends.run.overrides import file_override, value_override
from meas_blends.run.pipeline import load_pipeline


def test_tasks_come_in_the_order_of_their_data(tmp_path):
    path = tmp_path / "backwards.yaml"
    path.write_text(
        "description: d\ntasks:\n"
        "  last: {class: fake_tasks.ClassifyTask}\n"
        "  first: {class: fake_tasks.DetectTask}\n"
    )
    loaded = load_pipeline(str(path))
    assert list(loaded.nodes) == ["first", "last"]
    assert loaded.overall_inputs == {"blend_coadd"}
    assert loaded.description == "d"


def test_subsets(pipeline):
    assert list(load_pipeline(f"{pipeline}#only").nodes) == ["detect"]
    assert list(load_pipeline(f"{pipeline}#classify").nodes) == ["classify"]


def test_values_and_where_they_came_from(pipeline, tmp_path):
    path = tmp_path / "o.yaml"
    path.write_text("trouble: {on: yaml}\n")
    overrides = [
        value_override("detect:trouble.on=first"),
        file_override(f"detect:{path}"),
        value_override("detect:low=3"),
    ]
    loaded = load_pipeline(pipeline, overrides)
    config, origins = loaded.nodes["detect"].config, loaded.origins["detect"]
    assert (config.threshold, config.low, config.trouble.on) == (6.0, 3.0, "yaml")
    assert origins["threshold"] == f"pipeline {pipeline}"
    assert origins["trouble.on"] == f"{path}:1"
    assert origins["low"] == "-c detect:low=3"
    # The other way round, the command line wins.
    again = load_pipeline(pipeline, overrides[::-1])
    assert again.nodes["detect"].config.trouble.on == "first"


def test_parameters_of_the_pipeline_can_be_set(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(
        "description: d\nparameters: {level: 3.0}\ntasks:\n  detect:\n"
        "    class: fake_tasks.DetectTask\n    config:\n"
        "      python: config.threshold = float(parameters.level)\n"
    )
    assert load_pipeline(str(path)).nodes["detect"].config.threshold == 3.0
    changed = load_pipeline(str(path), [value_override("parameters:level=9")])
    assert changed.nodes["detect"].config.threshold == 9.0


def test_tasks_are_added_by_class_and_by_plugin_name(pipeline):
    loaded = load_pipeline(pipeline, [], ["fake_tasks.GatherTask:count"])
    assert "count" in loaded.nodes
    with pytest.raises(BadInputError, match=r"magic: no plugin offers a task.*detect"):
        load_pipeline(pipeline, [], ["magic"])
    with pytest.raises(BadInputError, match=r"already has a task labelled 'detect'"):
        load_pipeline(pipeline, [], ["detect"])
    with pytest.raises(BadInputError, match=r"-t fake_tasks.TroubleConfig.*no PipelineTask"):
        load_pipeline(pipeline, [], ["fake_tasks.TroubleConfig"])


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["detct:threshold=4"], r"no task labelled 'detct'; its labels are detect, classify"),
        (["detect:low=8"], r"detect: low must not be above threshold"),
    ],
)
def test_wrong_overrides(pipeline, overrides, message):
    with pytest.raises(BadInputError, match=message):
        load_pipeline(pipeline, [value_override(text) for text in overrides])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tasks: {a: {class: fake_tasks.Nothing}}", r"fake_tasks.Nothing cannot be imported"),
        ("tasks: 3", r"not a usable pipeline"),
        ("tasks: {a: {class: fake_tasks.DetectTask, config: {treshold: 3}}}", r"'a' fails"),
        (
            "tasks: {a: {class: fake_tasks.DetectTask}}\n"
            "contracts: [{contract: a.threshold < a.low, msg: be low}]",
            r"be low: a contract of the pipeline is broken",
        ),
    ],
)
def test_wrong_pipelines_get_one_sentence(tmp_path, text, message):
    path = tmp_path / "wrong.yaml"
    path.write_text(f"description: d\n{text}\n")
    with pytest.raises(BadInputError, match=message) as caught:
        load_pipeline(str(path))
    assert "\n" not in str(caught.value)


def test_an_unknown_subset(pipeline):
    with pytest.raises(BadInputError, match=r"not a usable pipeline.*nothing"):
        load_pipeline(f"{pipeline}#nothing")


def test_the_shipped_pipelines_load():
    assert list(load_pipeline("blends").nodes) == ["detect", "classify", "measure"]
    assert list(load_pipeline("blends#find").nodes) == ["detect", "classify"]
    for name in ("detect", "train", "evaluate"):
        load_pipeline(name)


def test_a_task_that_is_no_class_is_refused(pipeline):
    with pytest.raises(BadInputError, match=r"os.path.join is no PipelineTask"):
        load_pipeline(pipeline, added_tasks=["os.path.join"])
