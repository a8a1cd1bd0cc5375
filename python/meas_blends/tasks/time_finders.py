"""Take the time of several peak finders on one image."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import lsst.pipe.base.connectionTypes as ct
from astropy.table import Table
from lsst.pex.config import ConfigField, Field
from lsst.pipe.base import (
    NoWorkFound,
    PipelineTask,
    PipelineTaskConfig,
    PipelineTaskConnections,
    Struct,
)

from ..data.coadd import Coadd
from ..data.footprints import pixel_lists
from ..data.score_tables import TIMING
from ..plugins.registries import peak_finders
from .dimensions import IMAGE
from .filtering import FilteringConfig, filter_coadd

__all__ = ["TimeFindersConfig", "TimeFindersConnections", "TimeFindersTask"]

_RUN = ("skymap", "band")


class _Handle(Protocol):
    """What stands for a dataset that is read on demand."""

    def get(self) -> Coadd | Table:
        """Read it."""


class TimeFindersConnections(PipelineTaskConnections, dimensions=_RUN):
    """Coadds and their spans in, the times of one of them out."""

    coadds = ct.Input(
        doc="Coadds; the first one is used.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    spans = ct.Input(
        doc="Pixels of the footprints of each.",
        name="blend_spans",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    timing = ct.Output(
        doc="Processor time of each peak finder.",
        name="blend_timing",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )


class TimeFindersConfig(PipelineTaskConfig, pipelineConnections=TimeFindersConnections):
    """Configuration of `TimeFindersTask`."""

    filtering = ConfigField(
        doc="Background and matched filter; the same as of the detection.", dtype=FilteringConfig
    )
    finders = peak_finders.makeField(
        doc="Peak finders to time, by name.", default=["local_maxima", "gp"], multi=True
    )
    repeats = Field[int](
        doc="How often each is run; the quickest one counts.",
        default=3,
        check=lambda number: number >= 1,
    )


class TimeFindersTask(PipelineTask):
    """Run each peak finder several times on one coadd and take the processor's time."""

    ConfigClass = TimeFindersConfig
    _DefaultName = "timeFinders"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        # The chosen names are a set: sorted, every process has them in one order.
        self.names = sorted(self.config.finders.names)
        self.finders = self.config.finders.apply_with(self.names, name="finder", parentTask=self)

    def run(self, coadds: Sequence[_Handle], spans: Sequence[_Handle]) -> Struct:
        """Time the peak finders on the first coadd.

        Parameters
        ----------
        coadds, spans : sequences of `lsst.daf.butler.DeferredDatasetHandle`
            Of `~meas_blends.data.coadd.Coadd` and of
            `~meas_blends.data.catalogs.SPANS`.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``timing``, `~meas_blends.data.score_tables.TIMING`: processor time
            of all cores together, so that it does not depend on their number.

        Raises
        ------
        lsst.pipe.base.NoWorkFound
            If the coadd has no footprints.
        """
        coadd, footprints = coadds[0].get(), spans[0].get()
        if len(footprints) == 0:
            raise NoWorkFound("the first coadd has no footprints to time the peak finders on")
        began = time.process_time()
        filtered = filter_coadd(coadd, self.config.filtering)
        pixels = pixel_lists(footprints, coadd.shape, coadd.xy0)
        preparation = time.process_time() - began
        seconds = [
            self._quickest(lambda finder=finder: finder.run(filtered, pixels))
            for finder in self.finders
        ]
        number = len(pixels.identifiers)
        return Struct(
            timing=TIMING.make(
                {
                    "peakFinder": self.names,
                    "nFootprints": number,
                    "preparation": preparation,
                    "seconds": seconds,
                    "perFootprint": [1e6 * value / number for value in seconds],
                }
            )
        )

    def _quickest(self, call: Callable[[], object]) -> float:
        """Least processor time of several calls [s]; a first one warms up."""
        call()
        times = []
        for _ in range(self.config.repeats):
            began = time.process_time()
            call()
            times.append(time.process_time() - began)
        return min(times)
