"""The same tests over a fake of ``lsst.afw`` and, where there is one, the real one."""

import importlib
import sys
import types

import pytest

_NO_STACK = "there is no LSST stack here: lsst.afw and lsst.meas.algorithms cannot be imported"


@pytest.fixture(scope="session", params=["fake", "real"])
def afw(request):
    """Builders of footprints and exposures."""
    if request.param == "real":
        pytest.importorskip("lsst.afw.detection", reason=_NO_STACK)
        pytest.importorskip("lsst.meas.algorithms", reason=_NO_STACK)
    return importlib.import_module(f"middleware.afw.{request.param}")


@pytest.fixture
def algorithms(afw, monkeypatch):
    """``lsst.meas.algorithms``, or the fake of it in its place."""
    if is_fake(afw):
        fake = importlib.import_module("middleware.afw.fake_algorithms")
        monkeypatch.setitem(sys.modules, "lsst.meas", types.ModuleType("lsst.meas"))
        monkeypatch.setitem(sys.modules, "lsst.meas.algorithms", fake)
    return importlib.import_module("lsst.meas.algorithms")


@pytest.fixture
def detection(algorithms):
    """Our detection tasks, over these."""
    from meas_blends.middleware.afw import detection

    detection._make_task.cache_clear()
    yield detection
    detection._make_task.cache_clear()


@pytest.fixture
def fake_only(afw):
    """For tests of what the real detection does in its own way."""
    if not is_fake(afw):
        pytest.skip("the real detection would want another scene")


def is_fake(afw):
    return afw.__name__.endswith("fake")
