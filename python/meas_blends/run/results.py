"""What a run tells about itself: results of each image and patch, and who listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table

from ..data.coadd import Coadd
from ..data.morphology_tables import MORPHOLOGY

__all__ = [
    "TABLE_PREFIXES",
    "Listener",
    "RunResult",
    "UnitResult",
    "coadd_summary",
    "count_objects",
]


@dataclass
class UnitResult:
    """What became of one image or patch.

    Parameters
    ----------
    name : `str`
        Name of its folder.
    folder : `pathlib.Path`
        Its folder.
    error : `str`
        One sentence; empty if all went well.
    traceback : `str`
        Of the error, for those who ask for it.
    counts : `dict` [`str`, `int`]
        From `count_objects`.
    picture : `pathlib.Path` or `None`
        Its picture.
    seconds : `float`
        Time that this run spent on it.
    tasks_run : `int`
        Tasks that ran.
    tasks_idle : `int`
        Tasks that had nothing to do. The others were done before.
    notes : `list` [`str`]
        Tasks that had nothing to do, and why.
    remarks : `dict` [`str`, `str`]
        What was assumed about the image, or left out of its file, by subject.
    """

    name: str
    folder: Path
    error: str = ""
    traceback: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    picture: Path | None = None
    seconds: float = 0.0
    tasks_run: int = 0
    tasks_idle: int = 0
    notes: list[str] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """How long it took, or why it took no time."""
        if self.tasks_run:
            return f"{self.seconds:.1f} s"
        return "no work" if self.tasks_idle and not self.counts else "done before"


@dataclass
class RunResult:
    """What became of a run: its images and patches, and what was made of all of them."""

    units: list[UnitResult]
    run: UnitResult
    outputs: dict[str, Path] = field(default_factory=dict)

    @property
    def failed(self) -> list[UnitResult]:
        """Units that failed, and the run itself if a task of it did."""
        return [result for result in (*self.units, self.run) if result.error]


class Listener:
    """Hears how a run goes. This one keeps quiet; the command's own shows progress."""

    def begin(self, total: int) -> None:
        """Hear how many units there are to go through, phases counted apart."""

    def task(self, unit: str, label: str) -> None:
        """Hear that a task begins."""

    def done(self, result: UnitResult, final: bool) -> None:
        """Hear that a unit is through a phase; ``final`` if it was the last."""


def count_objects(datasets: Mapping[str, Any]) -> dict[str, int]:
    """Count what the standard tables hold.

    Parameters
    ----------
    datasets : mapping
        Datasets of one image or patch by name; those that it has not are not
        counted, and the tables of merged bands only where an image's own are
        not.

    Returns
    -------
    counts : `dict` [`str`, `int`]
        ``footprints``, ``blended``, ``peaks`` and ``measured`` galaxies.
    """
    counts = {}
    for what, count in _COUNTERS.items():
        for name in (f"{prefix}blend_{what}" for prefix in TABLE_PREFIXES):
            if name in datasets:
                counts.update(count(datasets[name]))
                break
    return counts


def _measured(table: Table) -> dict[str, int]:
    failed = np.asarray(table["flags"]) & MORPHOLOGY.flag("FAILED")
    return {"measured": int(np.sum(failed == 0))}


#: What stands before the names of an image's own tables, and of those of a patch.
TABLE_PREFIXES = ("", "merged_", "bands_")

#: What to count in each table.
_COUNTERS: dict[str, Callable[[Table], dict[str, int]]] = {
    "footprints": lambda table: {"footprints": len(table)},
    "classification": lambda table: {"blended": int(np.sum(table["blended"]))},
    "peaks": lambda table: {"peaks": len(table)},
    "morphology": _measured,
}


def coadd_summary(coadd: Coadd) -> dict[str, Any]:
    """Describe a coadd for ``run.json``: size, calibration, where that came from, remarks."""
    return {
        "name": coadd.name,
        "shape": list(coadd.shape),
        "xy0": list(coadd.xy0),
        "band": coadd.band,
        "zero_point": _number(coadd.zero_point),
        "pixel_scale": _number(coadd.pixel_scale),
        "origins": dict(coadd.origins),
        "remarks": dict(coadd.remarks),
    }


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return float(value) if np.isfinite(value) else None
