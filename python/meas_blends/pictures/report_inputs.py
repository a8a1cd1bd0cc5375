"""What a report is made of, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from astropy.table import Table

from .charts import shown_name
from .gallery import Example

__all__ = ["ReportInputs", "Show", "score_rows", "shown_number", "with_error"]

#: Keeps a picture and gives the HTML that shows it: name, figure, caption, wide.
Show = Callable[..., str]


@dataclass(frozen=True)
class ReportInputs:
    """What a report is made of.

    Parameters
    ----------
    tables : mapping of `str` to `astropy.table.Table`
        ``evaluation``, ``reliability``, ``counts``, ``accuracy``,
        ``confidence``, ``agreement``, and if there are any ``timing``,
        ``robustness`` and ``studies``; see `meas_blends.data.score_tables`.
    places : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.PLACES` of all scenes.
    examples : mapping of `str` to sequence of `Example`
        For the galleries ``disagree``, ``agree_wrong`` and ``agree_right``.
    match_radius : `float`
        Farthest distance of a matched peak [arcsec].
    facts : sequence of `tuple` [`str`, `str`]
        How it was made: what, and its value.
    """

    tables: Mapping[str, Table]
    places: Table
    examples: Mapping[str, Sequence[Example]]
    match_radius: float
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)

    @property
    def finders(self) -> list[str]:
        """Names of the peak finders, in order."""
        return [str(name) for name in self.tables["evaluation"]["peakFinder"]]


def shown_number(value: float, digits: int = 3) -> str:
    """Write a number; a dash for none."""
    return f"{value:z.{digits}f}" if np.isfinite(value) else "–"


def with_error(row: Table.Row, name: str, digits: int = 3) -> tuple[str, str]:
    """Write a score and its standard error, a cell of `~meas_blends.pictures.page.table`."""
    error = row[f"{name}Err"]
    return shown_number(row[name], digits), f"{error:.{digits}f}" if np.isfinite(error) else ""


def score_rows(rows: Table, names: Sequence[str]) -> list[list[object]]:
    """Rows of a table of scores: the peak finder's name, then each score with its error."""
    return [
        [shown_name(str(row["peakFinder"])), *(with_error(row, name) for name in names)]
        for row in rows
    ]
