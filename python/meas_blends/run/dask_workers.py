"""Many images at once, on the workers of a Dask cluster."""

from __future__ import annotations

import logging
import signal
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..data.formats import FORMATS
from ..data.large import MEMORY_VARIABLE, memory_share
from ..errors import BadInputError
from .failures import sentence
from .levels import Level
from .overrides import Override
from .pipeline import load_pipeline
from .place_runner import PlaceRunner
from .places import Place
from .plan import Phase, Plan, make_plan
from .results import UnitResult

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["DaskWorkers", "Job", "check_spreadable", "dask_client"]

#: Logger of all tasks.
_LOGS = "meas_blends"

#: Dask would tell of every connection, and give memory back to the system so eagerly
#: that our tasks take a third longer.
_SETTINGS = {
    "distributed.logging.distributed": "error",
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}

#: Seconds to wait for a scheduler to answer.
_PATIENCE = 20

#: The runner of this worker's latest job: its tasks, and their models, are built once.
_runners: dict[str, PlaceRunner] = {}
_building = threading.Lock()


@dataclass(frozen=True)
class Job:
    """What a worker needs to know to build the tasks of a run.

    Parameters
    ----------
    pipeline : `str`
        As `load_pipeline` takes it.
    overrides : `tuple` [`Override`]
        In the order in which they apply.
    added_tasks : `tuple` [`str`]
        As `load_pipeline` takes them.
    redo, picture, extras
        As `PlaceRunner` takes them.
    """

    pipeline: str
    overrides: tuple[Override, ...] = ()
    added_tasks: tuple[str, ...] = ()
    redo: bool = False
    picture: bool = True
    extras: tuple[str, ...] = ()
    verbose: bool = False


class DaskWorkers:
    """Takes images and patches through a phase side by side.

    A worker that dies loses what it was doing: another one takes that image
    up, and finds what was finished.

    Parameters
    ----------
    client : `distributed.Client`
        Of the cluster, whose workers see the same files by the same names.
    job : `Job`
        What they run.
    """

    def __init__(self, client: Client, job: Job) -> None:
        self._client = client
        self._job = job
        # Of this run alone: files that a configuration names may have changed since another.
        self._key = uuid.uuid4().hex
        if job.verbose:
            client.forward_logging(_LOGS, level=logging.INFO)

    def through(self, phase: Phase, places: Sequence[Place], last: bool) -> Iterator[Place]:
        """Take places through a phase, and yield each when it is through.

        Parameters
        ----------
        phase : `Phase`
        places : sequence of `Place`
        last : `bool`
            Whether this is the last phase of its level.

        Yields
        ------
        place : `Place`
            With its result.
        """
        from distributed import as_completed

        labels = tuple(step.label for step in phase.steps)
        waiting = {
            self._client.submit(
                _run_place, self._key, self._job, phase.level, labels, place.alone(), last,
                pure=False,
            ): place
            for place in places
        }  # fmt: skip
        for future in as_completed(list(waiting)):
            place = waiting.pop(future)
            error = future.exception()
            if error is None:
                place.result = future.result()
            else:
                place.result.error = _told(error)
            place.opened, place.space = True, None
            # Dask keeps a result as long as somebody holds its future.
            future.release()
            yield place


def _run_place(
    key: str, job: Job, level: Level, labels: Sequence[str], place: Place, last: bool
) -> UnitResult:
    """Take a place through a phase, in a worker."""
    with _building:
        if key not in _runners:
            _runners.clear()
            if job.verbose:
                logging.getLogger(_LOGS).setLevel(logging.INFO)
            loaded = load_pipeline(job.pipeline, job.overrides, job.added_tasks)
            _runners[key] = PlaceRunner(
                loaded, make_plan(loaded), job.redo, job.picture, extras=job.extras
            )
        runner = _runners[key]
    steps = tuple(step for step in runner.plan.steps if step.label in labels)
    runner.run(Phase(level, steps), place, last)
    return place.result


def _told(error: BaseException) -> str:
    """Say why a worker gave up."""
    if type(error).__name__ == "KilledWorker":
        return (
            "its worker died again and again, perhaps for want of memory; give the workers more,"
            " or cut the image into smaller ones."
        )
    return sentence(error, "starting a worker")


def check_spreadable(plan: Plan) -> None:
    """Check that what one phase makes for a later one is kept in files.

    Raises
    ------
    BadInputError
        If a dataset lives in memory alone: another worker could not read it.
    """
    phase_of = {
        name: number
        for number, phase in enumerate(plan.phases)
        for step in phase.steps
        for name in step.outputs.values()
    }
    storage = {name: kind for step in plan.steps for name, kind in step.storage.items()}
    for number, phase in enumerate(plan.phases):
        for step in phase.steps:
            for read in step.inputs:
                name = read.dataset
                if phase_of.get(name, number) != number and storage[name] not in FORMATS:
                    raise BadInputError(
                        f"--dask: task '{step.label}' reads {name}, which is kept in memory alone"
                        " and cannot pass between workers; run without --dask."
                    )


@contextmanager
def dask_client(address: str) -> Iterator[Client]:
    """Connect to a Dask cluster.

    Parameters
    ----------
    address : `str`
        ``local`` for one worker a core of this machine, which share its
        memory; else the address of a scheduler.

    Raises
    ------
    BadInputError
        If Dask is not installed, or no scheduler answers.
    """
    try:
        import dask

        # Read when distributed is imported.
        dask.config.set(_SETTINGS)
        from dask.system import CPU_COUNT
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise BadInputError(
            "--dask: Dask is not installed; install it with: pip install 'meas_blends[dask]'."
        ) from error
    if address == "local":
        # One thread each: tasks compute, and hold an image in memory each.
        share = {MEMORY_VARIABLE: f"{memory_share() / CPU_COUNT / 2**30:.3g}"}
        with _deaf_to_interrupts():
            target = LocalCluster(
                CPU_COUNT, threads_per_worker=1, dashboard_address=":0", env=share
            )
    else:
        target = address
    try:
        client = Client(target, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"--dask {address}: no Dask scheduler answers there; give the address that"
            " 'dask scheduler' printed, such as tcp://host:8786, or 'local'."
        ) from error
    with client:
        try:
            yield client
        finally:
            if target is not address:
                client.close()
                target.close()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let processes that start meanwhile leave Ctrl-C to this one, which ends them in order."""
    if threading.current_thread() is not threading.main_thread():
        # No other thread may say what becomes of a signal.
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
