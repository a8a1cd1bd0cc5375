import subprocess
import sys

import pytest

from meas_blends import plugins
from meas_blends.data.packages import shipped_packages
from meas_blends.plugins import Extension, FoundExtension
from meas_blends.run.shipped import shipped_pipelines
from meas_blends.simulation.survey import shipped_surveys


def sections(output):
    """Lines under each title."""
    blocks = [block.splitlines() for block in output.strip().split("\n\n")]
    return {title: [line.split() for line in lines] for title, *lines in blocks}


@pytest.fixture
def offer(monkeypatch):
    """Return a function that replaces the extensions there are."""
    return lambda *found: monkeypatch.setattr(plugins, "extensions", lambda: found)


def found(kind, name, origin="mine", error=""):
    return FoundExtension(Extension(kind, name, "nowhere:Nothing", "Finds things."), origin, error)


def test_everything_to_choose_from_is_listed(call):
    result = call("list")
    assert result.exit_code == 0
    shown = {title: {line[0] for line in lines} for title, lines in sections(result.output).items()}
    assert {"detect", "classify", "simulate"} <= shown["Tasks"]
    assert {"local_maxima", "gp"} <= shown["Peak finders"]
    assert {"logistic", "gp_pca_bands"} <= shown["Trainers"]
    assert "compact" in shown["Estimators"]
    assert shown["Models"] == (set(shipped_packages()) or {"none"})
    assert shown["Pipelines"] == set(shipped_pipelines())
    assert shown["Surveys"] == set(shipped_surveys())
    assert "Dark Energy Survey, coadds of DR2, i" in result.output
    assert "Plugins that cannot be used" not in shown


def test_origin_and_summary_stand_in_columns(call, offer):
    offer(found("peak_finder", "a"), found("peak_finder", "longer", "somebody else"))
    lines = call("list").output.splitlines()
    start = lines.index("Peak finders") + 1
    assert lines[start : start + 2] == [
        "  a       mine           Finds things.",
        "  longer  somebody else  Finds things.",
    ]


def test_a_kind_without_extensions_says_so(call, offer):
    offer(found("peak_finder", "a"))
    assert sections(call("list").output)["Estimators"] == [["none"]]


def test_broken_extensions_are_told_and_do_not_stop_the_others(call, offer):
    offer(
        found("estimator", "twice", error="the name is taken"),
        found("estimator", "good"),
        found("plugin", "bad", error="cannot be imported"),
    )
    result = call("list")
    assert result.exit_code == 0
    shown = sections(result.output)
    assert shown["Estimators"] == [
        ["twice", "mine", "BROKEN:", "the", "name", "is", "taken"],
        ["good", "mine", "Finds", "things."],
    ]
    assert shown["Plugins that cannot be used"] == [["bad", "mine", "cannot", "be", "imported"]]


def test_listing_imports_nothing_heavy():
    code = (
        "import sys\nfrom meas_blends.cli import main\n"
        "main(['list'], standalone_mode=False)\n"
        "heavy = {'lsst', 'torch', 'galsim', 'astropy', 'sklearn', 'scipy', 'matplotlib'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout
    for name in ("local_maxima", "gp", "compact", "blends", "simulate"):
        assert name in done.stdout
