"""Finding plugins, and saying clearly which one is at fault."""

import importlib.metadata
import sys
import types

import pytest

from meas_blends.errors import BadInputError
from meas_blends.plugins import Extension, extensions, hookimpl, load, manager


class Point:
    """Stand-in for an installed entry point."""

    dist = None

    def __init__(self, name, plugin):
        self.name = name
        self.value = f"{name}_module"
        self._plugin = plugin

    def load(self):
        if isinstance(self._plugin, Exception):
            raise self._plugin
        return self._plugin


def plugin(*declared):
    """A plugin that offers these extensions, or whose hook raises one of them."""

    class Plugin:
        @hookimpl
        def meas_blends_extensions(self):
            for extension in declared:
                if isinstance(extension, Exception):
                    raise extension
            return list(declared)

    return Plugin()


@pytest.fixture
def install(monkeypatch):
    """Pretend that plugins are installed."""

    def install(**plugins):
        points = [Point(name, value) for name, value in plugins.items()]
        monkeypatch.setattr(manager, "entry_points", lambda group: points)
        extensions.cache_clear()

    yield install
    extensions.cache_clear()


def find(name, kind="peak_finder"):
    return [f for f in extensions() if (f.extension.kind, f.extension.name) == (kind, name)]


def test_builtin_extensions_are_there_and_load():
    names = {(found.extension.kind, found.extension.name) for found in extensions()}
    assert {
        ("peak_finder", "gp"),
        ("peak_finder", "local_maxima"),
        ("estimator", "compact"),
    } < names
    for found in extensions():
        assert not found.error
        loaded = load(found)
        if found.extension.kind == "layout":
            assert loaded.name == found.extension.name
        else:
            assert loaded.ConfigClass is not None


def test_a_plugin_adds_its_extensions(install):
    extension = Extension("peak_finder", "mine", "some.module:Mine", "Mine.")
    install(mine=plugin(extension))
    (found,) = find("mine")
    assert found.extension == extension
    assert (found.origin, found.error) == ("mine", "")


def test_a_name_belongs_to_the_first(install):
    install(
        b_plugin=plugin(Extension("peak_finder", "same", "b:B", "")),
        a_plugin=plugin(Extension("peak_finder", "same", "a:A", "")),
        thief=plugin(Extension("peak_finder", "gp", "c:C", "")),
    )
    first, second = find("same")
    assert (first.origin, first.error) == ("a_plugin", "")
    assert second.origin == "b_plugin" and "already taken by a_plugin" in second.error
    builtin, thief = find("gp")
    assert not builtin.error and "already taken by meas_blends" in thief.error
    with pytest.raises(BadInputError, match="of plugin thief cannot be used: the name is already"):
        load(thief)


def test_one_name_may_stand_for_different_kinds(install):
    install(
        mine=plugin(
            Extension("peak_finder", "mine", "a:A", ""), Extension("estimator", "mine", "a:B", "")
        )
    )
    assert not find("mine")[0].error and not find("mine", "estimator")[0].error


@pytest.mark.parametrize(
    "broken, message",
    [
        (ModuleNotFoundError("No module named 'gone'"), "cannot be imported: ModuleNotFoundError"),
        (plugin(RuntimeError("no licence")), "its hook fails: RuntimeError: no licence"),
        (plugin("not an extension"), "returns 'not an extension', not an Extension"),
    ],
)
def test_a_broken_plugin_is_named_and_stops_nobody(install, broken, message):
    install(broken=broken, fine=plugin(Extension("peak_finder", "fine", "a:A", "")))
    (found,) = find("broken", "plugin")
    assert message in found.error
    assert not find("fine")[0].error


def test_unknown_kind(install):
    install(mine=plugin(Extension("deblender", "mine", "a:A", "")))
    assert (
        "must be one of peak_finder, trainer, estimator, morphology_trainer, task"
        in find("mine", "deblender")[0].error
    )


@pytest.mark.parametrize(
    "target, message",
    [
        ("gone_module:Mine", "cannot be imported from gone_module:Mine: ModuleNotFoundError"),
        ("plugin_under_test:Gone", "AttributeError"),
        ("plugin_under_test:Plain", "has no ConfigClass"),
    ],
)
def test_a_class_that_cannot_be_used(install, monkeypatch, target, message):
    module = types.ModuleType("plugin_under_test")
    module.Plain = type("Plain", (), {})
    monkeypatch.setitem(sys.modules, "plugin_under_test", module)
    install(culprit=plugin(Extension("peak_finder", "mine", target, "")))
    with pytest.raises(BadInputError, match=f"'mine' of plugin culprit.*{message}"):
        load(find("mine")[0])


def test_the_entry_point_group_is_the_documented_one(monkeypatch):
    asked = []
    monkeypatch.setattr(
        manager,
        "entry_points",
        lambda group: asked.append(group) or importlib.metadata.EntryPoints(),
    )
    extensions.cache_clear()
    extensions()
    extensions.cache_clear()
    assert asked == ["meas_blends"]
