"""Running one task on datasets in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lsst.pipe.base import PipelineTask

from .plan import Input, Step

__all__ = ["collect_inputs", "missing_inputs", "run_step"]


@dataclass(frozen=True)
class Deferred:
    """Stands for a dataset that the task itself reads, when it wants it (``deferLoad``)."""

    store: Mapping[str, Any]
    name: str

    def get(self) -> Any:
        """Read the dataset."""
        return self.store[self.name]


def missing_inputs(step: Step, store: Mapping[str, Any], per_unit: bool) -> list[str]:
    """Names of the datasets that a step cannot do without and a store has not.

    Parameters
    ----------
    step : `Step`
        The step.
    store : mapping
        Datasets by name.
    per_unit : `bool`
        Look at the datasets of which each unit has its own, or at the others.
    """
    return [
        read.dataset
        for read in step.inputs
        if read.per_unit == per_unit and not read.optional and read.dataset not in store
    ]


def collect_inputs(
    step: Step, run: Mapping[str, Any], units: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Make the arguments of a task's ``run``.

    Parameters
    ----------
    step : `Step`
        The step.
    run : mapping
        Datasets of the run as a whole.
    units : sequence of mappings
        Datasets of each unit: of one for a step that runs once a unit.

    Returns
    -------
    arguments : `dict`
        By connection; optional inputs that are not there are left out.
    """
    arguments = {}
    for read in step.inputs:
        stores = [store for store in (units if read.per_unit else [run]) if read.dataset in store]
        if read.multiple:
            arguments[read.connection] = [_take(store, read) for store in stores]
        elif stores:
            arguments[read.connection] = _take(stores[0], read)
    return arguments


def run_step(
    step: Step, task: PipelineTask, arguments: Mapping[str, Any], scene: int
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
        Number of the scene, for a task that makes units out of nothing.

    Returns
    -------
    datasets : `dict` [`str`, `object`]
        By dataset type; an output that the task gives as ``None`` is left
        out.
    """
    result = task.run(scene=scene) if step.is_source else task.run(**arguments)
    made = {name: getattr(result, connection) for connection, name in step.outputs.items()}
    return {name: value for name, value in made.items() if value is not None}


def _take(store: Mapping[str, Any], read: Input) -> Any:
    return Deferred(store, read.dataset) if read.deferred else store[read.dataset]
