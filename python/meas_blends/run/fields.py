"""Finding a field of a configuration by its dotted path, and setting it."""

from __future__ import annotations

import re
from typing import Any

from lsst.pex.config import Config
from lsst.pipe.base.configOverrides import ConfigOverrides

from ..errors import BadInputError
from .settings import is_choice, subgroups

__all__ = ["brief", "locate", "set_text", "set_value"]


def set_text(config: Config, path: str, text: str, where: str) -> None:
    """Set a field from text, parsed as ``pipetask`` parses it.

    Parameters
    ----------
    config : `lsst.pex.config.Config`
        Changed in place.
    path : `str`
        Dotted path, as `locate` takes it.
    text : `str`
        The value.
    where : `str`
        What to call the override in a message.

    Raises
    ------
    BadInputError
        If there is no such field, or the value is wrong.
    """
    owner, name = locate(config, path, where)
    override = ConfigOverrides()
    override.addValueOverride(name, text)
    try:
        override.applyTo(owner)
    except (AttributeError, TypeError, ValueError) as error:
        raise BadInputError(_wrong_value(owner, name, where, error)) from error


def set_value(config: Config, path: str, value: Any, where: str) -> None:
    """Set a field from a value; otherwise as `set_text`."""
    owner, name = locate(config, path, where)
    field, dot, choice = name.partition(".")
    target = getattr(owner, field) if dot else owner
    try:
        setattr(target, choice or name, value)
    except (AttributeError, TypeError, ValueError) as error:
        raise BadInputError(_wrong_value(owner, name, where, error)) from error


def locate(config: Config, path: str, where: str) -> tuple[Config, str]:
    """Find the configuration that owns a field, and the field's name in it.

    Parameters
    ----------
    config : `lsst.pex.config.Config`
        Where to begin.
    path : `str`
        Such as ``threshold``, ``peak_finder.name``,
        ``peak_finder.gp.threshold``, ``peak_finder["gp"].threshold`` or
        ``peak_finder.active.threshold``.
    where : `str`
        What to call the override in a message.

    Returns
    -------
    owner : `lsst.pex.config.Config`
        The innermost configuration on the path.
    name : `str`
        The field in it, or ``field.name`` for a choice.

    Raises
    ------
    BadInputError
        If there is no such field; the sentence lists those that there are.
    """
    first, *rest = re.sub(r"""\[["']?([^"'\]]*)["']?\]""", r".\1", path).split(".")
    if first not in config.keys():
        raise BadInputError(
            f"{where}: there is no field '{first}'; choose one of {_names(config)}."
        )
    if not rest:
        return config, first
    field, value = getattr(type(config), first), getattr(config, first)
    if is_choice(field) and rest in (["name"], ["names"]):
        return config, f"{first}.{rest[0]}"
    groups = subgroups(field, value)
    if groups is None:
        raise BadInputError(f"{where}: '{first}' is a plain value; leave out '.{'.'.join(rest)}'.")
    if "" in groups:
        return locate(groups[""], ".".join(rest), where)
    key = value.name if is_choice(field) and rest[0] == "active" else rest[0]
    if key not in groups:
        raise BadInputError(
            f"{where}: {first} has no '{rest[0]}'; choose one of {', '.join(groups)}."
        )
    if len(rest) == 1:
        raise BadInputError(
            f"{where}: '{path}' is a group of fields; choose one of {_names(groups[key])}."
        )
    return locate(groups[key], ".".join(rest[1:]), where)


def brief(error: BaseException) -> str:
    """First line of an error, without the definitions that ``pex_config`` adds."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = lines[0].partition(" failed validation: ")[2] or lines[0]
    return line.rstrip(".")


def _names(config: Config) -> str:
    return ", ".join(config.keys())


def _wrong_value(owner: Config, name: str, where: str, error: Exception) -> str:
    """Say what a field takes, when it did not take a value."""
    field = getattr(type(owner), name.partition(".")[0])
    if is_choice(field):
        choices = ", ".join(getattr(owner, field.name))
        return f"{where}: no such choice; choose one of {choices}."
    doc = " ".join(field.doc.split()).rstrip(".")
    return f"{where}: {brief(error)}; the field is: {doc}."
