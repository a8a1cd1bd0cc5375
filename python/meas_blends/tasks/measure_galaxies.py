"""Measure the morphology of every galaxy of a set, and what that costs."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.galaxy_outcome_tables import GALAXY_COST, GALAXY_MEASURED
from ..data.galaxy_sets import GalaxySet
from ..data.morphology_tables import MORPHOLOGY
from ..plugins.registries import estimators
from .dimensions import IMAGE
from .estimators.trained import check_estimator

if TYPE_CHECKING:
    from ..morphology.stamps import Stamps

__all__ = ["MeasureGalaxiesConfig", "MeasureGalaxiesConnections", "MeasureGalaxiesTask"]

#: Galaxies that are measured before the clock starts, so that all is loaded.
_WARM_UP = 8


class MeasureGalaxiesConnections(PipelineTaskConnections, dimensions=IMAGE):
    """A set of galaxies in, posteriors out."""

    galaxies = ct.Input(
        doc="Cutouts of galaxies.",
        name="galaxies",
        storageClass="GalaxySet",
        dimensions=IMAGE,
    )
    measured = ct.Output(
        doc="One row a galaxy: the posterior of B/T, radius and flux.",
        name="galaxy_measured",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )
    cost = ct.Output(
        doc="Time and memory that it took.",
        name="galaxy_cost",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )


class MeasureGalaxiesConfig(PipelineTaskConfig, pipelineConnections=MeasureGalaxiesConnections):
    """Configuration of `MeasureGalaxiesTask`."""

    estimator = estimators.makeField(doc="What measures the stamps, by name.", default="compact")
    batch_size = Field[int](
        doc="Stamps that are measured at once; bounds the memory.",
        default=128,
        check=lambda size: size >= 1,
    )
    min_core = Field[float](
        doc="Least share of usable pixels within one PSF FWHM of the centre; below, it has FAILED.",
        default=0.5,
        check=lambda share: 0 <= share <= 1,
    )


class MeasureGalaxiesTask(PipelineTask):
    """Measure the galaxies of a set with one estimator, against the clock."""

    ConfigClass = MeasureGalaxiesConfig
    _DefaultName = "measureGalaxies"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.makeSubtask("estimator")
        check_estimator(self.estimator, given=False)

    def run(self, galaxies: GalaxySet) -> Struct:
        """Measure a set.

        Parameters
        ----------
        galaxies : `~meas_blends.data.galaxy_sets.GalaxySet`
            Cutouts at least as large as the estimator's stamps.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``measured`` (`~meas_blends.data.galaxy_outcome_tables.GALAXY_MEASURED`)
            and ``cost`` (`~meas_blends.data.galaxy_outcome_tables.GALAXY_COST`).

        Raises
        ------
        BadInputError
            If the cutouts are smaller than the estimator's stamps.
        """
        from ..morphology.set_stamps import SetStamps

        stamps = SetStamps(galaxies, self.estimator.stamp_size, self.config.min_core)
        number = len(stamps)
        self._measure(stamps.cut(slice(0, _WARM_UP)), galaxies)
        used, began = time.process_time(), time.perf_counter()
        parts = [
            self._measure(stamps.cut(slice(start, start + self.config.batch_size)), galaxies)
            for start in range(0, number, self.config.batch_size)
        ]
        used, elapsed = time.process_time() - used, time.perf_counter() - began
        self.log.info("%d galaxies, %.3g ms each", number, 1e3 * elapsed / number)
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        known = galaxies.galaxies
        keys = {
            "galaxyId": known["galaxyId"] if "galaxyId" in known.colnames else np.arange(number),
            "estimator": self.config.estimator.name,
            "model": self.estimator.model_label,
        }
        cost = {
            "method": self.config.estimator.name,
            "model": self.estimator.model_label,
            "stampSize": self.estimator.stamp_size,
            "nGalaxies": number,
            "seconds": used / number,
            "elapsed": elapsed / number,
            "peakMemory": _peak_memory(),
            "device": self._device(),
        }
        return Struct(
            measured=GALAXY_MEASURED.make({**keys, **columns}),
            cost=GALAXY_COST.make({name: [value] for name, value in cost.items()}),
        )

    def _measure(self, stamps: Stamps, galaxies: GalaxySet) -> dict[str, np.ndarray]:
        """Columns of one batch, in physical units, flagged."""
        found = self.estimator.run(stamps)
        failed = stamps.flags & MORPHOLOGY.flag("FAILED") != 0
        factors = np.ones((len(stamps), 3))
        factors[:, 1] = galaxies.pixel_scale
        factors[:, 2] = galaxies.nanojansky_per_count * stamps.sigma
        columns = found.posterior.shifted(np.log(factors)).columns()
        for values in columns.values():
            values[failed] = np.nan
        flags = stamps.flags.copy()
        told = {"OUTSIDE_TRAINING": found.outside}
        if hasattr(found, "refined"):
            told["NOT_REFINED"] = ~found.refined
        if hasattr(found, "misfit"):
            told["MISFIT"] = found.misfit
        for name, rows in told.items():
            flags |= np.where(~failed & rows, MORPHOLOGY.flag(name), 0).astype(flags.dtype)
        # Only estimators with a spatial transformer have it.
        scale = getattr(found, "crop_scale", np.full(len(stamps), np.nan))
        return {**columns, "cropScale": scale, "flags": flags}

    def _device(self) -> str:
        """Where the estimator's network runs; empty if it does not say."""
        from ..morphology.compact import choose_device

        name = getattr(self.estimator.config, "device", "")
        return str(choose_device(name)) if name else ""


def _peak_memory() -> float:
    """Most memory that the process has had [GB]; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes, but bytes on macOS.
    return peak / (1e9 if sys.platform == "darwin" else 1e6)
