"""Running a pipeline over images or simulated scenes and their patches, into one folder each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from .levels import Level
from .patches import group_patches
from .pipeline import LoadedPipeline
from .place_runner import PlaceRunner
from .places import Place, make_places
from .plan import Phase, Plan
from .results import Listener, RunResult
from .units import Unit

__all__ = ["Runner", "Workers"]


class Workers(Protocol):
    """Who takes images and patches through a phase."""

    def through(self, phase: Phase, places: Sequence[Place], last: bool) -> Iterator[Place]:
        """Take places through a phase, and yield each when it is through."""


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
    extras : sequence of `str`
        Further files to make, of `~meas_blends.run.extras.EXTRAS`.
    workers : `Workers`, optional
        Who takes images and patches through their phases; this process, one
        after the other, if not given. What is made of all of them is made
        here.

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
        workers: Workers | None = None,
        extras: Sequence[str] = (),
    ) -> None:
        self.plan = plan
        self.folder = folder
        self.listener = listener or Listener()
        self._here = PlaceRunner(pipeline, plan, redo, picture, self.listener, extras)
        self._workers = workers or _OneByOne(self._here)

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
            is_last = phase is last[phase.level]
            if phase.level == Level.RUN:
                self._here.run(phase, whole, is_last)
                continue
            for place in self._workers.through(phase, places[phase.level], is_last):
                if phase in heard:
                    self.listener.done(place.result, is_last)
        every = (*places[Level.IMAGE], *places[Level.PATCH])
        told = [p.result for p in every if self.plan.phases_of(p.level) or p.result.error]
        return RunResult(told, whole.result, self._here.run_outputs(whole))


class _OneByOne:
    """This process, one place after the other."""

    def __init__(self, runner: PlaceRunner) -> None:
        self._runner = runner

    def through(self, phase: Phase, places: Sequence[Place], last: bool) -> Iterator[Place]:
        """Take places through a phase, and yield each when it is through."""
        for place in places:
            self._runner.run(phase, place, last)
            yield place
