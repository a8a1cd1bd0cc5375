from pathlib import Path

import pytest

from meas_blends.cli.progress import make_listener, one_line
from meas_blends.run.results import UnitResult


def unit(name, **fields):
    return UnitResult(name, Path(name), **fields)


@pytest.fixture
def plain(monkeypatch):
    """Let stderr be no terminal, whatever the environment says."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def terminal(plain, monkeypatch):
    """Let stderr pass for a terminal, wide enough for one line."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (unit("a", seconds=1.26, tasks_run=1), "a: 1.3 s"),
        (unit("a", counts={"peaks": 0}), "a: 0 peaks, done before"),
        (unit("a", tasks_idle=3), "a: no work"),
        (unit("a", counts={"peaks": 2}, tasks_idle=1), "a: 2 peaks, done before"),
        (unit("a", error="no light.", counts={"peaks": 2}, tasks_run=1), "a: FAILED: no light."),
    ],
)
def test_one_line_says_what_became_of_a_unit(result, line):
    assert one_line(result) == line


def test_one_object_is_singular():
    result = unit("a", counts={"footprints": 1, "peaks": 2}, tasks_run=1)
    assert one_line(result) == "a: 1 footprint, 2 peaks, 0.0 s"


def test_elsewhere_than_in_a_terminal_each_unit_is_a_line(plain, capsys):
    with make_listener() as listener:
        listener.begin(3)
        listener.task("a", "detect")
        listener.done(unit("a"), final=True)
        # A phase that is not the last counts, and says nothing.
        listener.done(unit("b"), final=False)
        listener.done(unit("b", error="no light."), final=True)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "[1/3] a: done before\n[3/3] b: FAILED: no light.\n"


def test_in_a_terminal_a_bar_moves_and_names_the_task(terminal, capsys):
    with make_listener() as listener:
        listener.begin(3)
        listener.task("a", "detect")
        listener.done(unit("a"), final=True)
        listener.task("b", "classify")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "b: classify" in printed.err
    assert "1/3" in printed.err
    assert "done before" not in printed.err


def test_in_a_terminal_a_failure_is_told_as_it_is(terminal, capsys):
    with make_listener() as listener:
        listener.begin(2)
        listener.done(unit("a", error="not final."), final=False)
        listener.done(unit("b", error="[bold] is no unit."), final=True)
    err = capsys.readouterr().err
    assert "b: FAILED: [bold] is no unit." in err
    assert "not final" not in err
