"""The command: exit statuses, messages, resuming, and how little it imports."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner

from fake_tasks import GATHER_PIPELINE, PATCH_PIPELINE, PIPELINE, write_image
from meas_blends.cli import main
from meas_blends.data.tables import read_table


@pytest.fixture(autouse=True)
def logs():
    """Undo what the command does to the logs of its process."""
    yield
    logging.captureWarnings(False)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder with pipelines of fake tasks and three images."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "patch.yaml").write_text(PATCH_PIPELINE)
    for name in ("b_i.fits", "b-i.fits"):
        write_image(tmp_path / name)
    (tmp_path / "fake.yaml").write_text(PIPELINE)
    (tmp_path / "gather.yaml").write_text(GATHER_PIPELINE)
    write_image(tmp_path / "a.fits")
    return tmp_path


def call(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def start(*arguments):
    """Start the command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "meas_blends", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), "COLUMNS": "200"},
    )


def finish(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_all_done_is_0(here):
    status, out, err = finish(start("run", "a.fits", "-p", "fake.yaml", "-o", "out"))
    assert status == 0, err
    assert "out/a/" in out
    assert "picture: out/a/blends.png" in out
    assert "[1/1] a: 0 blended, 2 peaks" in err
    status, out, err = finish(start("run", "a.fits", "-p", "fake.yaml", "-o", "out"))
    assert status == 0
    assert "done before" in err


def test_some_failed_is_1_and_the_others_are_done(here):
    (here / "bad.fits").write_text("no FITS at all")
    write_image(here / "b.fits", 3)
    process = start(
        "run", "a.fits", "bad.fits", "none.fits", "b.fits", "-p", "fake.yaml", "-o", "out"
    )
    status, _, err = finish(process)
    assert status == 1
    assert "2 failed:" in err
    assert "none.fits: no such file; give the path of a FITS image." in err
    assert "Traceback" not in err
    assert len(read_table(here / "out" / "b" / "peaks.parquet")) == 3


def test_wrong_arguments_are_2(here):
    status, _, err = finish(start("run", "a.fits", "-p", "magic", "-o", "out"))
    assert status == 2
    assert err.startswith("Error: magic: no such pipeline; give the path")
    assert not (here / "out").exists()


def test_a_kill_leaves_nothing_half_written(here):
    process = start(
        "run", "a.fits", "-p", "fake.yaml", "-o", "out", "-c", "classify:trouble.kind=sleep"
    )
    record = here / "out" / "a" / "run.json"
    deadline = time.monotonic() + 60
    while not record.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    visible = {path.name for path in record.parent.iterdir() if not path.name.startswith(".")}
    assert visible == {"run.json", "spans.parquet"}
    assert len(read_table(record.parent / "spans.parquet")) == 4
    assert list(json.loads(record.read_text())["tasks"]) == ["detect"]
    # The next run takes up what is there.
    written = (record.parent / "spans.parquet").stat().st_mtime_ns
    assert call("run", "a.fits", "-p", "fake.yaml", "-o", "out").exit_code == 0
    assert (record.parent / "peaks.parquet").is_file()
    assert (record.parent / "spans.parquet").stat().st_mtime_ns == written


def test_a_run_that_is_interrupted_says_that_it_goes_on(here, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("meas_blends.run.runner.Runner.run", interrupted)
    result = call("run", "a.fits", "-p", "fake.yaml", "-o", "out")
    assert result.exit_code == 130
    assert result.output == "Stopped; the same command goes on from here.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "fake.yaml"], "this pipeline reads images; give one or more FITS files"),
        (["a.fits", "-p", "gather.yaml"], "simulates its own scenes; leave out a.fits"),
        (["a.fits", "-p", "fake.yaml", "--scenes", "2"], "leave out --scenes"),
        (["a.fits", "--demo"], "--demo: simulates its one image itself; leave out a.fits"),
        (["a.fits", "-p", "fake.yaml", "-c", "detect"], "label:field=value"),
        (["a.fits", "-p", "fake.yaml", "-c", "detect:treshold=4"], "there is no field 'treshold'"),
        (["a.fits", "-p", "fake.yaml", "-C", "detect:no.py"], "no such file"),
        (["a.fits", "-p", "fake.yaml", "-t", "magic"], "no plugin offers a task of this name"),
        (["a.fits", "-p", "fake.yaml", "--psf", "-1"], "give a positive FWHM"),
        (["a.fits", "-p", "fake.yaml", "--psf", "none.fits"], "none.fits: no such file"),
        (["-p", "gather.yaml", "--psf", "0.7"], "leave out --psf"),
        (["a.fits", "-p", "fake.yaml", "--bands", "gri"], "leave out --bands"),
        (["-p", "gather.yaml", "--bands", "gg"], "--bands gg: not a list of different bands"),
        (["a.fits", "b_i.fits", "b-i.fits", "-p", "patch.yaml"], "give one image a band"),
        (["b_i.fits", "-p", "patch.yaml", "--bands", "gr"], "its band is i, none of --bands g, r"),
        (["a.fits", "-p", "fake.yaml", "--zero-point", "nan"], "--zero-point nan: not a number"),
        (["a.fits", "-p", "fake.yaml", "--pixel-scale", "inf"], "--pixel-scale inf: not a number"),
        (["a.fits", "-p", "fake.yaml", "--also", "reg"], "give ecsv, regions, colour"),
        (["a.fits", "-p", "fake.yaml", "--also", "colour"], "one that combines bands"),
        (["a.fits", "-p", "fake.yaml", "-o", ""], "-o: an empty name"),
        (["a.fits", "./a.fits", "-p", "fake.yaml"], "given more than once"),
        (
            ["a.fits", "-p", "blends#find", "-c", "classify:peak_finder.name=magic"],
            "choose one of local_maxima, ",
        ),
    ],
)
def test_one_sentence_for_each_wrong_argument(here, arguments, message):
    result = call("run", "-o", "out", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    assert not (here / "out").exists()


def test_an_output_that_is_a_file(here):
    result = call("run", "a.fits", "-p", "fake.yaml", "-o", "a.fits")
    assert result.exit_code == 2
    assert "a.fits: a file, not a folder" in result.output
    result = call("run", "a.fits", "-p", "fake.yaml", "-o", "a.fits/deeper/still")
    assert result.exit_code == 2
    assert "a.fits: a file, not a folder" in result.output


def test_side_by_side_an_image_that_is_a_link_keeps_its_name(here, monkeypatch):
    (here / "link.fits").symlink_to("a.fits")
    # In this process, workers would not know more.
    monkeypatch.setattr("meas_blends.cli.run_command._workers", lambda *_: nullcontext())
    arguments = ("run", "link.fits", "-p", "fake.yaml", "--no-picture")
    assert call(*arguments, "-o", "out", "--dask", "local").exit_code == 0
    assert call(*arguments, "-o", "out").exit_code == 0
    assert [path.name for path in (here / "out").iterdir()] == ["link"]


def test_overrides_apply_in_the_order_given(here):
    (here / "o.yaml").write_text("probability: 0.5\n")
    (here / "o.py").write_text("config.probability = 0.75\n")

    def probability(*options):
        assert call("run", "a.fits", "-p", "fake.yaml", "-o", "out", *options).exit_code == 0
        return read_table("out/a/classification.parquet")["blendProbability"][0]

    value, yaml, python = (
        ("-c", "classify:probability=0.125"),
        ("-C", "classify:o.yaml"),
        ("--config-file=classify:o.py",),
    )
    assert probability(*value, *yaml, *python) == 0.75
    assert probability(*python, *value, *yaml) == 0.5
    assert probability(*yaml, *python, *value) == 0.125


def test_a_bug_shows_its_traceback_only_when_asked(here):
    arguments = ["run", "a.fits", "-p", "fake.yaml", "-o", "out", "-c", "classify:trouble.kind=bug"]
    quiet = call(*arguments)
    assert quiet.exit_code == 1
    assert "this is a bug" in quiet.output
    assert "Traceback" not in quiet.output
    loud = call(*arguments, "--debug")
    assert loud.exit_code == 1
    assert "Traceback" in loud.output
    assert "RuntimeError: index out of luck" in loud.output


def test_scenes_and_their_evaluation_are_shown(here):
    result = call("run", "-p", "gather.yaml", "-o", "out", "--scenes", "3")
    assert result.exit_code == 0
    assert "scene_002" in result.output
    assert "nSpans" in result.output
    assert "fake_blend_evaluation: out/fake_blend_evaluation.parquet" in result.output


def test_images_of_several_bands_are_taken_together(here):
    write_image(here / "b_g.fits", 3)
    result = call("run", "b_i.fits", "b_g.fits", "-p", "patch.yaml", "-o", "out")
    assert result.exit_code == 0, result.output
    assert list(read_table("out/b/combined_spans.parquet")["band"]) == ["g", "i"]
    rows = [line.split()[0] for line in result.stdout.splitlines() if "out/b" in line]
    assert rows[:3] == ["b_g", "b_i", "b"]


def test_scenes_in_bands(here):
    pipeline = "gather.yaml#simulate,detect"
    result = call("run", "-p", pipeline, "-o", "out", "--scenes", "2", "--bands", "ri")
    assert result.exit_code == 0, result.output
    assert Path("out/scene_001_r/coadd.fits").is_file()


def test_no_picture(here):
    assert call("run", "a.fits", "-p", "fake.yaml", "-o", "out", "--no-picture").exit_code == 0
    assert not Path("out/a/blends.png").exists()


def test_the_user_may_give_psf_scale_and_zero_point(here):
    options = ["--psf", "0.7", "--pixel-scale", "0.25", "--zero-point", "30"]
    assert call("run", "a.fits", "-p", "fake.yaml", "-o", "out", *options).exit_code == 0
    coadd = json.loads(Path("out/a/run.json").read_text())["coadd"]
    assert (coadd["pixel_scale"], coadd["zero_point"]) == (0.25, 30.0)
    assert coadd["origins"]["psf"] == "given by the user"


def test_the_demo_simulates_its_image(here):
    result = call(
        "run",
        "--demo",
        "-p",
        "blends#find",
        "-o",
        "out",
        "-c",
        "simulate:size=96",
        "-c",
        "classify:peak_finder.name=local_maxima",
    )
    assert result.exit_code == 0, result.output
    files = {path.name for path in Path("out/demo").iterdir()}
    assert {
        "coadd.fits",
        "truth.parquet",
        "footprints.parquet",
        "peaks.parquet",
        "blends.png",
    } <= files
    assert "picture: out/demo/blends.png" in result.output
    found = read_table("out/demo/footprints.parquet")["footprintId"]
    assert set(read_table("out/demo/peaks.parquet")["footprintId"]) == set(found)


def test_version_and_help():
    assert call("--version").output.startswith("blendtask, version ")
    for command in ([], ["run"], ["list"], ["config"]):
        result = call(*command, "--help")
        assert result.exit_code == 0
        assert "Usage:" in result.output
        # Nothing is cut short for want of room.
        assert not any(line.endswith("...") for line in result.output.splitlines()[1:])


def test_the_reader_of_a_pipe_may_leave():
    command = f"{sys.executable} -m meas_blends list | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")


