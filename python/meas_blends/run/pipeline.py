"""Loading a pipeline: its YAML, added tasks, overrides, and what runs in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lsst.pipe.base import Instrument, Pipeline, PipelineTask, PipelineTaskConfig
from lsst.pipe.base.pipeline_graph import PipelineGraph, PipelineGraphError, TaskNode
from lsst.pipe.base.pipelineIR import PipelineIR, TaskIR
from lsst.utils import doImportType

from ..errors import BadInputError
from ..plugins.registries import task_class
from .fields import brief
from .overrides import Override
from .settings import Origins, class_origin
from .shipped import pipeline_uri

__all__ = ["LoadedPipeline", "load_pipeline"]


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline, configured and checked, whose tasks are not built yet.

    Parameters
    ----------
    name : `str`
        As the user gave it.
    description : `str`
        From its YAML.
    nodes : `dict` [`str`, `lsst.pipe.base.pipeline_graph.TaskNode`]
        Tasks by label, each after those whose outputs it reads.
    overall_inputs : `frozenset` [`str`]
        Dataset types that its tasks read and none of them writes.
    origins : `dict` [`str`, `Origins`]
        Where each task's configuration values came from.
    """

    name: str
    description: str
    nodes: Mapping[str, TaskNode]
    overall_inputs: frozenset[str]
    origins: Mapping[str, Origins]

    def build_tasks(self) -> dict[str, PipelineTask]:
        """Build every task, models included, once for all images.

        Raises
        ------
        BadInputError
            If a task needs init-inputs, which only a Butler has, or its own
            construction finds its configuration or model unusable.
        """
        tasks = {}
        for label, node in self.nodes.items():
            if node.init.inputs:
                raise BadInputError(
                    f"{label}: its task needs init-inputs of other tasks; run this pipeline on a"
                    " Butler."
                )
            tasks[label] = node.task_class(config=node.config, name=label)
        return tasks


def load_pipeline(
    pipeline: str, overrides: Sequence[Override] = (), added_tasks: Sequence[str] = ()
) -> LoadedPipeline:
    """Load a pipeline and configure its tasks.

    The order is that of ``pipetask``: the task's own defaults, the
    instrument and the YAML of the pipeline, then the overrides as given.

    Parameters
    ----------
    pipeline : `str`
        A shipped name, a path or a URI, each with an optional ``#subset``.
    overrides : sequence of `Override`
        In the order in which they apply.
    added_tasks : sequence of `str`
        Tasks to add, ``NAME`` or ``NAME:LABEL``, where the name is that of a
        plugin's task or a full class name.

    Raises
    ------
    BadInputError
        If a name, label, field or value does not exist or does not fit.
    """
    ir = _read(pipeline, added_tasks)
    labels = ", ".join(ir.tasks)
    for override in overrides:
        if override.label == "parameters" and override.field:
            ir.parameters.mapping[override.field] = override.value
        elif override.label not in ir.tasks:
            raise BadInputError(
                f"{override}: pipeline {pipeline} has no task labelled '{override.label}'; its"
                f" labels are {labels}."
            )
    graph = PipelineGraph()
    origins = {label: Origins() for label in ir.tasks}
    for label, task in ir.tasks.items():
        cls = _import_task(task.klass, label)
        own = [override for override in overrides if override.label == label]
        config = _configure(cls, label, ir, pipeline, own, origins[label])
        try:
            graph.add_task(label, cls, config)
        except (PipelineGraphError, ValueError) as error:
            raise BadInputError(f"{label}: {brief(error)}; correct the pipeline.") from error
    _check_contracts(ir, {label: node.config for label, node in graph.tasks.items()})
    try:
        graph.sort()
    except PipelineGraphError as error:
        raise BadInputError(f"{pipeline}: {brief(error)}; correct the pipeline.") from error
    return LoadedPipeline(
        pipeline,
        str(ir.description or "").strip(),
        dict(graph.tasks),
        frozenset(name for name in graph.dataset_types if graph.producer_of(name) is None),
        origins,
    )


def _read(pipeline: str, added_tasks: Sequence[str]) -> PipelineIR:
    """Read the YAML, choose the subset and add tasks."""
    uri = pipeline_uri(pipeline)
    try:
        loaded = Pipeline.from_uri(uri)
    # The library raises errors of many kinds for a wrong file.
    except Exception as error:
        raise BadInputError(
            f"{pipeline}: not a usable pipeline ({type(error).__name__}: {brief(error)}); give a"
            " pipeline YAML file and, after #, labels or subsets that it has."
        ) from error
    # Printing is the public way from a pipeline, subset taken, to its parts.
    ir = PipelineIR.from_string(str(loaded))
    for text in added_tasks:
        name, _, label = text.partition(":")
        cls = _import_task(name, f"-t {text}") if "." in name else task_class(name)
        label = label or (name if "." not in name else cls._DefaultName)
        if label in ir.tasks:
            raise BadInputError(
                f"-t {text}: the pipeline already has a task labelled '{label}'; give another"
                f" label, -t {name}:LABEL."
            )
        ir.tasks[label] = TaskIR(label, f"{cls.__module__}.{cls.__qualname__}")
    return ir


def _import_task(name: str, where: str) -> type[PipelineTask]:
    """Import a PipelineTask by its full class name."""
    try:
        cls = doImportType(name)
    # A module may raise anything while it is imported.
    except Exception as error:
        raise BadInputError(
            f"{where}: {name} cannot be imported ({type(error).__name__}: {brief(error)}); correct"
            " the name, or install what it needs."
        ) from error
    if not (isinstance(cls, type) and issubclass(cls, PipelineTask)):
        raise BadInputError(f"{where}: {name} is no PipelineTask; give the name of one.")
    return cls


def _configure(
    cls: type[PipelineTask],
    label: str,
    ir: PipelineIR,
    pipeline: str,
    overrides: Sequence[Override],
    origins: Origins,
) -> PipelineTaskConfig:
    """Make a task's configuration: class, pipeline, overrides, in this order."""
    config = cls.ConfigClass()
    origins.note(config, class_origin)
    try:
        instrument = Instrument.from_string(ir.instrument) if ir.instrument else None
        config.applyConfigOverrides(
            instrument, cls._DefaultName, ir.tasks[label].config, ir.parameters, label
        )
    # The YAML may hold Python, which may raise anything.
    except Exception as error:
        raise BadInputError(
            f"{pipeline}: the configuration of '{label}' fails ({type(error).__name__}:"
            f" {brief(error)}); correct the pipeline."
        ) from error
    origins.note(config, f"pipeline {pipeline}")
    for override in overrides:
        override.apply(config, origins)
    try:
        config.validate()
    except BadInputError as error:
        raise BadInputError(f"{label}: {error}") from error
    except ValueError as error:
        raise BadInputError(f"{label}: {brief(error)}; correct its configuration.") from error
    return config


def _check_contracts(ir: PipelineIR, configs: Mapping[str, PipelineTaskConfig]) -> None:
    """Evaluate the expressions that the pipeline's YAML demands to be true."""
    for contract in ir.contracts:
        if not eval(contract.contract, None, dict(configs)):
            told = contract.msg or contract.contract
            raise BadInputError(
                f"{told}: a contract of the pipeline is broken; change the overrides."
            )
