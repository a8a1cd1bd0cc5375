"""What runs once an image and what runs once a run, decided from the tasks' dimensions.

A task whose dimensions hold one of `PER_IMAGE` runs once for each unit: an
image that the user gives, or a simulated scene if the pipeline begins with a
task that reads nothing. Any other task runs once, on the datasets of all
units (``multiple=True`` inputs), or on nothing at all. The two alternate in
*phases* as far as the flow of datasets demands it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lsst.pipe.base.pipeline_graph import TaskNode

from ..errors import BadInputError
from .pipeline import LoadedPipeline

__all__ = ["COADD", "PER_IMAGE", "Input", "Phase", "Plan", "Step", "check_units", "make_plan"]

#: Dimensions that tell one image from another.
PER_IMAGE = frozenset({"patch", "visit", "exposure"})

#: The dataset that the user's images are read as.
COADD = "blend_coadd"


@dataclass(frozen=True)
class Input:
    """One input connection of a task."""

    connection: str
    dataset: str
    storage: str
    multiple: bool
    deferred: bool
    optional: bool
    per_unit: bool


@dataclass(frozen=True)
class Step:
    """One task of the pipeline, as the runner sees it.

    Parameters
    ----------
    label : `str`
        The task's label.
    node : `lsst.pipe.base.pipeline_graph.TaskNode`
        The task's class and configuration.
    inputs : `tuple` [`Input`]
        What it reads.
    outputs : `dict` [`str`, `str`]
        Dataset type of each output connection.
    storage : `dict` [`str`, `str`]
        Storage class of each output dataset type.
    per_unit : `bool`
        Runs once a unit, not once a run.
    """

    label: str
    node: TaskNode
    inputs: tuple[Input, ...]
    outputs: dict[str, str]
    storage: dict[str, str]
    per_unit: bool

    @property
    def is_source(self) -> bool:
        """Makes units out of nothing."""
        return self.per_unit and not self.inputs


@dataclass(frozen=True)
class Phase:
    """Steps that run together: all for one unit, or all once a run."""

    per_unit: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Plan:
    """The phases of a pipeline, and what its units are.

    Parameters
    ----------
    phases : `tuple` [`Phase`]
        In order.
    reads_images : `bool`
        The user's images are its units.
    simulates : `bool`
        Scenes that it makes itself are its units.
    """

    phases: tuple[Phase, ...]
    reads_images: bool
    simulates: bool

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in order."""
        return tuple(step for phase in self.phases for step in phase.steps)


def make_plan(pipeline: LoadedPipeline) -> Plan:
    """Sort the tasks of a pipeline into phases.

    Raises
    ------
    BadInputError
        If a task that runs once reads one image's dataset without
        ``multiple=True``, two tasks make the same dataset, or the pipeline
        both reads and simulates images.
    """
    waiting = [_step(node) for node in pipeline.nodes.values()]
    made_by = _producers(waiting)
    done: set[str] = set()
    phases = []
    per_unit = True
    while waiting:
        # The list is sorted, so one pass takes all that this phase can run.
        steps = []
        for step in list(waiting):
            if step.per_unit == per_unit and _ready(step, made_by, done):
                steps.append(step)
                waiting.remove(step)
                done.add(step.label)
        if steps:
            phases.append(Phase(per_unit, tuple(steps)))
        per_unit = not per_unit
    plan = Plan(
        tuple(phases),
        reads_images=COADD in pipeline.overall_inputs,
        simulates=any(step.is_source for phase in phases for step in phase.steps),
    )
    if plan.reads_images and plan.simulates:
        raise BadInputError(
            f"{pipeline.name}: one of its tasks makes images and another one wants them from you;"
            " connect the two, or leave one of them out."
        )
    return plan


def _step(node: TaskNode) -> Step:
    """Read a task's connections."""
    per_unit = not PER_IMAGE.isdisjoint(node.raw_dimensions)
    connections = node.get_connections()
    inputs = []
    # The library keeps connections in sets: sorted, every run shows the same order.
    for name, edge in sorted({**node.inputs, **node.prerequisite_inputs}.items()):
        connection = getattr(connections, name)
        read = Input(
            name,
            edge.parent_dataset_type_name,
            edge.storage_class_name,
            connection.multiple,
            connection.deferLoad,
            connection.minimum == 0,
            not PER_IMAGE.isdisjoint(edge.raw_dimensions),
        )
        if read.per_unit and not per_unit and not read.multiple:
            raise BadInputError(
                f"{node.label}: reads {read.dataset} of one image but runs once for all; its"
                " author must set multiple=True."
            )
        inputs.append(read)
    return Step(
        node.label,
        node,
        tuple(inputs),
        {name: edge.parent_dataset_type_name for name, edge in sorted(node.outputs.items())},
        {edge.parent_dataset_type_name: edge.storage_class_name for edge in node.outputs.values()},
        per_unit,
    )


def _producers(steps: Sequence[Step]) -> dict[str, str]:
    """Label of the one task that makes each dataset type."""
    made_by: dict[str, str] = {}
    for step in steps:
        for name in step.outputs.values():
            if name in made_by:
                raise BadInputError(
                    f"{made_by[name]} and {step.label}: both make {name}; give one of them another"
                    " name for it in its 'connections'."
                )
            made_by[name] = step.label
    return made_by


def _ready(step: Step, made_by: dict[str, str], done: set[str]) -> bool:
    """Whether every input of a step comes from outside or from a step that is done."""
    producers = {made_by[read.dataset] for read in step.inputs if read.dataset in made_by}
    return producers <= done


def check_units(plan: Plan, name: str, images: Sequence[str], scenes: int | None) -> None:
    """Check that the user gave images if, and only if, the pipeline reads some.

    Raises
    ------
    BadInputError
        One sentence that says what to give.
    """
    if plan.reads_images and not images:
        raise BadInputError(f"{name}: this pipeline reads images; give one or more FITS files.")
    if images and not plan.reads_images:
        why = "simulates its own scenes" if plan.simulates else "reads no images"
        raise BadInputError(f"{name}: this pipeline {why}; leave out {images[0]}.")
    if scenes is not None and not plan.simulates:
        raise BadInputError(f"{name}: this pipeline simulates no scenes; leave out --scenes.")
