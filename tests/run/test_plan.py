import pytest

from meas_blends.errors import BadInputError
from meas_blends.run.levels import Level
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import check_units, make_plan


def plan_of(tmp_path, **tasks):
    lines = [f"  {label}: {{class: fake_tasks.{name}}}" for label, name in tasks.items()]
    path = tmp_path / "plan.yaml"
    path.write_text("\n".join(["description: d", "tasks:", *lines]))
    return make_plan(load_pipeline(str(path)))


def shape(plan):
    return [(phase.level, [step.label for step in phase.steps]) for phase in plan.phases]


def test_images_run_one_by_one(tmp_path):
    plan = plan_of(tmp_path, a="DetectTask", b="ClassifyTask")
    assert shape(plan) == [(Level.IMAGE, ["a", "b"])]
    assert plan.reads_images
    assert not plan.simulates


def test_gathering_waits_for_all_units(tmp_path):
    plan = plan_of(tmp_path, g="GatherTask", s="SourceTask", d="DetectTask", c="ClassifyTask")
    assert shape(plan) == [(Level.IMAGE, ["s", "d", "c"]), (Level.RUN, ["g"])]
    assert plan.simulates
    assert not plan.reads_images


def test_patches_wait_for_their_images_and_images_for_their_patch(tmp_path):
    plan = plan_of(tmp_path, t="TotalTask", d="DetectTask", c="CombineTask", a="AfterTask")
    assert shape(plan) == [
        (Level.IMAGE, ["d"]),
        (Level.PATCH, ["c"]),
        (Level.IMAGE, ["a"]),
        (Level.RUN, ["t"]),
    ]
    assert len(plan.phases_of(Level.IMAGE)) == 2


def test_a_dataset_is_of_the_level_of_its_maker(tmp_path):
    path = tmp_path / "renamed.yaml"
    path.write_text(
        "description: d\ntasks:\n  d: {class: fake_tasks.DetectTask}\n"
        "  c: {class: fake_tasks.CombineTask}\n"
        "  g: {class: fake_tasks.GatherTask, config: {connections.spans: combined_spans}}\n"
    )
    plan = make_plan(load_pipeline(str(path)))
    (gather,) = [step for step in plan.steps if step.label == "g"]
    assert {read.connection: read.level for read in gather.inputs} == {
        "spans": Level.PATCH,
        "late": Level.IMAGE,
    }


def test_a_task_that_reads_nothing_runs_once(tmp_path):
    plan = plan_of(tmp_path, alone="AloneTask")
    assert shape(plan) == [(Level.RUN, ["alone"])]
    assert not plan.simulates
    assert not plan.reads_images


def test_one_image_into_a_task_that_runs_once_is_an_error(tmp_path):
    with pytest.raises(BadInputError, match=r"s: reads blend_spans of one image.*multiple=True"):
        plan_of(tmp_path, d="DetectTask", s="SingleTask")


def test_two_makers_of_one_dataset_are_an_error(tmp_path):
    with pytest.raises(BadInputError, match="a and b: both make blend_spans"):
        plan_of(tmp_path, a="DetectTask", b="DetectTask")


def test_units_must_fit_the_pipeline(tmp_path):
    reads = plan_of(tmp_path, a="DetectTask")
    simulates = plan_of(tmp_path, s="SourceTask")
    once = plan_of(tmp_path, alone="AloneTask")
    check_units(reads, "p", ["a.fits"], None)
    check_units(simulates, "p", [], 3)
    check_units(once, "p", [], None)
    with pytest.raises(BadInputError, match="p: this pipeline reads images; give"):
        check_units(reads, "p", [], None)
    with pytest.raises(BadInputError, match=r"simulates its own scenes; leave out a\.fits"):
        check_units(simulates, "p", ["a.fits"], None)
    with pytest.raises(BadInputError, match=r"reads no images; leave out a\.fits"):
        check_units(once, "p", ["a.fits"], None)
    with pytest.raises(BadInputError, match="leave out --scenes"):
        check_units(reads, "p", ["a.fits"], 2)
    check_units(simulates, "p", [], 3, ["g", "r"])
    check_units(plan_of(tmp_path, d="DetectTask", c="CombineTask"), "p", ["a.fits"], None, ["g"])
    with pytest.raises(BadInputError, match=r"images one by one, .*leave out --bands"):
        check_units(reads, "p", ["a.fits"], None, ["g"])
    gathers = plan_of(tmp_path, s="SourceTask", g="GatherTask")
    check_units(gathers, "p", [], 3, ["g"])
    with pytest.raises(BadInputError, match="'g' takes scenes of one band; give one"):
        check_units(gathers, "p", [], 3, ["g", "r"])
