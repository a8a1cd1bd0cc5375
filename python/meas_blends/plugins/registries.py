"""Registries of subtasks, filled from the plugins, for ``pex_config`` registry fields.

An extension that cannot be used stays selectable: choosing it gives its
error, and not choosing it costs nothing but a warning in the log.
"""

from __future__ import annotations

import logging

from lsst.pex.config import Config, Registry, makeRegistry

from ..errors import BadInputError
from .manager import extensions, load

__all__ = ["estimators", "morphology_trainers", "peak_finders", "task_class", "trainers"]

_log = logging.getLogger(__name__)


def _unusable(message: str) -> type:
    """Make a stand-in whose configuration never validates."""

    class UnusableConfig(Config):
        """Configuration of an extension that cannot be used."""

        def validate(self) -> None:
            raise BadInputError(message)

    class Unusable:
        """Stand-in for an extension that cannot be used."""

        ConfigClass = UnusableConfig

    return Unusable


def _fill(kind: str, doc: str) -> Registry:
    registry = makeRegistry(doc)
    for found in extensions():
        name = found.extension.name
        if found.extension.kind != kind:
            continue
        try:
            registry.register(name, load(found))
        except BadInputError as error:
            _log.warning("%s", error)
            if name not in registry:
                registry.register(name, _unusable(str(error)))
    return registry


def task_class(name: str) -> type:
    """Import the task that is registered under a name.

    Raises
    ------
    BadInputError
        If no plugin offers such a task, or it cannot be used.
    """
    offered = {f.extension.name: f for f in reversed(extensions()) if f.extension.kind == "task"}
    if name not in offered:
        raise BadInputError(
            f"{name}: no plugin offers a task of this name; choose one of"
            f" {', '.join(sorted(offered))}."
        )
    return load(offered[name])


for _found in extensions():
    if _found.extension.kind == "plugin":
        _log.warning("plugin %s %s", _found.origin, _found.error)

peak_finders = _fill("peak_finder", "Peak finders by name")
trainers = _fill("trainer", "Trainers of blend classifiers by name")
estimators = _fill("estimator", "Morphology estimators by name")
morphology_trainers = _fill("morphology_trainer", "Trainers of morphology networks by name")
