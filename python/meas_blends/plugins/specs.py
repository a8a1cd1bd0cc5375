"""The hook that a plugin implements, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass

import pluggy

__all__ = ["ENTRY_POINT_GROUP", "KINDS", "Extension", "hookimpl", "hookspec"]

#: Entry-point group in which a distribution names its plugin module.
ENTRY_POINT_GROUP = "meas_blends"

#: What can be added: ``kind`` of an `Extension`, and what its class is.
KINDS = {
    "peak_finder": "a subtask of ClassifyBlendsTask, chosen by peak_finder.name",
    "trainer": "a subtask of TrainBlendClassifierTask, chosen by trainer.name",
    "estimator": "a subtask of MeasureMorphologyTask, chosen by estimator.name",
    "morphology_trainer": "a subtask of TrainMorphologyTask, chosen by trainer.name",
    "task": "a PipelineTask, added to a pipeline by blendtask run --task NAME",
    "layout": "a Layout of image files, recognised or chosen by blendtask run --layout NAME",
}

hookspec = pluggy.HookspecMarker("meas_blends")
hookimpl = pluggy.HookimplMarker("meas_blends")


@dataclass(frozen=True)
class Extension:
    """A class, or a layout, that a plugin offers under a name.

    Parameters
    ----------
    kind : `str`
        One of `KINDS`.
    name : `str`
        The name that configuration chooses it by.
    target : `str`
        ``"package.module:Class"``, imported when it is needed and not
        before, so that listing plugins stays quick. The class has a
        ``ConfigClass``; of a layout it is ``"package.module:LAYOUT"``, a
        `meas_blends.data.fits.layouts.Layout` of that name.
    summary : `str`
        One line for ``blendtask list``.
    """

    kind: str
    name: str
    target: str
    summary: str


@hookspec
def meas_blends_extensions() -> list[Extension]:
    """Return the extensions that this plugin offers."""
