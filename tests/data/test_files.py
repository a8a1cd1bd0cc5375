import os
import subprocess
import sys

import pytest

from meas_blends.data.files import unfinished, write_whole


def test_a_file_appears_whole(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with write_whole(path) as temporary:
        temporary.write_text("one")
        assert not path.exists()
        assert temporary.suffix == ".txt"
    assert path.read_text() == "one"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), write_whole(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_failure_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="early"), write_whole(tmp_path / "a"):
        raise ValueError("early")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    (path / "old").write_text("old")
    with write_whole(path) as temporary:
        temporary.mkdir()
        (temporary / "new").write_text("new")
    assert [p.name for p in path.iterdir()] == ["new"]


def test_a_failed_folder_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="late"), write_whole(tmp_path / "folder") as temporary:
        temporary.mkdir()
        (temporary / "half").write_text("half")
        raise ValueError("late")
    assert list(tmp_path.iterdir()) == []


def test_unfinished_is_what_ended_processes_left(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True
    )
    left = tmp_path / f".spans.{int(ended.stdout)}.part.parquet"
    left.touch()
    (tmp_path / f".peaks.{os.getpid()}.part.parquet").touch()
    (tmp_path / "peaks.parquet").touch()
    (tmp_path / ".mine.part").touch()
    assert unfinished(tmp_path) == [left]
