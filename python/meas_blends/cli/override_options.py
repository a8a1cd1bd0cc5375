"""The options ``-c`` and ``-C``, whose order on the command line counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..run.overrides import Override

__all__ = ["OrderedCommand", "override_options", "overrides_in_order"]

_ORDER = "meas_blends.option_order"


class OrderedCommand(click.Command):
    """A command that remembers in which order its options were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, and note the order of the options."""
        if args:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            ctx.meta[_ORDER] = [parameter.name for parameter in order]
        return super().parse_args(ctx, args)


def override_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``-c``, ``-C`` and ``-t`` to a command."""
    for option in (
        click.option(
            "-t",
            "--task",
            "tasks",
            multiple=True,
            metavar="NAME[:LABEL]",
            help="Add a task: a plugin's name for it, or its full class name.",
        ),
        click.option(
            "-C",
            "--config-file",
            "config_files",
            multiple=True,
            metavar="LABEL:FILE",
            help="Override file for a task: Python, as pipetask takes it, or YAML.",
        ),
        click.option(
            "-c",
            "--config",
            "configs",
            multiple=True,
            metavar="LABEL:FIELD=VALUE",
            help="Set one field of a task's configuration. -c and -C apply in the order given.",
        ),
    ):
        command = option(command)
    return command


def overrides_in_order(
    ctx: click.Context, configs: tuple[str, ...], config_files: tuple[str, ...]
) -> list[Override]:
    """Parse all overrides, in the order in which they were given.

    Raises
    ------
    BadInputError
        If one of them has the wrong form.
    """
    from ..run.overrides import file_override, value_override

    values, files = iter(configs), iter(config_files)
    overrides = []
    for name in ctx.meta.get(_ORDER, ()):
        if name == "configs":
            overrides.append(value_override(next(values)))
        elif name == "config_files":
            overrides.append(file_override(next(files)))
    return overrides
