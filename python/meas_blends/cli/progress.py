"""How a run shows that it moves: a bar in a terminal, a line an image elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..run.results import Listener, UnitResult

__all__ = ["make_listener", "one_line"]


class LineListener(Listener):
    """Writes one line to stderr for each unit that is through."""

    def begin(self, total: int) -> None:
        """Start to count."""
        self._total, self._count = total, 0

    def done(self, result: UnitResult, final: bool) -> None:
        """Write the line once the unit is through its last phase."""
        self._count += 1
        if final:
            click.echo(f"[{self._count}/{self._total}] {one_line(result)}", err=True)


class BarListener(Listener):
    """Moves a bar and names the task at work."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = progress.add_task("starting", total=None)

    def begin(self, total: int) -> None:
        """Set the length of the bar."""
        self._progress.update(self._bar, total=total or None)

    def task(self, unit: str, label: str) -> None:
        """Name what is at work."""
        self._progress.update(self._bar, description=f"{unit}: {label}")

    def done(self, result: UnitResult, final: bool) -> None:
        """Move the bar; failures are told at once."""
        self._progress.advance(self._bar)
        if final and result.error:
            self._progress.console.print(
                one_line(result), style="red", highlight=False, markup=False
            )


@contextmanager
def make_listener() -> Iterator[Listener]:
    """Choose how to show progress, by whether stderr is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield LineListener()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield BarListener(progress)


def one_line(result: UnitResult) -> str:
    """Say what became of a unit."""
    if result.error:
        return f"{result.name}: FAILED: {result.error}"
    counts = ", ".join(
        f"{number} {what.removesuffix('s') if number == 1 else what}"
        for what, number in result.counts.items()
    )
    return f"{result.name}: {counts + ', ' if counts else ''}{result.state}"
