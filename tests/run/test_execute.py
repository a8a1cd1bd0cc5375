from types import SimpleNamespace

from meas_blends.run.execute import collect_inputs, missing_inputs, run_step
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import Input, Step, make_plan


def read(connection, dataset, multiple=False, deferred=False, optional=False, per_unit=True):
    return Input(connection, dataset, "ArrowAstropy", multiple, deferred, optional, per_unit)


def step_of(*inputs, outputs=(), per_unit=True):
    return Step("fake", None, inputs, dict(outputs), {}, per_unit)


class Task:
    """Gives its arguments back."""

    def run(self, **arguments):
        return SimpleNamespace(given=arguments, nothing=None)


def test_what_is_missing_is_told_for_the_units_and_the_run_apart():
    step = step_of(
        read("spans", "blend_spans"),
        read("peaks", "blend_peaks"),
        read("truth", "blend_truth", optional=True),
        read("model", "blend_model", per_unit=False),
    )
    assert missing_inputs(step, {"blend_peaks": 1}, per_unit=True) == ["blend_spans"]
    assert missing_inputs(step, {}, per_unit=False) == ["blend_model"]
    assert missing_inputs(step, {"blend_model": 1}, per_unit=False) == []


def test_arguments_come_from_the_unit_and_from_the_run():
    step = step_of(read("spans", "blend_spans"), read("model", "blend_model", per_unit=False))
    # The run's own dataset of the same name is another one.
    run = {"blend_model": "model", "blend_spans": "of the run"}
    found = collect_inputs(step, run, [{"blend_spans": "of the unit"}])
    assert found == {"spans": "of the unit", "model": "model"}


def test_an_optional_input_that_is_not_there_is_left_out():
    step = step_of(read("spans", "blend_spans"), read("truth", "blend_truth", optional=True))
    assert collect_inputs(step, {}, [{"blend_spans": 1}]) == {"spans": 1}


def test_gathered_inputs_are_those_of_the_units_that_have_them():
    step = step_of(read("late", "blend_peaks", multiple=True), per_unit=False)
    units = [{"blend_peaks": 1}, {}, {"blend_peaks": 3}]
    assert collect_inputs(step, {"blend_peaks": "of the run"}, units) == {"late": [1, 3]}
    assert collect_inputs(step, {}, [{}]) == {"late": []}


def test_a_deferred_input_is_read_when_the_task_wants_it():
    class Store(dict):
        def __getitem__(self, name):
            reads.append(name)
            return super().__getitem__(name)

    reads = []
    step = step_of(read("late", "blend_peaks", multiple=True, deferred=True), per_unit=False)
    (late,) = collect_inputs(step, {}, [Store(blend_peaks="peaks")])["late"]
    assert reads == []
    assert late.get() == "peaks"
    assert reads == ["blend_peaks"]


def test_results_bear_the_names_of_their_datasets():
    outputs = {"given": "blend_spans", "nothing": "blend_peaks"}
    step = step_of(read("spans", "blend_spans"), outputs=outputs)
    assert run_step(step, Task(), {"spans": 1}, scene=7) == {"blend_spans": {"spans": 1}}


def test_a_task_that_makes_units_gets_the_number_of_the_scene(gather_pipeline):
    loaded = load_pipeline(gather_pipeline)
    step = make_plan(loaded).steps[0]
    made = run_step(step, loaded.build_tasks()[step.label], {}, scene=2)
    assert made["blend_coadd"].name == "scene 2"


def test_a_task_that_runs_once_on_nothing_gets_no_scene():
    step = step_of(outputs={"given": "result"}, per_unit=False)
    assert run_step(step, Task(), {}, scene=2) == {"result": {}}
