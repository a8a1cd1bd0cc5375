"""Count the true galaxies in footprints of several bands."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table, vstack
from lsst.pex.config import Field, ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..errors import BadInputError
from ..simulation.labels import label_footprints
from .dimensions import IMAGE, PATCH
from .handles import Handle, by_band

__all__ = ["LabelBandsConfig", "LabelBandsConnections", "LabelBandsTask"]


class LabelBandsConnections(
    PipelineTaskConnections, dimensions=PATCH, defaultTemplates={"footprints": "merged_"}
):
    """Spans of a patch and the true galaxies of its bands in, labels out.

    The template ``footprints`` says of which footprints: ``merged_`` or
    ``bands_``.
    """

    spans = ct.Input(
        doc="Pixels of the footprints.",
        name="{footprints}blend_spans",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    truths = ct.Input(
        doc="The galaxies that are truly there, as each band shows them.",
        name="blend_truth",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    labels = ct.Output(
        doc="One row a footprint: how many galaxies it holds.",
        name="{footprints}blend_labels",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    truth = ct.Output(
        doc="Each galaxy once, as the band shows it in which it is most significant.",
        name="{footprints}blend_truth",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )


class LabelBandsConfig(PipelineTaskConfig, pipelineConnections=LabelBandsConnections):
    """Configuration of `LabelBandsTask`."""

    min_significance = Field[float](
        doc="Least point-source S/N of a galaxy that counts.",
        default=5.0,
        check=lambda value: value >= 0,
    )
    bands = ListField[str](
        doc="Bands in one of which a galaxy must reach it; all if none are given.", default=[]
    )


class LabelBandsTask(PipelineTask):
    """Label footprints of several bands as truly blended or not."""

    ConfigClass = LabelBandsConfig
    _DefaultName = "labelBands"

    def run(self, spans: Table, truths: Sequence[Handle]) -> Struct:
        """Count the galaxies that are significant in some band in each footprint.

        Parameters
        ----------
        spans : `astropy.table.Table`
            Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
        truths : sequence of `Handle`
            Handles of `~meas_blends.data.catalogs.TRUTH`, one a band. A
            galaxy has the same ``galaxyId`` in each.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``labels`` (`~meas_blends.data.catalogs.FOOTPRINT_LABELS`) and
            ``truth`` (`~meas_blends.data.catalogs.TRUTH`).

        Raises
        ------
        BadInputError
            If there is no truth of any of the configured bands.
        """
        found = by_band(truths)
        wanted = [band for band in found if band in self.config.bands] or list(found)
        if self.config.bands and not set(found) & {*self.config.bands, ""}:
            raise BadInputError(
                f"there is no truth of the bands {', '.join(self.config.bands)}; choose some of"
                f" {', '.join(found)}."
            )
        truth = most_significant([found[band].get() for band in wanted])
        labels = label_footprints(spans, truth, self.config.min_significance)
        self.log.info("%d footprints: %d blended", len(labels), labels["blended"].sum())
        return Struct(labels=labels, truth=truth)


def most_significant(truths: Sequence[Table]) -> Table:
    """Take each galaxy from the table in which it is most significant.

    Parameters
    ----------
    truths : sequence of `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH` of several bands.

    Returns
    -------
    truth : `astropy.table.Table`
        One row a ``galaxyId``, ascending.
    """
    every = vstack(list(truths), metadata_conflicts="silent")
    galaxy, significance = np.asarray(every["galaxyId"]), np.asarray(every["significance"])
    order = np.lexsort((-significance, galaxy))
    first = np.append(True, np.diff(galaxy[order]) > 0)[: len(order)]
    return every[order[first]]
