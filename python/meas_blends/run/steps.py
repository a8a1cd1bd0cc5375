"""Advancing one workspace by one step: skip what is current, run what is not, record it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lsst.pipe.base import NoWorkFound, PipelineTask

from ..errors import BadInputError
from .execute import collect_inputs, missing_inputs, run_step
from .fields import brief
from .fingerprint import digest, model_packages, plain_settings, step_identity
from .plan import Step
from .workspace import Workspace

__all__ = ["RunnableStep"]


@dataclass
class RunnableStep:
    """A step with its task, and what identifies the two.

    Parameters
    ----------
    step : `Step`
        The step.
    task : `lsst.pipe.base.PipelineTask`
        Its task, built once for all units.
    made_inside : `frozenset` [`str`]
        Dataset types that some task of the pipeline makes: when one of them
        is missing, that task had no work; any other must be there.
    """

    step: Step
    task: PipelineTask
    made_inside: frozenset[str]

    def __post_init__(self) -> None:
        self.identity = step_identity(self.step)
        self.settings = plain_settings(self.step.node.config)
        self.models = model_packages(self.step.node.config)

    def advance(
        self,
        own: Workspace,
        run: Workspace,
        units: Sequence[Workspace],
        scene: int,
        starting: Callable[[str], None],
    ) -> str:
        """Make the outputs of the step unless they are there already.

        Parameters
        ----------
        own : `Workspace`
            Where the outputs go: that of a unit, or of the run.
        run : `Workspace`
            Of the run.
        units : sequence of `Workspace`
            Of the units to read from; one for a step that runs once a unit.
        scene : `int`
            Number of the scene.
        starting : callable
            Called with the label before the task runs.

        Returns
        -------
        status : `str`
            ``"done"``, ``"current"``, ``"skipped"`` or ``"no work"``.

        Raises
        ------
        BadInputError
            If a dataset that no task of the pipeline makes is missing.
        Exception
            Whatever the task raises.
        """
        names = list(self.step.outputs.values())
        # A unit in which some task had no work takes no part in what follows.
        usable = [unit for unit in units if not self._missing(unit, True)]
        missing = self._missing(run, False)
        if missing or (not usable and any(read.per_unit for read in self.step.inputs)):
            own.discard(names)
            self._write(own, "skipped", "nothing to read")
            return "skipped"
        inputs = self._input_fingerprints(run, usable)
        fingerprint = digest([self.identity, inputs, scene if self.step.is_source else None])
        before = own.record.tasks.get(self.step.label, {})
        if before.get("fingerprint") == fingerprint and own.is_current(
            before["outputs"], fingerprint
        ):
            return "current" if before["status"] == "done" else before["status"]
        own.discard(names)
        starting(self.step.label)
        began = time.perf_counter()
        status, note, made = "done", "", {}
        try:
            made = run_step(self.step, self.task, collect_inputs(self.step, run, usable), scene)
            for name, value in made.items():
                own.put(name, value, fingerprint, inputs)
        except NoWorkFound as reason:
            status, note = "no work", brief(reason)
        except BaseException:
            own.discard(names)
            raise
        self._write(own, status, note, time.perf_counter() - began, fingerprint, list(made))
        return status

    def _missing(self, store: Workspace, per_unit: bool) -> list[str]:
        missing = missing_inputs(self.step, store, per_unit)
        outside = [name for name in missing if name not in self.made_inside]
        if outside:
            raise BadInputError(
                f"task '{self.step.label}' needs {', '.join(outside)}, which no task of the"
                f" pipeline makes and {store.folder} does not hold; add the task that makes it."
            )
        return missing

    def _input_fingerprints(
        self, run: Workspace, units: Sequence[Workspace]
    ) -> dict[str, list[str | None]]:
        """Fingerprints of each input dataset, one a workspace that it comes from."""
        return {
            read.dataset: [
                store.fingerprint(read.dataset) for store in (units if read.per_unit else [run])
            ]
            for read in self.step.inputs
        }

    def _write(
        self,
        own: Workspace,
        status: str,
        note: str = "",
        seconds: float = 0.0,
        fingerprint: str = "",
        outputs: Sequence[str] = (),
    ) -> None:
        """Write what happened to ``run.json``, at once: the process may be killed later."""
        own.record.tasks[self.step.label] = {
            "class": self.step.node.task_class_name,
            "status": status,
            "note": note,
            "seconds": round(seconds, 3),
            "outputs": list(outputs),
            "fingerprint": fingerprint,
            "model packages": self.models,
            "configuration": self.settings,
        }
        own.record.save()
