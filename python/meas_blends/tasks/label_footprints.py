"""Count the true galaxies in each footprint."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..simulation.labels import label_footprints

__all__ = ["LabelFootprintsConfig", "LabelFootprintsConnections", "LabelFootprintsTask"]


class LabelFootprintsConnections(
    PipelineTaskConnections, dimensions=("skymap", "tract", "patch", "band")
):
    """Spans and true galaxies in, labels out."""

    spans = ct.Input(
        doc="Pixels of the footprints.",
        name="blend_spans",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    truth = ct.Input(
        doc="The galaxies that are truly there.",
        name="blend_truth",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    labels = ct.Output(
        doc="One row a footprint: how many galaxies it holds.",
        name="blend_labels",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )


class LabelFootprintsConfig(PipelineTaskConfig, pipelineConnections=LabelFootprintsConnections):
    """Configuration of `LabelFootprintsTask`."""

    min_significance = Field[float](
        doc="Least point-source S/N of a galaxy or star that counts.",
        default=5.0,
        check=lambda value: value >= 0,
    )


class LabelFootprintsTask(PipelineTask):
    """Label footprints as truly blended or not."""

    ConfigClass = LabelFootprintsConfig
    _DefaultName = "labelFootprints"

    def run(self, spans: Table, truth: Table) -> Struct:
        """Count the significant galaxies in each footprint.

        Parameters
        ----------
        spans : `astropy.table.Table`
            Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
        truth : `astropy.table.Table`
            Galaxies, `~meas_blends.data.catalogs.TRUTH`.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``labels``, `~meas_blends.data.catalogs.FOOTPRINT_LABELS`.
        """
        labels = label_footprints(spans, truth, self.config.min_significance)
        self.log.info(
            "%d footprints: %d blended, %d empty",
            len(labels),
            labels["blended"].sum(),
            (labels["nObjects"] == 0).sum(),
        )
        return Struct(labels=labels)
