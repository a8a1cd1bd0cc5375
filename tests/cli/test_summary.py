"""What the command prints at the end."""

from astropy.table import Table
from rich.console import Console

from meas_blends.cli.summary import _score_table


def test_evaluations_stand_side_by_side():
    tables = [
        Table({"peakFinder": ["gp"], "nScenes": [3], "balancedAccuracy": [0.87654]}),
        Table({"peakFinder": ["mine"], "nScenes": [2], "extra": [1.5]}),
    ]
    console = Console(width=80)
    with console.capture() as printed:
        console.print(_score_table(tables))
    lines = [line.split() for line in printed.get().splitlines() if line.strip()]
    assert lines[0] == ["peakFinder", "gp", "mine"]
    assert lines[2:] == [["nScenes", "3", "2"], ["balancedAccuracy", "0.8765"], ["extra", "1.5"]]
