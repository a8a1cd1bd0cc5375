import json
from pathlib import Path

import pytest

from meas_blends.data.tables import read_table
from meas_blends.errors import BadInputError
from meas_blends.run.images import ImageOptions
from meas_blends.run.overrides import value_override
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import make_plan
from meas_blends.run.runner import Runner
from meas_blends.run.units import image_units, scene_units


def images(*paths):
    return image_units(paths, ImageOptions())


def record(tmp_path, name):
    return json.loads((tmp_path / "out" / name / "run.json").read_text())


def test_outputs_and_record(go, pipeline, make_image, tmp_path):
    result, ran = go(pipeline, images(make_image("a.fits", 3)))
    assert not result.failed
    assert ran == ["detect", "classify"]
    folder = tmp_path / "out" / "a"
    names = {path.name for path in folder.iterdir()}
    assert names == {"spans.parquet", "classification.parquet", "peaks.parquet", "run.json"}
    assert len(read_table(folder / "peaks.parquet")) == 3
    assert result.units[0].counts == {"blended": 0, "peaks": 3}
    written = record(tmp_path, "a")
    assert written["status"] == "done"
    assert written["versions"]["meas_blends"]
    assert written["coadd"]["origins"]["psf"]
    assert written["tasks"]["detect"]["configuration"]["threshold"] == 6.0
    assert written["tasks"]["detect"]["seconds"] >= 0


def test_a_second_run_does_nothing(go, pipeline, make_image):
    units = images(make_image("a.fits"))
    go(pipeline, units)
    result, ran = go(pipeline, units)
    assert ran == []
    assert result.units[0].tasks_run == 0
    assert result.units[0].counts["peaks"] == 2


def test_redo_does_everything(go, pipeline, make_image):
    units = images(make_image("a.fits"))
    go(pipeline, units)
    assert go(pipeline, units, redo=True)[1] == ["detect", "classify"]


def test_only_what_a_change_concerns_runs_again(go, pipeline, make_image):
    units = images(make_image("a.fits"))
    go(pipeline, units)
    assert go(pipeline, units, "classify:probability=0.5")[1] == ["classify"]
    assert go(pipeline, units, "detect:threshold=7")[1] == ["detect", "classify"]


def test_a_changed_image_runs_again(go, pipeline, make_image):
    units = images(make_image("a.fits", 2))
    go(pipeline, units)
    make_image("a.fits", 3)
    result, ran = go(pipeline, units)
    assert ran == ["detect", "classify"]
    assert result.units[0].counts["peaks"] == 3


def test_a_deleted_table_is_made_again(go, pipeline, make_image, tmp_path):
    units = images(make_image("a.fits"))
    go(pipeline, units)
    (tmp_path / "out" / "a" / "peaks.parquet").unlink()
    assert go(pipeline, units)[1] == ["classify"]


def test_a_table_without_a_record_is_not_trusted(go, pipeline, make_image, tmp_path):
    units = images(make_image("a.fits"))
    go(pipeline, units)
    (tmp_path / "out" / "a" / "run.json").unlink()
    assert go(pipeline, units)[1] == ["detect", "classify"]


def test_what_depends_on_a_remade_table_goes(go, pipeline, make_image, tmp_path):
    units = images(make_image("a.fits"))
    go(pipeline, units)
    loaded = load_pipeline(f"{pipeline}#only", [value_override("detect:threshold=7")])
    Runner(loaded, make_plan(loaded), tmp_path / "out", picture=False).run(units)
    assert not (tmp_path / "out" / "a" / "peaks.parquet").exists()


def test_later_tasks_can_run_on_earlier_results(go, pipeline, make_image, tmp_path):
    units = images(make_image("a.fits"))
    go(pipeline, units)
    loaded = load_pipeline(f"{pipeline}#classify", [value_override("classify:probability=0.9")])
    result = Runner(loaded, make_plan(loaded), tmp_path / "out", picture=False).run(units)
    assert not result.failed
    table = read_table(tmp_path / "out" / "a" / "classification.parquet")
    assert table["blendProbability"][0] == pytest.approx(0.9)


def test_a_table_that_nobody_makes_is_named(pipeline, make_image, tmp_path):
    loaded = load_pipeline(f"{pipeline}#classify")
    runner = Runner(loaded, make_plan(loaded), tmp_path / "out", picture=False)
    result = runner.run(images(make_image("a.fits")))
    assert "needs blend_spans, which no task of the pipeline makes" in result.units[0].error


