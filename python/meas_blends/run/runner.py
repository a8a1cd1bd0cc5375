"""Running a pipeline over images or simulated scenes, into one folder each."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..data.coadd import Coadd
from .failures import sentence
from .fingerprint import versions
from .picture import make_picture
from .pipeline import LoadedPipeline
from .plan import COADD, Phase, Plan, Step
from .results import Listener, RunResult, UnitResult, coadd_summary, count_objects
from .steps import RunnableStep
from .storage import dataset_path
from .units import Unit
from .workspace import Workspace

__all__ = ["Runner"]


class Runner:
    """Runs a pipeline over units.

    Parameters
    ----------
    pipeline : `LoadedPipeline`
        What to run.
    plan : `Plan`
        Its phases.
    folder : `pathlib.Path`
        Where everything goes: each unit into a folder of its own, what is
        made of all units beside those.
    redo : `bool`
        Make everything anew, whatever is there already.
    picture : `bool`
        Draw ``blends.png`` for each unit that has footprints.
    listener : `Listener`
        Hears how it goes.

    Raises
    ------
    BadInputError
        If a task cannot be built from its configuration.
    """

    def __init__(
        self,
        pipeline: LoadedPipeline,
        plan: Plan,
        folder: Path,
        redo: bool = False,
        picture: bool = True,
        listener: Listener | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.plan = plan
        self.folder = folder
        self.redo = redo
        self.picture = picture
        self.listener = listener or Listener()
        tasks = pipeline.build_tasks()
        made = frozenset(name for step in plan.steps for name in step.outputs.values())
        self._steps = {
            step.label: RunnableStep(step, tasks[step.label], made) for step in plan.steps
        }
        self._storage: Mapping[str, str] = {
            **{read.dataset: read.storage for step in plan.steps for read in step.inputs},
            **{name: storage for step in plan.steps for name, storage in step.storage.items()},
        }

    def run(self, units: Sequence[Unit]) -> RunResult:
        """Go through all phases; one failed unit does not stop the others.

        Parameters
        ----------
        units : sequence of `Unit`
            Images or scenes; none for a pipeline that runs only once.

        Returns
        -------
        result : `RunResult`
        """
        whole = UnitResult("the run", self.folder)
        results = {unit.name: UnitResult(unit.name, self.folder / unit.name) for unit in units}
        run_space = Workspace(self.folder, self._storage)
        spaces: dict[str, Workspace] = {}
        per_unit = [phase for phase in self.plan.phases if phase.per_unit]
        self.listener.begin(len(per_unit) * len(units))
        for phase in self.plan.phases:
            if not phase.per_unit:
                good = [spaces[name] for name, result in results.items() if not result.error]
                self._run_whole(phase, run_space, good, whole)
                continue
            for unit in units:
                result, last = results[unit.name], phase is per_unit[-1]
                if not result.error:
                    self._run_unit(unit, phase, spaces, run_space, result, last)
                self.listener.done(result, last)
        return RunResult(list(results.values()), whole, self._run_outputs(run_space))

    def _run_unit(
        self,
        unit: Unit,
        phase: Phase,
        spaces: dict[str, Workspace],
        run_space: Workspace,
        result: UnitResult,
        last: bool,
    ) -> None:
        """Take one unit through one phase."""
        began = time.perf_counter()
        doing = f"opening {unit.name}"
        try:
            if unit.name not in spaces:
                spaces[unit.name] = self._open(unit)
            space = spaces[unit.name]
            for step in phase.steps:
                doing = f"task '{step.label}'"
                self._advance(step, space, run_space, [space], unit, result)
            if last:
                doing = "counting the objects"
                result.counts = count_objects(space)
                if self.picture and (unit.path is not None or "blend_classification" in space):
                    doing = "drawing the picture"
                    self.listener.task(unit.name, "picture")
                    result.picture = make_picture(space)
        # Whatever happens to one unit must not stop the others.
        except Exception as error:
            result.error, result.traceback = sentence(error, doing), traceback.format_exc()
        result.seconds += time.perf_counter() - began
        if unit.name in spaces:
            self._close(spaces[unit.name], result, unit.source)

    def _run_whole(
        self, phase: Phase, space: Workspace, units: Sequence[Workspace], result: UnitResult
    ) -> None:
        """Run the steps that run once, on the units that have not failed."""
        if result.error:
            return
        began = time.perf_counter()
        doing = f"opening {self.folder}"
        try:
            space.record.clean()
            for step in phase.steps:
                doing = f"task '{step.label}'"
                if self.redo:
                    space.discard(step.outputs.values())
                self._advance(step, space, space, units, Unit("the run"), result)
        except Exception as error:
            result.error, result.traceback = sentence(error, doing), traceback.format_exc()
        result.seconds += time.perf_counter() - began
        for unit in units:
            unit.release()
        self._close(space, result, {"units": [unit.folder.name for unit in units]})

    def _advance(
        self,
        step: Step,
        own: Workspace,
        run_space: Workspace,
        units: Sequence[Workspace],
        unit: Unit,
        result: UnitResult,
    ) -> None:
        """Advance by one step and remember how it went."""
        status = self._steps[step.label].advance(
            own, run_space, units, unit.scene, lambda label: self.listener.task(unit.name, label)
        )
        if status == "done":
            result.tasks_run += 1
        elif status != "current":
            note = own.record.tasks[step.label]["note"]
            result.notes.append(f"task '{step.label}': {status}" + (f", {note}" if note else ""))

    def _open(self, unit: Unit) -> Workspace:
        """Open the folder of a unit; what was made of another image goes."""
        unit.check()
        space = Workspace(self.folder / unit.name, self._storage, unit.external())
        space.record.clean()
        if self.redo:
            made = [name for s in self.plan.steps if s.per_unit for name in s.outputs.values()]
            space.discard([*made, "picture"])
        elif space.record.content.get("source", unit.source) != unit.source:
            space.record.forget(COADD)
        return space

    def _close(self, space: Workspace, result: UnitResult, source: Mapping[str, object]) -> None:
        """Write ``run.json`` and let go of the memory."""
        content = {
            "status": "failed" if result.error else "done",
            "error": result.error,
            "pipeline": {
                "name": self.pipeline.name,
                "description": self.pipeline.description,
                "tasks": list(self.pipeline.nodes),
            },
            "source": source,
            "counts": result.counts,
            "versions": versions(),
        }
        coadd = space.loaded(COADD)
        if isinstance(coadd, Coadd):
            content["coadd"] = coadd_summary(coadd)
        space.release()
        try:
            space.record.update(content)
        except OSError as error:
            result.error = result.error or sentence(error, "writing run.json")

    def _run_outputs(self, space: Workspace) -> dict[str, Path]:
        """Files of what was made of all units."""
        paths = {}
        for step in self.plan.steps:
            for name in () if step.per_unit else step.outputs.values():
                path = dataset_path(self.folder, name, step.storage[name])
                if path is not None and name in space:
                    paths[name] = path
        return paths