def remark_lines(result):
    return [line for line in result.stderr.splitlines() if line.startswith("bare: ")]


def test_what_was_assumed_is_told_a_line_each_and_again(here):
    fits.writeto(here / "bare.fits", np.random.default_rng(1).normal(size=(24, 24)))
    command = ["run", "bare.fits", "a.fits", "-p", "fake.yaml", "-o", "out", "--no-picture"]
    result = call(*command)
    assert result.exit_code == 0, result.output
    kept = json.loads((here / "out/bare/run.json").read_text())["coadd"]["remarks"]
    assert {"zero point", "WCS", "pixel scale"} <= set(kept)
    assert remark_lines(result) == [f"bare: {remark}" for remark in kept.values()]
    assert any("--zero-point MAG" in line for line in remark_lines(result))
    # A run that has nothing left to do tells it again; a quiet one does not.
    assert remark_lines(call(*command)) == remark_lines(result)
    assert remark_lines(call(*command, "-q")) == []
    given = call(*command, "--zero-point", "27", "--pixel-scale", "0.2")
    assert not any("zero point" in line or "pixel scale" in line for line in remark_lines(given))


def test_parts_of_a_file_are_options(here):
    planes = [fits.ImageHDU(np.full((24, 24), k + 1.0), name="SCI", ver=k + 1) for k in range(2)]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(here / "two.fits")
    command = ["run", "two.fits", "-p", "fake.yaml", "-o", "out", "--no-picture"]

    def origins(*options):
        result = call(*command, *options)
        assert result.exit_code == 0, result.output
        return json.loads((here / "out/two/run.json").read_text())["coadd"]["origins"]

    assert origins()["image"] == "HDU SCI"
    assert origins("--hdu", "SCI,2")["image"] == "HDU SCI,2"
    assert "given by the user" in origins("--variance", "SCI,2")["variance"]
    assert origins("--layout", "sdss")["zero_point"].startswith("nanomaggies")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--layout", "klingon"], "--layout klingon: no such layout"),
        (["--weight", "a.fits", "--rms", "a.fits"], "both give the noise"),
    ],
)
def test_wrong_parts_of_a_file_are_2(here, options, words):
    result = call("run", "a.fits", "-p", "fake.yaml", "-o", "out", *options)
    assert result.exit_code == 2
    assert words in result.output
    assert not (here / "out").exists()
