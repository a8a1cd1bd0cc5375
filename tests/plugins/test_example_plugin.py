"""The example plugin, installed as its README says, found and chosen by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from meas_blends.data.fits import write_coadd
from meas_blends.data.packages import ModelPackage
from meas_blends.data.tables import read_table
from toys import draw

EXAMPLE = Path(__file__).resolve().parents[2] / "doc" / "examples" / "blends_plugin"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Environment in which the example is installed, in a folder of its own."""
    target = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    options = ["--no-build-isolation", "--disable-pip-version-check", "--target", str(target)]
    subprocess.run([*install, *options, str(EXAMPLE)], check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(target)}


def blendtask(environment, *arguments):
    command = [sys.executable, "-m", "meas_blends", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_it_is_listed_with_its_origin(environment):
    done = blendtask(environment, "list")
    assert done.returncode == 0
    for name in ("one_peak", "area", "crowding"):
        lines = [line for line in done.stdout.splitlines() if line.split()[:1] == [name]]
        assert lines and all("blends_plugin" in line for line in lines)


def test_it_is_chosen_by_name_in_an_override_file(environment, tmp_path):
    # A pair with two maxima, and one source alone.
    write_coadd(draw([(20, 20, 60), (32, 20, 40), (60, 48, 60)]), tmp_path / "pair.fits")
    done = blendtask(
        environment, "run", tmp_path / "pair.fits", "-o", tmp_path / "out", "-p", "blends#find",
        "-t", "crowding", "-C", f"classify:{EXAMPLE / 'override.py'}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    peaks = read_table(tmp_path / "out" / "pair" / "peaks.parquet")
    assert list(peaks["peakFinder"]) == ["one_peak", "one_peak"]
    crowding = read_table(tmp_path / "out" / "pair" / "crowding.parquet")
    assert list(crowding["nPeaks"]) == [1, 1]
    assert crowding["spread"].unit == "pix"


def test_its_classifier_is_trained_and_used_as_the_shipped_ones_are(environment, tmp_path):
    done = blendtask(
        environment, "run", "-p", "train", "--scenes", "3", "-o", tmp_path / "trained",
        "-c", "simulate:size=256", "-c", "train:trainer.name=area",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    package = ModelPackage.read(tmp_path / "trained" / "model", "blend_area")
    assert package.meta["weight"] > 0
    assert package.meta["training"]["scenes"] == 2
    write_coadd(draw([(20, 20, 60), (32, 20, 40), (60, 48, 10)]), tmp_path / "pair.fits")
    done = blendtask(
        environment, "run", tmp_path / "pair.fits", "-o", tmp_path / "out", "-p", "blends#find",
        "-c", "classify:peak_finder.name=area",
        "-c", f"classify:peak_finder.area.model={tmp_path}/trained/model",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    called = read_table(tmp_path / "out" / "pair" / "classification.parquet")
    assert set(called["peakFinder"]) == {"area"} and set(called["model"]) == {"area_i 1"}
    assert called["blendProbability"][0] > called["blendProbability"][1]


def test_without_it_the_override_file_fails_and_says_where(tmp_path):
    write_coadd(draw([(20, 20, 60)]), tmp_path / "one.fits")
    done = blendtask(
        dict(os.environ), "run", tmp_path / "one.fits", "-o", tmp_path / "out", "-p", "blends#find",
        "-C", f"classify:{EXAMPLE / 'override.py'}",
    )  # fmt: skip
    assert done.returncode == 2
    assert "override.py:2" in done.stderr and "'one_peak'" in done.stderr
    assert "Traceback" not in done.stderr
