"""The values in a task's configuration, as a flat list, and where each came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lsst.pex.config import Config, ConfigChoiceField, ConfigDictField, ConfigurableField, Field
from lsst.pex.config.configChoiceField import ConfigInstanceDict

__all__ = ["Origins", "Setting", "class_origin", "is_choice", "settings", "subgroups"]


@dataclass(frozen=True)
class Setting:
    """One value of a configuration.

    Parameters
    ----------
    path : `str`
        Dotted path, as ``-c`` and the YAML override files take it. Settings
        of a chosen subtask carry its name: ``peak_finder.gp.threshold``.
    value : `object`
        Plain value: number, text, list, dict or None.
    doc : `str`
        Documentation of the field.
    history : `list`
        ``pex_config``'s own history of the field: (value, stack, label).
    """

    path: str
    value: Any
    doc: str
    history: list


def is_choice(field: Field) -> bool:
    """Whether a field holds several configurations and the name of one, as registries do."""
    return isinstance(field, ConfigChoiceField)


def subgroups(field: Field, value: Any, chosen_only: bool = False) -> dict[str, Config] | None:
    """Configurations under a field: ``""`` for a single one, names for several.

    ``None`` if the field holds a plain value.
    """
    if is_choice(field):
        return {name: value[name] for name in (_chosen(value) if chosen_only else value)}
    if isinstance(field, ConfigDictField):
        return {str(key): value[key] for key in value}
    if isinstance(field, ConfigurableField):
        return {"": value.value}
    return {"": value} if isinstance(value, Config) else None


def settings(config: Config, chosen_only: bool = True, prefix: str = "") -> Iterator[Setting]:
    """Walk through all values of a configuration.

    Parameters
    ----------
    config : `lsst.pex.config.Config`
        The configuration.
    chosen_only : `bool`
        Leave out what belongs to choices that are not chosen.
    prefix : `str`
        Put before each path.

    Yields
    ------
    setting : `Setting`
    """
    for name, value in config.items():
        field = getattr(type(config), name)
        history = config.history.get(name, [])
        groups = subgroups(field, value, chosen_only)
        if groups is None:
            yield Setting(prefix + name, _plain(value), field.doc, history)
            continue
        if is_choice(field):
            # The names are a set: sorted, every process lists them in one order.
            chosen = sorted(value.names or ()) if field.multi else value.name
            end = "names" if field.multi else "name"
            yield Setting(f"{prefix}{name}.{end}", chosen, field.doc, history)
        for key, group in groups.items():
            inner = f"{prefix}{name}.{key}." if key else f"{prefix}{name}."
            yield from settings(group, chosen_only, inner)


class Origins:
    """Where each value of one configuration was last set.

    Call `note` after each thing that may have set values.
    """

    def __init__(self) -> None:
        self._lengths: dict[str, int] = {}
        self._origins: dict[str, str] = {}

    def note(self, config: Config, name: str | Callable[[tuple], str]) -> None:
        """Credit what was set since the last call.

        Parameters
        ----------
        config : `lsst.pex.config.Config`
            The configuration.
        name : `str` or callable
            The origin, or a function of the last entry of a field's history
            that gives it.
        """
        for setting in settings(config, chosen_only=False):
            length = len(setting.history)
            if self._lengths.get(setting.path) == length:
                continue
            self._lengths[setting.path] = length
            last = setting.history[-1] if setting.history else (None, [], "default")
            self._origins[setting.path] = name if isinstance(name, str) else name(last)

    def __getitem__(self, path: str) -> str:
        return self._origins.get(path, "default")


def class_origin(entry: tuple) -> str:
    """Origin of a value that the task's own code set, from its history entry."""
    _, stack, _ = entry
    for frame in reversed(stack):
        if frame.function == "setDefaults":
            return f"setDefaults, {frame.filename}:{frame.lineno}"
    return "default"


def _chosen(choices: ConfigInstanceDict) -> list[str]:
    field = choices._field
    if field.multi:
        return sorted(choices.names or ())
    return [] if choices.name is None else [choices.name]


def _plain(value: Any) -> Any:
    """Turn pex_config's list and dict proxies into lists and dicts."""
    if value is None or isinstance(value, str | int | float):
        return value
    if hasattr(value, "items"):
        return {key: _plain(inner) for key, inner in value.items()}
    try:
        return [_plain(inner) for inner in value]
    except TypeError:
        return str(value)
