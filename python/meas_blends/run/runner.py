"""Running a pipeline over images or simulated scenes and their patches, into one folder each."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..data.coadd import Coadd
from .failures import sentence
from .fingerprint import versions
from .levels import Level
from .patches import group_patches
from .picture import make_picture
from .pipeline import LoadedPipeline
from .places import Place, make_places
from .plan import COADD, Phase, Plan, Step
from .results import TABLE_PREFIXES, Listener, RunResult, coadd_summary, count_objects
from .steps import RunnableStep
from .storage import dataset_path
from .units import Unit
from .workspace import Workspace

__all__ = ["Runner"]


class Runner:
    """Runs a pipeline over images, their patches, and all of them together.

    Parameters
    ----------
    pipeline : `LoadedPipeline`
        What to run.
    plan : `Plan`
        Its phases.
    folder : `pathlib.Path`
        Where everything goes: each image and each patch into a folder of its
        own, what is made of all of them beside those.
    redo : `bool`
        Make everything anew, whatever is there already.
    picture : `bool`
        Draw ``blends.png`` for each image and patch that has footprints.
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

    def run(self, units: Sequence[Unit], bands: Sequence[str] = ()) -> RunResult:
        """Go through all phases; one failed image does not stop the others.

        Parameters
        ----------
        units : sequence of `Unit`
            Images or scenes; none for a pipeline that runs only once.
        bands : sequence of `str`, optional
            Which bands patches may have and in which order, as
            `group_patches` takes it.

        Returns
        -------
        result : `RunResult`

        Raises
        ------
        BadInputError
            If some task runs once a patch, and the images do not fall into
            patches.
        """
        patches: list[Unit] = []
        if self.plan.phases_of(Level.PATCH):
            units, patches = group_patches(units, bands)
        places = make_places(self.folder, units, patches)
        (whole,) = places[Level.RUN]
        phases = self.plan.phases
        if phases[0].level != Level.IMAGE:
            # Images that no task takes by themselves must be opened for those that read them.
            phases = (Phase(Level.IMAGE, ()), *phases)
        last = {phase.level: phase for phase in phases}
        heard = [phase for phase in self.plan.phases if phase.level < Level.RUN]
        self.listener.begin(sum(len(places[phase.level]) for phase in heard))
        for phase in phases:
            for place in places[phase.level]:
                self._run_phase(phase, place, phase is last[phase.level])
                if phase in heard:
                    self.listener.done(place.result, phase is last[phase.level])
        every = (*places[Level.IMAGE], *places[Level.PATCH])
        told = [p.result for p in every if self.plan.phases_of(p.level) or p.result.error]
        return RunResult(told, whole.result, self._run_outputs(whole))

    def _run_phase(self, phase: Phase, place: Place, last: bool) -> None:
        """Take one place through one phase, unless it or what it is made of has failed."""
        result = place.result
        if phase.level == Level.PATCH:
            _fail_with_members(place)
        if not place.is_usable:
            return
        began = time.perf_counter()
        doing = f"opening {place.unit.name}"
        try:
            if place.space is None:
                place.space = self._open(place)
            for step in phase.steps:
                doing = f"task '{step.label}'"
                self._advance(step, place)
            if last and phase.level < Level.RUN:
                doing = "counting the objects"
                result.counts = count_objects(place.space)
                doing = "drawing the picture"
                self._draw(place)
        # Whatever happens to one of them must not stop the others.
        except Exception as error:
            result.error, result.traceback = sentence(error, doing), traceback.format_exc()
        result.seconds += time.perf_counter() - began
        if place.space is not None:
            self._close(place)
        for read in place.inside:
            if read.space is not None:
                read.space.release()

    def _advance(self, step: Step, place: Place) -> None:
        """Advance by one step and remember how it went."""
        unit, result = place.unit, place.result
        status = self._steps[step.label].advance(
            place.space,
            place.stores(),
            lambda label: self.listener.task(unit.name, label),
            unit.scene,
            unit.band,
        )
        if status == "done":
            result.tasks_run += 1
        elif status != "current":
            note = place.space.record.tasks[step.label]["note"]
            result.notes.append(f"task '{step.label}': {status}" + (f", {note}" if note else ""))

    def _draw(self, place: Place) -> None:
        """Draw the picture of what the user gave, or of what has results."""
        classified = [f"{prefix}blend_classification" for prefix in TABLE_PREFIXES]
        if not self.picture or not (
            place.unit.path is not None or any(name in place.space for name in classified)
        ):
            return
        self.listener.task(place.unit.name, "picture")
        images = place.stores()[Level.IMAGE] if place.level == Level.PATCH else ()
        place.result.picture = make_picture(place.space, images)

    def _open(self, place: Place) -> Workspace:
        """Open the folder of a place; what was made of another image goes."""
        unit = place.unit
        unit.check()
        space = Workspace(place.result.folder, self._storage, unit.external(), unit.data_id)
        space.record.clean()
        if self.redo:
            steps = [step for step in self.plan.steps if step.level == place.level]
            space.discard([*(name for s in steps for name in s.outputs.values()), "picture"])
        # The run's source is its list of units: the fingerprints of what it reads tell of those.
        elif (
            place.level != Level.RUN
            and space.record.content.get("source", unit.source) != unit.source
        ):
            space.record.forget(COADD)
        return space

    def _close(self, place: Place) -> None:
        """Write ``run.json`` and let go of the memory."""
        result, space = place.result, place.space
        source = place.unit.source
        if place.level == Level.RUN:
            inside = [p.unit.name for p in place.inside if p.is_usable and p.level == Level.IMAGE]
            source = {"units": inside}
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

    def _run_outputs(self, whole: Place) -> dict[str, Path]:
        """Files of what was made of everything."""
        paths = {}
        for step in self.plan.steps:
            for name in step.outputs.values() if step.level == Level.RUN else ():
                path = dataset_path(self.folder, name, step.storage[name])
                if path is not None and whole.space is not None and name in whole.space:
                    paths[name] = path
        return paths


def _fail_with_members(patch: Place) -> None:
    """Fail a patch of which an image has failed: its results would lack a band."""
    failed = [place.unit.name for place in patch.inside if place.result.error]
    if failed and not patch.result.error:
        patch.result.error = (
            f"its image {failed[0]} failed; correct or leave out that image, and run again."
        )
