"""Running one task on the datasets that it reads, wherever those are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lsst.pipe.base import PipelineTask

from .levels import Level
from .plan import Input, Step

__all__ = ["Datasets", "Store", "Stores", "collect_inputs", "missing_inputs", "run_step"]


class Store(Protocol):
    """Datasets by name, of one image, patch or run."""

    data_id: Mapping[str, str]

    def __contains__(self, name: object) -> bool:
        """Whether there is a dataset."""

    def __getitem__(self, name: str) -> Any:
        """Return a dataset, and keep it in memory."""

    def read(self, name: str) -> Any:
        """Return a dataset, and keep nothing."""


#: What a step may read: at each level, all that lies in its own place or around it.
Stores = Mapping[Level, Sequence[Store]]


class Datasets(dict):
    """Datasets in memory by name; ``data_id`` says of what they are."""

    def __init__(self, data_id: Mapping[str, str], *args: Any) -> None:
        super().__init__(*args)
        self.data_id = data_id

    def read(self, name: str) -> Any:
        """Return a dataset."""
        return self[name]


@dataclass(frozen=True)
class Deferred:
    """Stands for a dataset that the task itself reads, when it wants it (``deferLoad``).

    Has what tasks use of ``lsst.daf.butler.DeferredDatasetHandle``. Nothing
    keeps what was read, so a task may go through more than fits in memory.
    """

    store: Store
    name: str

    @property
    def dataId(self) -> Mapping[str, str]:
        """Of what it is: ``patch`` and, of an image, ``band``."""
        return self.store.data_id

    def get(self) -> Any:
        """Read the dataset."""
        return self.store.read(self.name)


def missing_inputs(step: Step, store: Store, level: Level) -> list[str]:
    """Names of the datasets that a step cannot do without and a store has not.

    Parameters
    ----------
    step : `Step`
        The step.
    store : `Store`
        Datasets of ``level``.
    level : `Level`
        Look only at the inputs of this level.
    """
    return [
        read.dataset
        for read in step.inputs
        if read.level == level and not read.optional and read.dataset not in store
    ]


def collect_inputs(step: Step, stores: Stores) -> dict[str, Any]:
    """Make the arguments of a task's ``run``.

    Parameters
    ----------
    step : `Step`
        The step.
    stores : `Stores`
        What it may read.

    Returns
    -------
    arguments : `dict`
        By connection; optional inputs that are not there are left out.
    """
    arguments = {}
    for read in step.inputs:
        found = [store for store in stores[read.level] if read.dataset in store]
        if read.multiple:
            arguments[read.connection] = [_take(store, read) for store in found]
        elif found:
            arguments[read.connection] = _take(found[0], read)
    return arguments


def run_step(
    step: Step, task: PipelineTask, arguments: Mapping[str, Any], scene: int, band: str = ""
) -> dict[str, Any]:
    """Run a task and name its results.

    Parameters
    ----------
    step : `Step`
        The step.
    task : `lsst.pipe.base.PipelineTask`
        The step's task.
    arguments : `dict`
        From `collect_inputs`.
    scene : `int`
        Number of the scene, for a task that makes scenes out of nothing.
    band : `str`, optional
        Its band, if the user asked for some.

    Returns
    -------
    datasets : `dict` [`str`, `object`]
        By dataset type; an output that the task gives as ``None`` is left
        out.
    """
    if step.is_source:
        arguments = {"scene": scene, "band": band} if band else {"scene": scene}
    result = task.run(**arguments)
    made = {name: getattr(result, connection) for connection, name in step.outputs.items()}
    return {name: value for name, value in made.items() if value is not None}


def _take(store: Store, read: Input) -> Any:
    return Deferred(store, read.dataset) if read.deferred else store[read.dataset]
