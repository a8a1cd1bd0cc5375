"""``blendtask list``: what there is to choose from. Imports no task and no model."""

from __future__ import annotations

from collections.abc import Iterator

import click

from .errors import plainly

__all__ = ["list_extensions"]

_TITLES = {
    "task": "Tasks",
    "peak_finder": "Peak finders",
    "trainer": "Trainers",
    "estimator": "Estimators",
    "morphology_trainer": "Morphology trainers",
    "layout": "Layouts",
}


@click.command("list", short_help="List what there is to choose from.")
@plainly
def list_extensions() -> None:
    """List tasks, peak finders, trainers, estimators, layouts, models, pipelines and surveys."""
    from ..plugins import extensions

    found = extensions()
    for kind, title in _TITLES.items():
        rows = [
            (e.extension.name, e.origin, f"BROKEN: {e.error}" if e.error else e.extension.summary)
            for e in found
            if e.extension.kind == kind
        ]
        _show(title, rows)
    _show("Models", list(_models()))
    _show("Pipelines", list(_pipelines()))
    _show("Surveys", list(_surveys()))
    broken = [
        (e.extension.name, e.origin, e.error) for e in found if e.extension.kind not in _TITLES
    ]
    if broken:
        _show("Plugins that cannot be used", broken)


def _models() -> Iterator[tuple[str, str, str]]:
    """Names, origins and descriptions of the shipped model packages."""
    import yaml

    from ..data.packages import shipped_packages

    for name, folder in shipped_packages().items():
        meta = yaml.safe_load((folder / "meta.yaml").read_text())
        text = " ".join(str(meta.get("description", "")).split())
        yield name, "meas_blends", f"{text} ({meta.get('kind')}, version {meta.get('version')})"


def _pipelines() -> Iterator[tuple[str, str, str]]:
    """Names, origins and descriptions of the shipped pipelines."""
    from ..run.shipped import describe_pipeline, shipped_pipelines

    for name, path in shipped_pipelines().items():
        yield name, "meas_blends", describe_pipeline(path)


def _surveys() -> Iterator[tuple[str, str, str]]:
    """Names, origins and titles of the shipped surveys."""
    from ..simulation.survey import shipped_surveys, survey_notes

    for name in shipped_surveys():
        yield name, "meas_blends", str(survey_notes(name).get("title", ""))


def _show(title: str, rows: list[tuple[str, str, str]]) -> None:
    """Print one kind as aligned columns: name, origin, one line."""
    click.secho(title, bold=True)
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for name, origin, text in rows:
        click.echo(f"  {name:<{widths[0]}}  {origin:<{widths[1]}}  {text}".rstrip())
    if not rows:
        click.echo("  none")
    click.echo()
