import json

import pytest

from fake_tasks import write_image
from meas_blends.data.fits import read_coadd
from meas_blends.data.tables import read_table
from meas_blends.errors import BadInputError
from meas_blends.run.levels import Level
from meas_blends.run.overrides import value_override
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import make_plan
from meas_blends.run.steps import RunnableStep
from meas_blends.run.workspace import Workspace

STORAGE = {
    "blend_coadd": "BlendCoadd",
    "blend_spans": "ArrowAstropy",
    "blend_classification": "ArrowAstropy",
    "blend_peaks": "ArrowAstropy",
    "fake_blend_evaluation": "ArrowAstropy",
}


def steps_of(pipeline, *overrides):
    """The steps of a pipeline by label, ready to run."""
    loaded = load_pipeline(pipeline, [value_override(text) for text in overrides])
    steps, tasks = make_plan(loaded).steps, loaded.build_tasks()
    made = frozenset(name for step in steps for name in step.outputs.values())
    return {step.label: RunnableStep(step, tasks[step.label], made) for step in steps}


@pytest.fixture
def run(tmp_path):
    """The workspace of the run."""
    return Workspace(tmp_path / "out", STORAGE)


@pytest.fixture
def open_unit(tmp_path):
    """Return a function that opens the workspace of a unit, as a new process would."""
    path = write_image(tmp_path / "a.fits")

    def open_unit(identity="image", name="a"):
        reader = {"blend_coadd": (identity, lambda: read_coadd(path))}
        return Workspace(tmp_path / "out" / name, STORAGE, reader)

    return open_unit


@pytest.fixture
def advance(run):
    """Return a function that advances a unit by a step, and tells whether its task ran."""

    def advance(step, unit, scene=0):
        started = []
        stores = {Level.IMAGE: [unit], Level.PATCH: [], Level.RUN: [run]}
        status = step.advance(unit, stores, started.append, scene)
        assert started in ([], [step.step.label])
        return status, bool(started)

    return advance


def test_a_step_is_run_and_recorded_at_once(pipeline, open_unit, advance, tmp_path):
    step = steps_of(pipeline)["detect"]
    assert advance(step, open_unit()) == ("done", True)
    written = json.loads((tmp_path / "out" / "a" / "run.json").read_text())
    task = written["tasks"]["detect"]
    assert task["class"] == "fake_tasks.DetectTask"
    assert (task["status"], task["note"], task["outputs"]) == ("done", "", ["blend_spans"])
    assert task["configuration"]["threshold"] == 6.0
    assert written["datasets"]["blend_spans"]["inputs"] == ["blend_coadd"]
    assert len(read_table(tmp_path / "out" / "a" / "spans.parquet")) == 4


def test_what_is_current_is_not_run_again(pipeline, open_unit, advance):
    step = steps_of(pipeline)["detect"]
    advance(step, open_unit())
    assert advance(step, open_unit()) == ("current", False)


def test_another_image_or_configuration_is_run(pipeline, open_unit, advance):
    advance(steps_of(pipeline)["detect"], open_unit())
    changed = steps_of(pipeline, "detect:threshold=7")["detect"]
    assert advance(changed, open_unit()) == ("done", True)
    assert advance(changed, open_unit("another image")) == ("done", True)


def test_a_result_that_somebody_removed_is_made_again(pipeline, open_unit, advance, tmp_path):
    steps = steps_of(pipeline)
    unit = open_unit()
    for step in steps.values():
        advance(step, unit)
    (tmp_path / "out" / "a" / "peaks.parquet").unlink()
    assert advance(steps["detect"], open_unit()) == ("current", False)
    assert advance(steps["classify"], open_unit()) == ("done", True)


def test_another_scene_is_another_result(gather_pipeline, advance, tmp_path):
    step = steps_of(gather_pipeline)["simulate"]
    folder = tmp_path / "scene"
    assert advance(step, Workspace(folder, STORAGE), 1) == ("done", True)
    assert advance(step, Workspace(folder, STORAGE), 1) == ("current", False)
    assert advance(step, Workspace(folder, STORAGE), 2) == ("done", True)


def test_no_work_is_remembered_and_what_follows_is_skipped(pipeline, open_unit, advance):
    steps = steps_of(pipeline, "detect:trouble.kind=no work")
    unit = open_unit()
    assert advance(steps["detect"], unit) == ("no work", True)
    assert unit.record.tasks["detect"]["note"] == "nothing here"
    assert advance(steps["classify"], unit) == ("skipped", False)
    assert unit.record.tasks["classify"]["note"] == "nothing to read"
    assert advance(steps["detect"], open_unit()) == ("no work", False)


def test_a_skipped_step_leaves_no_old_results(pipeline, open_unit, advance):
    unit = open_unit()
    for step in steps_of(pipeline).values():
        advance(step, unit)
    # As if the spans had gone with a run of another pipeline.
    unit.record.datasets["blend_peaks"]["inputs"] = []
    unit.discard(["blend_spans"])
    assert "blend_peaks" in unit
    assert advance(steps_of(pipeline)["classify"], unit) == ("skipped", False)
    assert set(unit) == {"blend_coadd"}


def test_a_dataset_that_nobody_makes_is_named(pipeline, open_unit, advance):
    step = steps_of(f"{pipeline}#classify")["classify"]
    with pytest.raises(BadInputError, match=r"'classify' needs blend_spans, .*out/a does not hold"):
        advance(step, open_unit())


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_nothing_of_the_step(pipeline, open_unit, advance, monkeypatch, error):
    unit = open_unit()
    for step in steps_of(pipeline).values():
        advance(step, unit)
    step = steps_of(pipeline, "classify:probability=0.5")["classify"]
    put = Workspace.put

    def fail_at_the_second(self, name, *rest):
        if name == "blend_peaks":
            raise error
        put(self, name, *rest)

    monkeypatch.setattr(Workspace, "put", fail_at_the_second)
    with pytest.raises(error):
        advance(step, unit)
    assert set(unit) == {"blend_coadd", "blend_spans"}
    monkeypatch.undo()
    assert advance(step, unit) == ("done", True)


def test_gathering_leaves_out_units_without_results(gather_pipeline, run, tmp_path):
    steps = steps_of(gather_pipeline)
    units = [Workspace(tmp_path / f"{number}", STORAGE) for number in range(3)]
    for number, unit in enumerate(units):
        for label in ("simulate", "detect", "classify") if number != 1 else ("simulate",):
            own = {Level.IMAGE: [unit], Level.RUN: [run]}
            steps[label].advance(unit, own, lambda label: None, number)
    stores = {Level.IMAGE: units, Level.RUN: [run]}
    assert steps["gather"].advance(run, stores, lambda label: None) == "done"
    assert list(run["fake_blend_evaluation"]["nSpans"]) == [1, 3]


def test_gathering_from_no_unit_at_all_is_skipped(gather_pipeline, run):
    step = steps_of(gather_pipeline)["gather"]
    stores = {Level.IMAGE: [], Level.RUN: [run]}
    assert step.advance(run, stores, lambda label: None) == "skipped"
    assert "fake_blend_evaluation" not in run
