"""Taking one image, patch or the run through a phase of a pipeline, in one process."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..data.coadd import Coadd
from .extras import make_extras
from .failures import sentence
from .fingerprint import versions
from .levels import Level
from .picture import make_picture
from .pipeline import LoadedPipeline
from .places import Place
from .plan import COADD, Phase, Plan, Step
from .results import TABLE_PREFIXES, Listener, coadd_summary, count_objects
from .steps import RunnableStep
from .storage import dataset_path
from .workspace import Workspace

__all__ = ["PlaceRunner"]


class PlaceRunner:
    """Runs the steps of a pipeline on places, one at a time.

    The tasks are built once, so a model is loaded once, whatever the number
    of places.

    Parameters
    ----------
    pipeline : `LoadedPipeline`
        What to run.
    plan : `Plan`
        Its phases.
    redo : `bool`
        Make everything anew, whatever is there already.
    picture : `bool`
        Draw ``blends.png`` for each image and patch that has footprints.
    listener : `Listener`
        Hears which task is at work.
    extras : sequence of `str`
        Further files to make, of `~meas_blends.run.extras.EXTRAS`.

    Raises
    ------
    BadInputError
        If a task cannot be built from its configuration.
    """

    def __init__(
        self,
        pipeline: LoadedPipeline,
        plan: Plan,
        redo: bool = False,
        picture: bool = True,
        listener: Listener | None = None,
        extras: Sequence[str] = (),
    ) -> None:
        self.pipeline = pipeline
        self.plan = plan
        self.redo = redo
        self.picture = picture
        self.listener = listener or Listener()
        self.extras = tuple(extras)
        tasks = pipeline.build_tasks()
        made = frozenset(name for step in plan.steps for name in step.outputs.values())
        self._steps = {
            step.label: RunnableStep(step, tasks[step.label], made) for step in plan.steps
        }
        self._storage: Mapping[str, str] = {
            **{read.dataset: read.storage for step in plan.steps for read in step.inputs},
            **{name: storage for step in plan.steps for name, storage in step.storage.items()},
        }

    def run(self, phase: Phase, place: Place, last: bool) -> None:
        """Take one place through one phase, unless it or what it is made of has failed.

        Parameters
        ----------
        phase : `Phase`
            What to run.
        place : `Place`
            On what; its ``result`` tells what became of it.
        last : `bool`
            Whether this is the last phase of its level.
        """
        result = place.result
        if phase.level == Level.PATCH:
            _fail_with_members(place)
        if not place.is_usable:
            return
        began = time.perf_counter()
        doing = f"opening {place.unit.name}"
        try:
            if place.space is None:
                place.space = self._attach(place) if place.opened else self._open(place)
                place.opened = True
            for other in (*place.inside, *place.around):
                if other.space is None and other.opened:
                    other.space = self._attach(other)
            for step in phase.steps:
                doing = f"task '{step.label}'"
                self._advance(step, place)
            if last and phase.level < Level.RUN:
                doing = "counting the objects"
                result.counts = count_objects(place.space)
                doing = "drawing the picture"
                self._draw(place)
            if last and self.extras:
                doing = f"making {', '.join(self.extras)}"
                self.listener.task(place.unit.name, ", ".join(self.extras))
                result.notes += make_extras(self.extras, place.space, _images_of(place))
        # Whatever happens to one of them must not stop the others.
        except Exception as error:
            result.error, result.traceback = sentence(error, doing), traceback.format_exc()
        result.seconds += time.perf_counter() - began
        if place.space is not None:
            self._close(place)
        for read in place.inside:
            if read.space is not None:
                read.space.release()

    def run_outputs(self, whole: Place) -> dict[str, Path]:
        """Files of what was made of the whole run."""
        paths = {}
        for step in self.plan.steps:
            for name in step.outputs.values() if step.level == Level.RUN else ():
                path = dataset_path(whole.result.folder, name, step.storage[name])
                if path is not None and whole.space is not None and name in whole.space:
                    paths[name] = path
        return paths

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
            result.tasks_idle += 1
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
        place.result.picture = make_picture(place.space, _images_of(place))

    def _attach(self, place: Place) -> Workspace:
        """Take up the folder of a place as it is."""
        unit = place.unit
        return Workspace(place.result.folder, self._storage, unit.external(), unit.data_id)

    def _open(self, place: Place) -> Workspace:
        """Open the folder of a place; what was made of another image goes."""
        unit = place.unit
        unit.check()
        space = self._attach(place)
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
            space.record.content.pop("coadd", None)
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
        # Of an image that was done before they are those of then.
        known = content.get("coadd", space.record.content.get("coadd", {}))
        if place.unit.path is not None:
            result.remarks = dict(known.get("remarks", {}))
        space.release()
        try:
            space.record.update(content)
        except OSError as error:
            result.error = result.error or sentence(error, "writing run.json")


def _images_of(place: Place) -> Sequence[Workspace]:
    """Images of a patch; none of an image."""
    return place.stores()[Level.IMAGE] if place.level == Level.PATCH else ()


def _fail_with_members(patch: Place) -> None:
    """Fail a patch of which an image has failed: its results would lack a band."""
    failed = [place.unit.name for place in patch.inside if place.result.error]
    if failed and not patch.result.error:
        patch.result.error = (
            f"its image {failed[0]} failed; correct or leave out that image, and run again."
        )
