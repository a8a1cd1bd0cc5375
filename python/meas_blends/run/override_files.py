"""Override files: Python as ``pipetask`` takes them, and YAML."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from lsst.pex.config import Config
from lsst.pipe.base.configOverrides import ConfigOverrides

from ..errors import BadInputError
from .fields import brief
from .settings import subgroups

__all__ = ["place_of", "read_yaml", "run_python"]


def read_yaml(path: str, config: Config) -> Iterator[tuple[str, Any, str]]:
    """Read a YAML override file: nested mappings whose leaves are field values.

    A choice is written with its name beside the settings of the choices::

        peak_finder:
          name: gp
          gp: {threshold: 0.7}

    Parameters
    ----------
    path : `str`
        The file.
    config : `lsst.pex.config.Config`
        What it will be applied to: tells groups of fields from fields that
        hold a mapping.

    Yields
    ------
    field : `str`
        Dotted path.
    value : `object`
        The value.
    place : `str`
        ``file:line``.

    Raises
    ------
    BadInputError
        If the file is no YAML, or no mapping.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(
            f"{path}: not a readable text file ({brief(error)}); correct it."
        ) from error
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return
        if not isinstance(root, yaml.MappingNode):
            raise BadInputError(f"{path}: not a mapping; write one 'field: value' a line.")
        yield from _leaves(loader, root, config, path, "")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = path if mark is None else f"{path}:{mark.line + 1}"
        problem = getattr(error, "problem", None) or brief(error)
        raise BadInputError(f"{where}: not valid YAML ({problem}); correct it.") from error
    finally:
        loader.dispose()


def run_python(path: str, config: Config) -> None:
    """Run a Python override file, in which the configuration is ``config``.

    Raises
    ------
    BadInputError
        If it fails: with the line, and the first line of the error.
    """
    override = ConfigOverrides()
    override.addFileOverride(path)
    try:
        override.applyTo(config)
    # The file is the user's own program: it may raise anything, or exit.
    except (Exception, SystemExit) as error:
        where = f"{path}:{line}" if (line := _failing_line(error, path)) else path
        raise BadInputError(
            f"{where}: {type(error).__name__}: {brief(error)}; correct the override file."
        ) from error


def place_of(entry: tuple, path: str) -> str:
    """Line of a Python override file that made an entry of a field's history."""
    for frame in reversed(entry[1]):
        if frame.function == "<module>" and _is_file(path, frame.filename):
            return f"{path}:{frame.lineno}"
    return path


def _leaves(
    loader: yaml.SafeLoader, node: yaml.MappingNode, config: Config, path: str, prefix: str
) -> Iterator[tuple[str, Any, str]]:
    """Go down as long as the configuration has groups of fields."""
    for key_node, value_node in node.value:
        key = str(key_node.value)
        place = f"{path}:{key_node.start_mark.line + 1}"
        groups = None
        if key in config.keys():
            groups = subgroups(getattr(type(config), key), getattr(config, key))
        if groups is None or not isinstance(value_node, yaml.MappingNode):
            yield prefix + key, loader.construct_object(value_node, deep=True), place
        elif "" in groups:
            yield from _leaves(loader, value_node, groups[""], path, f"{prefix}{key}.")
        else:
            yield from _choices(loader, value_node, groups, path, f"{prefix}{key}.")


def _choices(
    loader: yaml.SafeLoader,
    node: yaml.MappingNode,
    groups: dict[str, Config],
    path: str,
    prefix: str,
) -> Iterator[tuple[str, Any, str]]:
    """Give the name of the choice, and the settings of each choice."""
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in groups and isinstance(value_node, yaml.MappingNode):
            yield from _leaves(loader, value_node, groups[key], path, f"{prefix}{key}.")
        else:
            place = f"{path}:{key_node.start_mark.line + 1}"
            yield prefix + key, loader.construct_object(value_node, deep=True), place


def _failing_line(error: BaseException, path: str) -> int | None:
    """Last line of the file on the error's traceback."""
    if isinstance(error, SyntaxError):
        return error.lineno
    line, step = None, error.__traceback__
    while step is not None:
        if _is_file(path, step.tb_frame.f_code.co_filename):
            line = step.tb_lineno
        step = step.tb_next
    return line


def _is_file(path: str, name: str) -> bool:
    """Whether a frame's file name, which ``pex_config`` may shorten, is that of a file."""
    return os.path.abspath(path).endswith(name)
