"""Write the report on real skies."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import ChoiceField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.pages import Pages
from ..data.space_galaxies import HALVES
from ..data.versions import versions

__all__ = ["ReportSkyConfig", "ReportSkyConnections", "ReportSkyTask"]

_RUN = ("skymap",)


def _input(doc: str, name: str, storage: str = "ArrowAstropy") -> ct.Input:
    return ct.Input(doc=doc, name=name, storageClass=storage, dimensions=_RUN, minimum=0)


class ReportSkyConnections(PipelineTaskConnections, dimensions=_RUN):
    """All that was scored on real skies in, a report out; each part may be missing."""

    outcomes = _input("Single galaxies, one by one.", "real_single_outcomes")
    singles = _input("Rates of single galaxies.", "real_single_rates")
    pairs = _input("Rates of injected pairs.", "real_pair_rates")
    morphology = _input("Rates of measured morphology.", "real_morphology_rates")
    space = _input("Rates of ground against space.", "space_ground_rates")
    space_morphology = _input("Morphology against space.", "space_ground_morphology")
    singles_gallery = _input("Pictures of galaxies.", "real_single_gallery", "BlendReport")
    space_gallery = _input("Pictures of fields.", "space_ground_gallery", "BlendReport")
    report = ct.Output(
        doc="A folder: index.html, its pictures, and all numbers as tables.",
        name="real_sky_report",
        storageClass="BlendReport",
        dimensions=_RUN,
    )


class ReportSkyConfig(PipelineTaskConfig, pipelineConnections=ReportSkyConnections):
    """Configuration of `ReportSkyTask`."""

    half = ChoiceField[str](
        doc="Which half of the real galaxies the scores are of; that of the tasks that scored.",
        allowed={name: name for name in HALVES},
        default="held",
        optional=False,
    )


class ReportSkyTask(PipelineTask):
    """Draw the pictures of all that was scored on real skies, and set them on a page."""

    ConfigClass = ReportSkyConfig
    _DefaultName = "reportSky"

    def run(
        self,
        outcomes: Table | None = None,
        singles_gallery: Pages | None = None,
        space_gallery: Pages | None = None,
        **rates: Table,
    ) -> Struct:
        """Write the report.

        Parameters
        ----------
        outcomes : `astropy.table.Table`, optional
            `~meas_blends.data.real_sky_tables.SINGLES`.
        singles_gallery, space_gallery : `~meas_blends.data.pages.Pages`, optional
            Pictures.
        **rates : `astropy.table.Table`
            By the names of their connections.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``report``, `~meas_blends.data.pages.Pages`.
        """
        from ..pictures.skies.inputs import SkyInputs
        from ..pictures.skies.report import make_sky_report

        tables = {name: rows for name, rows in rates.items() if rows is not None}
        if outcomes is not None:
            tables["images"] = outcomes[np.asarray(outcomes["sample"]) == "image"]
        galleries = {"singles": singles_gallery, "space": space_gallery}
        inputs = SkyInputs(
            tables,
            {name: pages for name, pages in galleries.items() if pages is not None},
            self.config.half,
            list(versions().items()),
        )
        return Struct(report=Pages(make_sky_report(inputs)))