def test_one_bad_image_does_not_stop_the_others(go, pipeline, make_image, tmp_path):
    broken = tmp_path / "broken.fits"
    broken.write_text("no FITS at all")
    paths = [make_image("a.fits"), str(broken), str(tmp_path / "none.fits"), make_image("b.fits")]
    result, ran = go(pipeline, images(*paths))
    assert [bool(unit.error) for unit in result.units] == [False, True, True, False]
    assert "no such file" in result.units[2].error
    assert ran == ["detect", "classify"] * 2
    written = record(tmp_path, "broken")
    assert written["status"] == "failed"
    assert written["error"] == result.units[1].error
    assert (tmp_path / "out" / "b" / "peaks.parquet").is_file()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("bad", r"a\.fits: too ugly; give a prettier one\."),
        ("bug", r"'classify' stopped with RuntimeError"),
    ],
)
def test_a_task_that_fails_leaves_no_table_of_its_own(
    go, pipeline, make_image, tmp_path, kind, message
):
    units = images(make_image("a.fits"))
    go(pipeline, units)
    result, _ = go(pipeline, units, f"classify:trouble.kind={kind}")
    with pytest.raises(BadInputError, match=message):
        raise BadInputError(result.units[0].error)
    assert "Traceback" in result.units[0].traceback
    names = {path.name for path in (tmp_path / "out" / "a").iterdir()}
    assert names == {"spans.parquet", "run.json"}
    assert record(tmp_path, "a")["status"] == "failed"
    # Cured, it goes on from where it stopped.
    assert go(pipeline, units)[1] == ["classify"]


def test_no_work_is_no_failure(go, pipeline, make_image, tmp_path):
    units = images(make_image("a.fits"), make_image("b.fits"))
    trouble = ("detect:trouble.kind=no work", "detect:trouble.on=a.fits")
    result, ran = go(pipeline, units, *trouble)
    assert not result.failed
    assert ran == ["detect", "detect", "classify"]
    assert result.units[0].notes == [
        "task 'detect': no work, nothing here",
        "task 'classify': skipped, nothing to read",
    ]
    assert record(tmp_path, "a")["tasks"]["detect"]["note"] == "nothing here"
    assert go(pipeline, units, *trouble)[1] == []


def test_scenes_are_simulated_and_gathered(go, gather_pipeline, tmp_path):
    result, _ = go(gather_pipeline, scene_units(3))
    assert not result.failed
    assert (tmp_path / "out" / "scene_002" / "coadd.fits").is_file()
    path = result.outputs["fake_blend_evaluation"]
    assert path == tmp_path / "out" / "fake_blend_evaluation.parquet"
    table = read_table(path)
    assert list(table["nSpans"]) == [1, 2, 3]
    assert list(table["nPeaks"]) == [1, 2, 3]


def test_gathering_leaves_out_failed_units_and_resumes(go, gather_pipeline, tmp_path):
    # A resumed scene bears its file's name, a new one its number.
    result, _ = go(
        gather_pipeline, scene_units(3), "classify:trouble.kind=bug", "classify:trouble.on=scene 1"
    )
    assert [unit.name for unit in result.failed] == ["scene_001"]
    assert list(read_table(result.outputs["fake_blend_evaluation"])["nSpans"]) == [1, 3]
    result, ran = go(gather_pipeline, scene_units(3))
    assert not result.failed
    assert list(read_table(result.outputs["fake_blend_evaluation"])["nSpans"]) == [1, 2, 3]
    before = result.outputs["fake_blend_evaluation"].stat().st_mtime_ns
    result, ran = go(gather_pipeline, scene_units(3))
    assert ran == []
    assert result.outputs["fake_blend_evaluation"].stat().st_mtime_ns == before


def test_a_gathering_that_fails_fails_the_run(go, gather_pipeline):
    result, _ = go(gather_pipeline, scene_units(2), "gather:trouble.kind=bad")
    assert [failed.name for failed in result.failed] == ["the run"]


def test_a_task_that_reads_nothing_runs_once(tmp_path):
    path = tmp_path / "alone.yaml"
    path.write_text("description: d\ntasks:\n  alone: {class: fake_tasks.AloneTask}\n")
    loaded = load_pipeline(str(path))
    result = Runner(loaded, make_plan(loaded), tmp_path / "out").run([])
    assert not result.failed
    assert result.outputs["alone_result"].is_file()


def test_the_picture_is_drawn_and_kept(go, pipeline, make_image):
    units = images(make_image("a.fits"))
    result, _ = go(pipeline, units, picture=True)
    path = result.units[0].picture
    assert path.read_bytes().startswith(b"\x89PNG")
    before = path.stat().st_mtime_ns
    go(pipeline, units, picture=True)
    assert path.stat().st_mtime_ns == before
    go(pipeline, units, "classify:probability=0.9", picture=True)
    assert path.stat().st_mtime_ns != before


def test_a_folder_that_cannot_be_made_fails_its_unit_only(go, pipeline, make_image, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("in the way")
    result, _ = go(pipeline, images(make_image("a.fits"), make_image("b.fits")))
    assert [bool(unit.error) for unit in result.units] == [True, False]
    assert Path(tmp_path / "out" / "a").read_text() == "in the way"
