"""Advancing one workspace by one step: skip what is current, run what is not, record it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lsst.pipe.base import NoWorkFound, PipelineTask

from ..errors import BadInputError
from .execute import collect_inputs, missing_inputs, run_step
from .fields import brief
from .fingerprint import digest, model_packages, plain_settings, step_identity
from .levels import Level
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
        Its task, built once for the whole run.
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
        stores: Mapping[Level, Sequence[Workspace]],
        starting: Callable[[str], None],
        scene: int = 0,
        band: str = "",
    ) -> str:
        """Make the outputs of the step unless they are there already.

        Parameters
        ----------
        own : `Workspace`
            Where the outputs go.
        stores : `dict` [`Level`, sequence of `Workspace`]
            Where the inputs of each level come from.
        starting : callable
            Called with the label before the task runs.
        scene : `int`
            Number of the scene, if there is one.
        band : `str`
            Its band, if the user asked for some.

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
        usable = self._usable(stores)
        if usable is None:
            own.discard(names)
            self._write(own, "skipped", "nothing to read")
            return "skipped"
        inputs = self._input_fingerprints(usable)
        source = [scene, band] if self.step.is_source else None
        fingerprint = digest([self.identity, inputs, source])
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
            arguments = collect_inputs(self.step, usable)
            made = run_step(self.step, self.task, arguments, scene, band)
            for name, value in made.items():
                own.put(name, value, fingerprint, inputs)
        except NoWorkFound as reason:
            status, note = "no work", brief(reason)
        except BaseException:
            own.discard(names)
            raise
        self._write(own, status, note, time.perf_counter() - began, fingerprint, list(made))
        return status

    def _usable(
        self, stores: Mapping[Level, Sequence[Workspace]]
    ) -> dict[Level, list[Workspace]] | None:
        """Stores that have all that the step needs; `None` if it cannot do without the others.

        An image or a patch in which some task had no work takes no part in
        what is made of several.
        """
        usable = {}
        for level in {read.level for read in self.step.inputs}:
            whole = [store for store in stores[level] if not self._missing(store, level)]
            if not whole or (level >= self.step.level and len(whole) < len(stores[level])):
                return None
            usable[level] = whole
        return usable

    def _missing(self, store: Workspace, level: Level) -> list[str]:
        missing = missing_inputs(self.step, store, level)
        outside = [name for name in missing if name not in self.made_inside]
        if outside:
            raise BadInputError(
                f"task '{self.step.label}' needs {', '.join(outside)}, which no task of the"
                f" pipeline makes and {store.folder} does not hold; add the task that makes it."
            )
        return missing

    def _input_fingerprints(self, stores: Mapping[Level, Sequence[Workspace]]) -> dict[str, list]:
        """Fingerprints of each input dataset, one a workspace that it comes from.

        What is deferred comes with its data ID, so that counts too.
        """
        return {
            read.dataset: [
                [store.fingerprint(read.dataset), store.data_id]
                if read.deferred
                else store.fingerprint(read.dataset)
                for store in stores[read.level]
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
