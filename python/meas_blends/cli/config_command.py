"""``blendtask config``: a pipeline's configuration as it would run, and where it came from."""

from __future__ import annotations

import json

import click

from .errors import plainly
from .override_options import OrderedCommand, override_options, overrides_in_order

__all__ = ["config"]


@click.command("config", cls=OrderedCommand, short_help="Show a pipeline's full configuration.")
@click.argument("pipeline")
@override_options
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.pass_context
def config(ctx: click.Context, **options: object) -> None:
    """Show the full configuration of PIPELINE as it would run, with where each value came from.

    PIPELINE is a shipped name, a path or a URI, each with an optional #subset.
    """
    _show(ctx=ctx, **options)


@plainly
def _show(
    ctx: click.Context,
    pipeline: str,
    configs: tuple[str, ...],
    config_files: tuple[str, ...],
    tasks: tuple[str, ...],
    debug: bool,
) -> None:
    """Print one line a value: YAML, with the origin as a comment."""
    from ..run.pipeline import load_pipeline
    from ..run.settings import settings

    loaded = load_pipeline(pipeline, overrides_in_order(ctx, configs, config_files), tasks)
    for label, node in loaded.nodes.items():
        click.secho(f"{label}:  # {node.task_class_name}", bold=True)
        lines = [
            (f"  {setting.path}: {json.dumps(setting.value)}", loaded.origins[label][setting.path])
            for setting in settings(node.config)
        ]
        width = min(max((len(text) for text, _ in lines), default=0), 60)
        for text, origin in lines:
            click.echo(f"{text:<{width}}  # ", nl=False)
            click.secho(origin, fg=None if origin == "default" else "green")
