import numpy as np
import pytest

from meas_blends.data.catalogs import SPANS
from meas_blends.data.packages import ModelPackage
from meas_blends.run.workspace import Workspace

STORAGE = {
    "blend_spans": "ArrowAstropy",
    "blend_peaks": "ArrowAstropy",
    "blend_model": "BlendModelPackage",
    "odd": "SomethingElse",
}


def spans(n=1):
    return SPANS.make({"footprintId": np.arange(n), "y": 0, "x0": 0, "x1": 1})


@pytest.fixture
def space(tmp_path):
    """A workspace with spans, and peaks that were made from them."""
    space = Workspace(tmp_path, STORAGE)
    space.put("blend_spans", spans(2), "f1", ["blend_coadd"])
    space.put("blend_peaks", spans(3), "f2", ["blend_spans"])
    space.record.save()
    return space


def test_datasets_come_back_from_files(space, tmp_path):
    again = Workspace(tmp_path, STORAGE)
    assert set(again) == {"blend_spans", "blend_peaks"}
    assert len(again["blend_spans"]) == 2
    assert again.fingerprint("blend_peaks") == "f2"
    assert again.is_current(["blend_spans"], "f1")
    assert not again.is_current(["blend_spans"], "other")
    assert "blend_model" not in again
    with pytest.raises(KeyError):
        again["blend_model"]


def test_a_changed_file_is_another_dataset(space, tmp_path):
    (tmp_path / "spans.parquet").write_bytes((tmp_path / "peaks.parquet").read_bytes())
    again = Workspace(tmp_path, STORAGE)
    assert again.fingerprint("blend_spans") not in (None, "f1")


def test_what_was_made_from_a_dataset_goes_with_it(space, tmp_path):
    space.discard(["blend_spans"])
    assert list(space) == []
    assert not (tmp_path / "peaks.parquet").exists()


def test_another_image_takes_everything_with_it(space, tmp_path):
    space.record.forget("blend_coadd")
    assert not (tmp_path / "spans.parquet").exists()
    assert not (tmp_path / "peaks.parquet").exists()


def test_model_packages_are_folders(space, tmp_path):
    package = ModelPackage("kind", "name", "1", "text", arrays={"a": np.zeros(2)})
    space.put("blend_model", package, "f3", [])
    space.release()
    assert (tmp_path / "model" / "meta.yaml").is_file()
    assert space["blend_model"].label == "name 1"
    space.discard(["blend_model"])
    assert not (tmp_path / "model").exists()


def test_what_has_no_file_format_stays_in_memory(space, tmp_path):
    space.put("odd", "anything", "f4", [])
    space.release()
    assert space["odd"] == "anything"
    assert "odd" not in Workspace(tmp_path, STORAGE)


def test_external_datasets_are_read_once_when_needed(tmp_path):
    reads = []
    space = Workspace(
        tmp_path, STORAGE, {"blend_coadd": ("id", lambda: reads.append(1) or "pixels")}
    )
    assert space.fingerprint("blend_coadd") == "id"
    assert reads == []
    assert [space["blend_coadd"], space["blend_coadd"]] == ["pixels", "pixels"]
    assert reads == [1]


def test_reading_keeps_nothing_in_memory(space):
    space.release()
    assert len(space.read("blend_spans")) == 2
    assert space.loaded("blend_spans") is None
    kept = space["blend_spans"]
    assert space.read("blend_spans") is kept
    with pytest.raises(KeyError):
        space.read("blend_model")
