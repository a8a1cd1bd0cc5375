"""A killed run and a full disk: nothing half-written, and the next run goes on."""

import errno
import json
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from fake_tasks import PIPELINE, write_image
from meas_blends.cli import main
from meas_blends.data.files import write_whole
from meas_blends.data.tables import read_table
from meas_blends.run.failures import sentence

TESTS = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}


@pytest.fixture
def here(tmp_path):
    """A folder with a pipeline and an image."""
    (tmp_path / "fake.yaml").write_text(PIPELINE)
    write_image(tmp_path / "a.fits")
    return tmp_path


def test_a_kill_at_any_file_leaves_whole_ones_and_a_run_that_resumes(here):
    done = subprocess.run(
        [sys.executable, str(TESTS / "killed_runs.py"), "fake.yaml", "a.fits", "out"],
        cwd=here,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    kills = [json.loads(line) for line in done.stdout.splitlines()]
    # Three tables, each as text too, their regions, and a record after each task and at the end.
    assert len(kills) == 10
    for kill in kills:
        assert kill["status"] == -signal.SIGKILL
        assert (kill["strange"], kill["hidden"]) == ([], [])
        assert (kill["resumed"], kill["same"]) == (0, True), kill
    assert kills[0]["left"] == []
    assert kills[1]["left"] == ["spans.parquet"]


def blendtask(here, *arguments, limit=None):
    """Run the command in a process whose files may not grow beyond a limit [bytes]."""

    def limited():
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "meas_blends", "run", "a.fits", "-p", "fake.yaml", *arguments],
        cwd=here,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        preexec_fn=limited,
    )


def call(here):
    """Run the command again in this process, where there is room."""
    arguments = ["run", here / "a.fits", "-p", here / "fake.yaml", "-o", here / "out"]
    try:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])
    finally:
        logging.captureWarnings(False)


def check_told(done, path):
    """One sentence that names the file and what to do, status 1, no traceback."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "make room there, or give another place with -o, and run again" in done.stderr
    assert str(path) in done.stderr


def test_a_table_that_finds_no_room(here):
    done = blendtask(here, "-o", "out", limit=1500)
    check_told(done, "out/a/spans.parquet")
    assert list((here / "out").rglob("*.parquet")) == []
    assert list((here / "out").rglob(".*")) == []
    assert call(here).exit_code == 0
    assert len(read_table(here / "out" / "a" / "peaks.parquet")) == 2


def test_a_picture_that_finds_no_room(here):
    # The tables fit, the picture does not.
    done = blendtask(here, "-o", "out", limit=20_000)
    check_told(done, "out/a/blends.png")
    names = {path.name for path in (here / "out" / "a").iterdir()}
    assert names == {"spans.parquet", "classification.parquet", "peaks.parquet", "run.json"}
    before = (here / "out" / "a" / "peaks.parquet").stat().st_mtime_ns
    assert call(here).exit_code == 0
    assert (here / "out" / "a" / "peaks.parquet").stat().st_mtime_ns == before


def test_each_kind_of_full_disk_is_told_with_its_file(tmp_path):
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        with pytest.raises(OSError) as caught, write_whole(tmp_path / "a.txt") as temporary:
            temporary.touch()
            try:
                raise OSError(number, "no room")
            except OSError as error:
                # As astropy says it.
                raise OSError("Not enough space on disk: requested 2, available 1.") from error
        told = sentence(caught.value, "task 'detect'")
        assert told.startswith(f"task 'detect': {tmp_path / 'a.txt'}: ")
        assert told.endswith("run again: what is finished is kept.")
    assert list(tmp_path.iterdir()) == []


def test_other_errors_of_the_disk_name_the_file_too(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "inside").touch()
    with pytest.raises(OSError) as caught, write_whole(tmp_path / "b.txt"):
        os.rmdir(tmp_path / "a")
    assert caught.value.filename == str(tmp_path / "b.txt")
    assert caught.value.errno == errno.ENOTEMPTY


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [12, 40, 120, 400])
def test_a_real_disk_that_fills_up(here, kilobytes):
    disk = here / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        done = blendtask(here, "-o", "disk/out", "--also", "ecsv,regions")
        if done.returncode:
            check_told(done, "disk/out")
        for path in disk.rglob("*.parquet"):
            read_table(path)
        for path in disk.rglob("run.json"):
            json.loads(path.read_text())
        assert list(disk.rglob(".*.part*")) == []
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        done = blendtask(here, "-o", "disk/out", "--also", "ecsv,regions")
        assert done.returncode == 0, done.stderr
        assert len(read_table(disk / "out" / "a" / "peaks.parquet")) == 2
    finally:
        subprocess.run(["umount", str(disk)], check=True)
