"""Kill a run before each file gets its name, and let it resume.

As a program of one thread, so that it may fork: ``python killed_runs.py PIPELINE IMAGE FOLDER``
prints one JSON object a kill.
"""

import json
import os
import signal
import sys
from pathlib import Path

from meas_blends.data.tables import read_table
from meas_blends.run.images import ImageOptions
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import make_plan
from meas_blends.run.runner import Runner
from meas_blends.run.units import image_units

EXTRAS = ("ecsv", "regions")


def in_child(function):
    """Run a function in a process of its own; return its exit status, negative if killed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(loaded, image, folder):
    runner = Runner(loaded, make_plan(loaded), folder, picture=False, extras=EXTRAS)
    if runner.run(image_units([image], ImageOptions())).failed:
        raise SystemExit("failed")


def run_until(step, arguments):
    """Run, and be killed when a number of files have their names and the next one is written."""
    replace, count = os.replace, 0

    def counted(source, target):
        nonlocal count
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
        replace(source, target)

    os.replace = counted
    run(*arguments)


def contents(folder):
    """What each visible file holds, as far as it must be the same whenever it was made."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or path.is_dir():
            continue
        if path.suffix == ".parquet":
            table = read_table(path)
            found[path.name] = [list(map(str, table.colnames)), [str(row) for row in table]]
        elif path.suffix == ".json":
            record = json.loads(path.read_text())
            found[path.name] = sorted(record["datasets"])
        else:
            found[path.name] = path.read_text()
    return found


def main(pipeline, image, folder):
    loaded = load_pipeline(pipeline)
    whole = Path(folder, "whole")
    assert in_child(lambda: run(loaded, image, whole)) == 0
    expected = contents(whole)
    step = 0
    while True:
        out = Path(folder, f"killed_{step}")
        status = in_child(lambda step=step, out=out: run_until(step, (loaded, image, out)))
        if status == 0:
            break
        left = contents(out)
        # All that is visible is whole: tables and texts are those of the whole run.
        strange = [
            name
            for name, content in left.items()
            if name != "run.json" and content != expected[name]
        ]
        resumed = in_child(lambda out=out: run(loaded, image, out))
        print(
            json.dumps(
                {
                    "step": step,
                    "status": status,
                    "left": sorted(left),
                    "strange": strange,
                    "resumed": resumed,
                    "same": contents(out) == expected,
                    "hidden": [p.name for p in out.rglob(".*")],
                }
            )
        )
        step += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
