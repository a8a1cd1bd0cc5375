"""Registries: what configuration can choose, and what choosing a broken one says."""

import importlib
import logging

import pytest
from lsst.pex.config import Config

from meas_blends.errors import BadInputError
from meas_blends.plugins import registries
from meas_blends.plugins.manager import FoundExtension
from meas_blends.plugins.specs import Extension


@pytest.fixture
def with_broken(monkeypatch, caplog):
    """Registries in an installation with two broken extensions."""
    broken = [
        FoundExtension(Extension("peak_finder", "broken", "gone:Gone", ""), "culprit"),
        FoundExtension(Extension("plugin", "worse", "worse", ""), "worse", "cannot be imported"),
        FoundExtension(Extension("peak_finder", "gp", "gone:Gone", ""), "thief", "name taken"),
    ]
    found = (*registries.extensions(), *broken)
    monkeypatch.setattr("meas_blends.plugins.manager.extensions", lambda: found)
    with caplog.at_level(logging.WARNING):
        yield importlib.reload(registries)
    monkeypatch.undo()
    importlib.reload(registries)


def test_names():
    assert {"gp", "local_maxima"} <= set(registries.peak_finders)
    assert {"gp", "logistic"} <= set(registries.trainers)
    assert "compact" in registries.estimators


def test_broken_extensions_are_warned_of_and_fail_only_when_chosen(with_broken, caplog):
    for culprit in ("culprit", "worse", "thief"):
        assert any(culprit in record.message for record in caplog.get_records("setup"))

    class Holder(Config):
        finder = with_broken.peak_finders.makeField(doc="Finder.", default="gp")

    config = Holder()
    config.validate()
    config.finder.name = "broken"
    with pytest.raises(BadInputError, match="'broken' of plugin culprit"):
        config.validate()


def test_a_task_by_name():
    assert registries.task_class("detect").__name__ == "DetectFootprintsTask"
    with pytest.raises(BadInputError, match=r"detekt: no plugin offers.*classify, .*detect"):
        registries.task_class("detekt")
