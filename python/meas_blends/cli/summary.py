"""What the command says at the end of a run."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from astropy.table import Table
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from ..data.tables import read_table
from ..run.plan import Plan
from ..run.results import RunResult, UnitResult

__all__ = ["report"]

_COUNTS = ("footprints", "blended", "peaks", "measured")
_MOST_ROWS = 40
_PIPE_WIDTH = 200


def report(result: RunResult, plan: Plan, debug: bool, quiet: bool = False) -> None:
    """Print the summary: a table of the units, what was assumed of each, what was made, failures.

    Parameters
    ----------
    result : `~meas_blends.run.results.RunResult`
        What became of the run.
    plan : `~meas_blends.run.plan.Plan`
        What it was to be.
    debug : `bool`
        Show tracebacks.
    quiet : `bool`
        Do not tell what was assumed about the images.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        # A file or a pipe has no width; the default of 80 would break paths.
        console.width = _PIPE_WIDTH
    if result.units:
        console.print(_unit_table(result.units))
    scores = [path for name, path in result.outputs.items() if name.endswith("blend_evaluation")]
    if scores:
        console.print(_score_table([read_table(path) for path in scores]))
    for unit in result.units:
        if unit.picture is not None and not unit.error and len(result.units) <= _MOST_ROWS:
            click.echo(f"picture: {unit.picture}")
    for name, path in result.outputs.items():
        click.echo(f"{name}: {path}")
    for unit in (*result.units, result.run):
        for note in unit.notes:
            click.echo(f"{unit.name}: {note}", err=True)
    for unit in () if quiet else result.units:
        for remark in unit.remarks.values():
            click.echo(f"{unit.name}: {remark}", err=True)
    if result.failed:
        click.echo(f"{len(result.failed)} failed:", err=True)
    for failed in result.failed:
        click.echo(f"  {failed.name}: {failed.error}", err=True)
        if debug:
            click.echo(failed.traceback, err=True)


def _unit_table(units: list[UnitResult]) -> RichTable:
    """One row a unit; of very many, the first ones and the failed."""
    shown = [unit for number, unit in enumerate(units) if number < _MOST_ROWS or unit.error]
    columns = [name for name in _COUNTS if any(name in unit.counts for unit in units)]
    table = RichTable(box=box.SIMPLE_HEAD)
    table.add_column("image", overflow="fold")
    for name in columns:
        table.add_column(name, justify="right")
    table.add_column("time", justify="right")
    table.add_column("results", overflow="fold")
    for unit in shown:
        counts = [str(unit.counts.get(name, "")) for name in columns]
        if unit.error:
            row = [unit.name, *counts, Text("failed", style="red"), "see below"]
        else:
            row = [unit.name, *counts, unit.state, _folder(unit.folder)]
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    if len(shown) < len(units):
        table.caption = f"and {len(units) - len(shown)} more"
    return table


def _score_table(tables: list[Table]) -> RichTable:
    """Scores of the evaluations side by side: one row a score, the names on top."""
    rows = [row for table in tables for row in table]
    head, *names = dict.fromkeys(name for table in tables for name in table.colnames)
    shown = RichTable(box=box.SIMPLE_HEAD)
    shown.add_column(head)
    for row in rows:
        shown.add_column(str(row[head]) if head in row.colnames else "", justify="right")
    for name in names:
        cells = [_cell(row[name]) if name in row.colnames else Text() for row in rows]
        shown.add_row(name, *cells)
    return shown


def _cell(value: object) -> Text:
    if isinstance(value, float | np.floating):
        return Text(f"{value:.4g}")
    return Text(str(value))


def _folder(path: Path) -> str:
    return f"{path}/"
