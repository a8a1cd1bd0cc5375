from types import SimpleNamespace

from meas_blends.run.execute import Datasets, collect_inputs, missing_inputs, run_step
from meas_blends.run.levels import Level
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import Input, Step, make_plan


def read(connection, dataset, multiple=False, deferred=False, optional=False, level=Level.IMAGE):
    return Input(connection, dataset, "ArrowAstropy", multiple, deferred, optional, level)


def step_of(*inputs, outputs=(), level=Level.IMAGE):
    return Step("fake", None, inputs, dict(outputs), {}, level)


def stores(run=(), images=()):
    """Stores of one run and its images."""
    of = {"patch": "p", "band": "r"}
    return {
        Level.IMAGE: [Datasets(of, one) for one in images],
        Level.PATCH: [],
        Level.RUN: [Datasets({}, run)],
    }


class Task:
    """Gives its arguments back."""

    def run(self, **arguments):
        return SimpleNamespace(given=arguments, nothing=None)


def test_what_is_missing_is_told_for_each_level_apart():
    step = step_of(
        read("spans", "blend_spans"),
        read("peaks", "blend_peaks"),
        read("truth", "blend_truth", optional=True),
        read("model", "blend_model", level=Level.RUN),
    )
    assert missing_inputs(step, {"blend_peaks": 1}, Level.IMAGE) == ["blend_spans"]
    assert missing_inputs(step, {}, Level.RUN) == ["blend_model"]
    assert missing_inputs(step, {"blend_model": 1}, Level.RUN) == []


def test_arguments_come_from_the_image_and_from_the_run():
    step = step_of(read("spans", "blend_spans"), read("model", "blend_model", level=Level.RUN))
    # The run's own dataset of the same name is another one.
    run = {"blend_model": "model", "blend_spans": "of the run"}
    found = collect_inputs(step, stores(run, [{"blend_spans": "of the image"}]))
    assert found == {"spans": "of the image", "model": "model"}


def test_an_optional_input_that_is_not_there_is_left_out():
    step = step_of(read("spans", "blend_spans"), read("truth", "blend_truth", optional=True))
    assert collect_inputs(step, stores(images=[{"blend_spans": 1}])) == {"spans": 1}


def test_gathered_inputs_are_those_of_the_images_that_have_them():
    step = step_of(read("late", "blend_peaks", multiple=True), level=Level.RUN)
    images = [{"blend_peaks": 1}, {}, {"blend_peaks": 3}]
    found = collect_inputs(step, stores({"blend_peaks": "of the run"}, images))
    assert found == {"late": [1, 3]}
    assert collect_inputs(step, stores(images=[{}])) == {"late": []}


def test_a_deferred_input_is_read_when_the_task_wants_it_and_tells_of_what_it_is():
    class Store(Datasets):
        def __getitem__(self, name):
            reads.append(name)
            return super().__getitem__(name)

    reads = []
    step = step_of(read("late", "blend_peaks", multiple=True, deferred=True), level=Level.RUN)
    images = {Level.IMAGE: [Store({"patch": "p", "band": "r"}, {"blend_peaks": "peaks"})]}
    (late,) = collect_inputs(step, images)["late"]
    assert late.dataId == {"patch": "p", "band": "r"}
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
    made = run_step(step, loaded.build_tasks()[step.label], {}, scene=2, band="g")
    assert made["blend_coadd"].band == "g"


def test_a_task_that_runs_once_on_nothing_gets_no_scene():
    step = step_of(outputs={"given": "result"}, level=Level.RUN)
    assert run_step(step, Task(), {}, scene=2) == {"result": {}}
