"""What runs once an image, once a patch and once a run, decided from the tasks' dimensions.

See `Level` for the three. Images are those that the user gives, or simulated
scenes if the pipeline begins with a task that reads nothing. The levels take
turns in *phases* as far as the flow of datasets demands it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lsst.pipe.base.pipeline_graph import TaskNode

from ..errors import BadInputError
from .levels import Level, level_of
from .pipeline import LoadedPipeline

__all__ = ["COADD", "Input", "Phase", "Plan", "Step", "check_units", "make_plan"]

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
    level: Level


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
    level : `Level`
        How often it runs, and of what its outputs are.
    """

    label: str
    node: TaskNode
    inputs: tuple[Input, ...]
    outputs: dict[str, str]
    storage: dict[str, str]
    level: Level

    @property
    def is_source(self) -> bool:
        """Makes scenes out of nothing."""
        return self.level < Level.RUN and not self.inputs


@dataclass(frozen=True)
class Phase:
    """Steps of one level that run together."""

    level: Level
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Plan:
    """The phases of a pipeline, and what it goes through.

    Parameters
    ----------
    phases : `tuple` [`Phase`]
        In order.
    reads_images : `bool`
        It goes through the user's images.
    simulates : `bool`
        It goes through scenes that it makes itself.
    """

    phases: tuple[Phase, ...]
    reads_images: bool
    simulates: bool

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in order."""
        return tuple(step for phase in self.phases for step in phase.steps)

    def phases_of(self, level: Level) -> tuple[Phase, ...]:
        """Phases of one level, in order."""
        return tuple(phase for phase in self.phases if phase.level == level)


def make_plan(pipeline: LoadedPipeline) -> Plan:
    """Sort the tasks of a pipeline into phases.

    Raises
    ------
    BadInputError
        If a task reads a dataset of a finer level than its own without
        ``multiple=True``, two tasks make the same dataset, or the pipeline
        both reads and simulates images.
    """
    made_by = _producers(pipeline.nodes.values())
    waiting = [_step(node, made_by) for node in pipeline.nodes.values()]
    done: set[str] = set()
    phases = []
    turns = itertools.cycle(Level)
    while waiting:
        level = next(turns)
        # The list is sorted, so one pass takes all that this phase can run.
        steps = []
        for step in list(waiting):
            if step.level == level and _ready(step, made_by, done):
                steps.append(step)
                waiting.remove(step)
                done.add(step.label)
        if steps:
            phases.append(Phase(level, tuple(steps)))
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


def _step(node: TaskNode, made_by: Mapping[str, TaskNode]) -> Step:
    """Read a task's connections."""
    level = level_of(node.raw_dimensions)
    connections = node.get_connections()
    inputs = []
    # The library keeps connections in sets: sorted, every run shows the same order.
    for name, edge in sorted({**node.inputs, **node.prerequisite_inputs}.items()):
        connection = getattr(connections, name)
        dataset = edge.parent_dataset_type_name
        # Whoever makes a dataset knows best of what it is.
        maker = made_by.get(dataset)
        dimensions = edge.raw_dimensions if maker is None else maker.raw_dimensions
        read = Input(
            name,
            dataset,
            edge.storage_class_name,
            connection.multiple,
            connection.deferLoad,
            connection.minimum == 0,
            level_of(dimensions),
        )
        if read.level < level and not read.multiple:
            often = "for all" if level == Level.RUN else "a patch"
            raise BadInputError(
                f"{node.label}: reads {dataset} of one {read.level.noun} but runs once {often};"
                " its author must set multiple=True."
            )
        inputs.append(read)
    return Step(
        node.label,
        node,
        tuple(inputs),
        {name: edge.parent_dataset_type_name for name, edge in sorted(node.outputs.items())},
        {edge.parent_dataset_type_name: edge.storage_class_name for edge in node.outputs.values()},
        level,
    )


def _producers(nodes: Iterable[TaskNode]) -> dict[str, TaskNode]:
    """Find the one task that makes each dataset type."""
    made_by: dict[str, TaskNode] = {}
    for node in nodes:
        for _, edge in sorted(node.outputs.items()):
            name = edge.parent_dataset_type_name
            if name in made_by:
                raise BadInputError(
                    f"{made_by[name].label} and {node.label}: both make {name}; give one of them"
                    " another name for it in its 'connections'."
                )
            made_by[name] = node
    return made_by


def _ready(step: Step, made_by: Mapping[str, TaskNode], done: set[str]) -> bool:
    """Whether every input of a step comes from outside or from a step that is done."""
    producers = {made_by[read.dataset].label for read in step.inputs if read.dataset in made_by}
    return producers <= done


def check_units(
    plan: Plan, name: str, images: Sequence[str], scenes: int | None, bands: Sequence[str] = ()
) -> None:
    """Check that the user gave images if, and only if, the pipeline reads some.

    And one band alone, where what is made of the whole run is of one band.

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
    if bands and not plan.simulates and not plan.phases_of(Level.PATCH):
        raise BadInputError(
            f"{name}: this pipeline takes images one by one, whatever their bands; leave out"
            " --bands."
        )
    of_band = [s for s in plan.steps if s.level == Level.RUN and "band" in s.node.raw_dimensions]
    if len(bands) > 1 and of_band:
        raise BadInputError(
            f"{name}: task '{of_band[0].label}' takes scenes of one band; give one band at a time"
            " with --bands."
        )
