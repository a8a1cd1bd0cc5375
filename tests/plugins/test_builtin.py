"""What ships with the package is declared as any plugin declares its own."""

import pytest

from meas_blends.plugins import KINDS, extensions, load
from meas_blends.plugins.builtin import meas_blends_extensions


def test_each_is_declared_once_with_a_line_of_its_own():
    declared = meas_blends_extensions()
    assert len({(e.kind, e.name) for e in declared}) == len(declared)
    assert {e.kind for e in declared} == set(KINDS)
    assert all(e.summary and "\n" not in e.summary for e in declared)


@pytest.mark.parametrize("kind, method", [("task", "run"), ("peak_finder", "run")])
def test_each_loads_and_runs(kind, method):
    for found in extensions():
        if found.extension.kind == kind and found.origin == "meas_blends":
            assert callable(getattr(load(found), method))
