"""The example plugin, installed as its README says, found and chosen by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from meas_blends.data.fits import write_coadd
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
    for name in ("one_peak", "crowding"):
        (line,) = [line for line in done.stdout.splitlines() if name in line]
        assert "blends_plugin" in line


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


def test_without_it_the_override_file_fails_and_says_where(tmp_path):
    write_coadd(draw([(20, 20, 60)]), tmp_path / "one.fits")
    done = blendtask(
        dict(os.environ), "run", tmp_path / "one.fits", "-o", tmp_path / "out", "-p", "blends#find",
        "-C", f"classify:{EXAMPLE / 'override.py'}",
    )  # fmt: skip
    assert done.returncode == 2
    assert "override.py:2" in done.stderr and "'one_peak'" in done.stderr
    assert "Traceback" not in done.stderr
