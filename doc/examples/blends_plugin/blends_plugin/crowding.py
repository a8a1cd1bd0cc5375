"""A task that comes after the peak finder."""

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct


class CrowdingConnections(PipelineTaskConnections, dimensions=("skymap", "tract", "patch", "band")):
    """Peaks in, one row a footprint out."""

    peaks = ct.Input(
        doc="Peaks of the footprints.",
        name="blend_peaks",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    crowding = ct.Output(
        doc="How crowded each footprint is.",
        name="blend_crowding",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )


class CrowdingConfig(PipelineTaskConfig, pipelineConnections=CrowdingConnections):
    """Configuration of `CrowdingTask`."""

    crowded = Field[int](
        doc="Peaks from which on a footprint is called crowded.",
        default=3,
        check=lambda number: number >= 2,
    )


class CrowdingTask(PipelineTask):
    """Count the peaks of each footprint and measure how far they spread."""

    ConfigClass = CrowdingConfig
    _DefaultName = "crowding"

    def run(self, peaks):
        """Measure all footprints.

        Parameters
        ----------
        peaks : `astropy.table.Table`
            Table ``blend_peaks``.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``crowding``: ``footprintId``, ``nPeaks``, ``spread`` [pixel]: rms
            distance of the peaks from their mean, and ``crowded``.
        """
        footprint, owner = np.unique(peaks["footprintId"], return_inverse=True)
        number = np.bincount(owner)
        squares = np.zeros(len(footprint))
        for axis in ("f_x", "f_y"):
            position = np.asarray(peaks[axis])
            mean = np.bincount(owner, position) / number
            squares += np.bincount(owner, (position - mean[owner]) ** 2) / number
        table = Table(
            {
                "footprintId": footprint,
                "nPeaks": number,
                "spread": np.sqrt(squares),
                "crowded": number >= self.config.crowded,
            },
            units={"spread": "pix"},
        )
        return Struct(crowding=table)
