"""LSST's detection tasks with our peaks.

`BlendSourceDetectionTask` and `BlendDynamicDetectionTask` stand for LSST's
`SourceDetectionTask` and `DynamicDetectionTask`::

    from meas_blends.middleware.afw.detection import BlendDynamicDetectionTask

    config.detection.retarget(BlendDynamicDetectionTask)
    config.detection.peak_finder.name = "gp"

They are made when they are first asked for, since only the LSST stack has
what they build on.
"""

from __future__ import annotations

import functools
import importlib
import types
from typing import TYPE_CHECKING, Any

from lsst.pex.config import Config, ConfigField
from lsst.pipe.base import Struct, Task

from ...plugins.registries import peak_finders
from ...tasks.filtering import FilteringConfig
from .exposure import coadd_from_exposure
from .peaks import rewrite_peaks

if TYPE_CHECKING:
    from lsst.afw.image import Exposure

__all__ = ["BlendDetectionConfig", "BlendDetectionMixin"]

_STACK = "lsst.meas.algorithms"

#: Our tasks, and what they build on.
_BASES = {
    "BlendSourceDetectionTask": "SourceDetectionTask",
    "BlendDynamicDetectionTask": "DynamicDetectionTask",
}


class BlendDetectionConfig(Config):
    """What `BlendDetectionMixin` adds to the configuration of a detection."""

    peak_finder = peak_finders.makeField(
        doc="What finds the peaks in the footprints, by name.", default="gp"
    )
    filtering = ConfigField(
        doc="Background and matched filter of the peak finder. The footprints are those of LSST's"
        " own filter.",
        dtype=FilteringConfig,
    )


class BlendDetectionMixin:
    """Replaces the peaks of what a detection task detects.

    Goes before any task with the `detectFootprints` of
    ``lsst.meas.algorithms.SourceDetectionTask``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.makeSubtask("peak_finder")

    def detectFootprints(self, exposure: Exposure, *args: Any, **kwargs: Any) -> Struct:
        """Detect footprints as LSST does, and give the positive ones our peaks.

        Parameters
        ----------
        exposure : `lsst.afw.image.Exposure`
            Of one band.
        *args, **kwargs
            Go on to LSST's own method, whose arguments change with time.

        Returns
        -------
        found : `lsst.pipe.base.Struct`
            What LSST's own method gives, with other peaks and the number of
            them. Negative footprints stay as they are.
        """
        # Detection marks as EDGE where its own kernel does not fit; there is light all the same.
        mask = exposure.mask.array.copy()
        found = super().detectFootprints(exposure, *args, **kwargs)
        positive = getattr(found, "positive", None)
        footprints = [] if positive is None else positive.getFootprints()
        if footprints:
            coadd = coadd_from_exposure(exposure).replace(mask=mask)
            ours = rewrite_peaks(footprints, coadd, self.peak_finder, self.config.filtering)
            if hasattr(found, "numPosPeaks"):
                found.numPosPeaks = sum(len(footprint.getPeaks()) for footprint in footprints)
            self.log.info(
                "%d of %d footprints blended, %d peaks",
                ours.classification["blended"].sum(),
                len(footprints),
                len(ours.peaks),
            )
        return found


@functools.cache
def _make_task(name: str) -> type[Task]:
    """Make one of our detection tasks and its configuration.

    Raises
    ------
    ImportError
        If there is no LSST stack.
    """
    try:
        base = getattr(importlib.import_module(_STACK), _BASES[name])
    except ImportError as error:
        raise ImportError(f"{name} needs the LSST stack; set up {_STACK} first") from error
    # Configurations are saved by these names, so they must be those of this module.
    config = types.new_class(
        name.removesuffix("Task") + "Config",
        (BlendDetectionConfig, base.ConfigClass),
        exec_body=lambda names: names.update(
            __module__=__name__, __doc__=f"Configuration of `{name}`."
        ),
    )
    return types.new_class(
        name,
        (BlendDetectionMixin, base),
        exec_body=lambda names: names.update(
            __module__=__name__,
            __doc__=f"`{_STACK}.{base.__name__}` with our peaks.",
            ConfigClass=config,
            _DefaultName=base._DefaultName,
        ),
    )


def __getattr__(name: str) -> Any:
    """Make a task, or the configuration of one, when it is first asked for."""
    task = name.removesuffix("Config") + "Task" if name.endswith("Config") else name
    if task not in _BASES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = _make_task(task)
    return made.ConfigClass if name.endswith("Config") else made
