"""Finding plugins: the built-in one first, then installed ones by name."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

import pluggy

from ..errors import BadInputError
from . import builtin, specs
from .specs import KINDS, Extension

__all__ = ["FoundExtension", "extensions", "load"]

_BUILTIN = "meas_blends"


@dataclass(frozen=True)
class FoundExtension:
    """An extension with its origin, and why it cannot be used if it cannot.

    A plugin that fails as a whole stands here once, with kind ``plugin``.
    """

    extension: Extension
    origin: str
    error: str = ""


@functools.cache
def extensions() -> tuple[FoundExtension, ...]:
    """List all extensions, without importing their classes.

    A name belongs to whoever declares it first: the built-in plugin, then
    the installed ones in the order of their names. The later one is listed
    with an error that names both.

    Returns
    -------
    found : `tuple` [`FoundExtension`]
    """
    manager = pluggy.PluginManager("meas_blends")
    manager.add_hookspecs(specs)
    manager.register(builtin, _BUILTIN)
    found = []
    for point in sorted(entry_points(group=specs.ENTRY_POINT_GROUP), key=lambda point: point.name):
        origin = (
            f"{point.name} ({point.dist.name} {point.dist.version})" if point.dist else point.name
        )
        try:
            manager.register(point.load(), origin)
        # Whatever an installed plugin does on import must not stop others.
        except Exception as error:
            found.append(_broken(origin, point.value, f"cannot be imported: {_brief(error)}"))
    owners: dict[tuple[str, str], str] = {}
    for hook in manager.hook.meas_blends_extensions.get_hookimpls():
        try:
            offered = list(hook.function())
        except Exception as error:
            found.append(_broken(hook.plugin_name, "", f"its hook fails: {_brief(error)}"))
            continue
        for extension in offered:
            found.append(_examine(extension, hook.plugin_name, owners))
    return tuple(found)


def load(found: FoundExtension) -> Any:
    """Import an extension's class, or its layout.

    Raises
    ------
    BadInputError
        Naming the plugin, if it cannot be imported, is listed with an error,
        or is a class without a ``ConfigClass`` or no layout of its name.
    """
    from ..data.fits.layouts import Layout

    extension = found.extension
    who = f"{extension.kind} '{extension.name}' of plugin {found.origin}"
    if found.error:
        raise BadInputError(f"{who} cannot be used: {found.error}.")
    module, _, name = extension.target.partition(":")
    try:
        loaded = getattr(importlib.import_module(module), name)
    except Exception as error:
        raise BadInputError(
            f"{who} cannot be imported from {extension.target}: {_brief(error)};"
            " update or uninstall the plugin."
        ) from error
    if extension.kind == "layout":
        if not isinstance(loaded, Layout) or loaded.name != extension.name:
            raise BadInputError(
                f"{who}: {extension.target} is no Layout of that name; its author must give one."
            )
        return loaded
    if getattr(loaded, "ConfigClass", None) is None:
        raise BadInputError(
            f"{who}: {extension.target} has no ConfigClass; its author must give it a Config."
        )
    return loaded


def _examine(extension: object, origin: str, owners: dict[tuple[str, str], str]) -> FoundExtension:
    """Check one declaration, and that nobody has declared its name before."""
    if not isinstance(extension, Extension):
        return _broken(origin, "", f"its hook returns {extension!r}, not an Extension")
    if extension.kind not in KINDS:
        kinds = ", ".join(KINDS)
        return FoundExtension(extension, origin, f"its kind must be one of {kinds}")
    key = (extension.kind, extension.name)
    if key in owners:
        taken = f"the name is already taken by {owners[key]}; one of the two must be renamed"
        return FoundExtension(extension, origin, taken)
    owners[key] = origin
    return FoundExtension(extension, origin)


def _broken(origin: str, target: str, error: str) -> FoundExtension:
    """Stand-in for a plugin that fails before it can name its extensions."""
    name = origin.split()[0]
    return FoundExtension(Extension("plugin", name, target, ""), origin, error)


def _brief(error: Exception) -> str:
    """Type and first line of an error."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"
