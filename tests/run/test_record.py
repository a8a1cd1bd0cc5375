import json
import os

import pytest

from meas_blends.run.record import Record


@pytest.fixture
def record(tmp_path):
    """Spans of an image, peaks of the spans, a model of the peaks; and a table of its own."""
    record = Record(tmp_path)
    for name, inputs in (
        ("spans", ["coadd"]),
        ("peaks", ["spans", "coadd"]),
        ("alone", []),
    ):
        (tmp_path / f"{name}.parquet").write_text(name)
        record.add(name, tmp_path / f"{name}.parquet", f"f-{name}", inputs)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "meta.yaml").write_text("model")
    record.add("model", tmp_path / "model", "f-model", ["peaks"])
    return record


def files(folder):
    return {path.name for path in folder.iterdir()}


def test_what_is_saved_comes_back(record, tmp_path):
    record.tasks["detect"] = {"status": "done", "note": "", "outputs": [], "fingerprint": "t"}
    record.save()
    again = Record(tmp_path)
    assert again.tasks == record.tasks
    assert again.datasets == record.datasets
    assert again.fingerprint("spans") == "f-spans"
    assert again.datasets["peaks"]["inputs"] == ["coadd", "spans"]


def test_a_dataset_without_an_entry_has_no_fingerprint(record):
    assert record.fingerprint("truth") is None


def test_a_changed_or_missing_file_has_no_fingerprint(record, tmp_path):
    (tmp_path / "spans.parquet").write_text("edited by hand")
    (tmp_path / "peaks.parquet").unlink()
    assert record.fingerprint("spans") is None
    assert record.fingerprint("peaks") is None
    assert record.fingerprint("alone") == "f-alone"


def test_a_change_inside_a_folder_counts(record, tmp_path):
    assert record.fingerprint("model") == "f-model"
    (tmp_path / "model" / "meta.yaml").write_text("another model")
    assert record.fingerprint("model") is None


def test_forgetting_takes_along_what_was_made_from_it(record, tmp_path):
    record.forget("spans")
    assert set(record.datasets) == {"alone"}
    assert files(tmp_path) == {"alone.parquet"}


def test_forgetting_what_was_never_entered_still_takes_what_was_made_from_it(record, tmp_path):
    record.forget("coadd")
    assert files(tmp_path) == {"alone.parquet"}


def test_a_file_that_is_gone_already_can_be_forgotten(record, tmp_path):
    (tmp_path / "alone.parquet").unlink()
    record.forget("alone")
    assert set(record.datasets) == {"spans", "peaks", "model"}


def test_people_read_the_summary_first(record, tmp_path):
    record.update({"status": "done"})
    record.update({"status": "failed", "error": "no light"})
    written = json.loads((tmp_path / "run.json").read_text())
    assert list(written) == ["status", "error", "tasks", "datasets"]
    assert written["status"] == "failed"
    assert set(written["datasets"]) == {"spans", "peaks", "alone", "model"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"datasets": [], "tasks": 3}',
        '{"datasets": {"blend_spans": {}}, "tasks": {"detect": {"status": "done"}, "measure": 1}}',
    ],
)
def test_a_damaged_record_is_an_empty_one(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    record = Record(tmp_path)
    assert record.datasets == record.tasks == {}
    record.save()


def test_leftovers_of_a_killed_run_are_cleaned(tmp_path):
    (tmp_path / ".spans.4194305.part.parquet").write_text("half")
    (tmp_path / ".model.4194305.part").mkdir()
    Record(tmp_path).clean()
    assert list(tmp_path.iterdir()) == []


def test_what_a_live_run_writes_stays(record, tmp_path):
    live = tmp_path / f".spans.{os.getpid()}.part.parquet"
    live.write_text("half")
    before = files(tmp_path)
    record.clean()
    assert files(tmp_path) == before
