"""The hook that plugins implement."""

import dataclasses

import pluggy
import pytest

from meas_blends.plugins import KINDS, Extension, hookimpl, specs


def test_an_implementation_must_have_the_hooks_own_signature():
    class Wrong:
        @hookimpl
        def meas_blends_extensions(self, surplus):
            return []

    manager = pluggy.PluginManager("meas_blends")
    manager.add_hookspecs(specs)
    with pytest.raises(pluggy.PluginValidationError, match="surplus"):
        manager.register(Wrong())


def test_an_extension_cannot_be_changed_after_it_was_declared():
    extension = Extension("task", "mine", "module:Class", "One line")
    assert extension.kind in KINDS
    with pytest.raises(dataclasses.FrozenInstanceError):
        extension.name = "other"
