"""Compute how much the reference band holds of the difference between a pair and one galaxy."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTaskConnections, Struct

from .dimensions import IMAGE, PATCH
from .handles import Handle, by_band, reference_band
from .limit_pairs import LimitPairsConfig, LimitPairsTask

__all__ = ["LimitBandsConfig", "LimitBandsConnections", "LimitBandsTask"]


class LimitBandsConnections(PipelineTaskConnections, dimensions=PATCH):
    """Coadds, spans and true galaxies of a patch in, one row a pair out."""

    coadds = ct.Input(
        doc="Coadds of the bands: the PSF and noise of the reference.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    spans = ct.Input(
        doc="Pixels of the footprints.",
        name="bands_blend_spans",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    truth = ct.Input(
        doc="The galaxies that are truly there, as the reference band shows them.",
        name="bands_blend_truth",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    limits = ct.Output(
        doc="sqrt(delta chi^2) of each footprint with exactly two galaxies.",
        name="bands_blend_pair_limits",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )


class LimitBandsConfig(LimitPairsConfig, pipelineConnections=LimitBandsConnections):
    """Configuration of `LimitBandsTask`."""

    reference = Field[str](doc="Band whose pixels count.", default="i")


class LimitBandsTask(LimitPairsTask):
    """Say how far each true pair is from one galaxy in the reference band alone.

    What a classifier finds of the pairs that this band cannot tell from one
    galaxy is what the other bands bring.
    """

    ConfigClass = LimitBandsConfig
    _DefaultName = "limitBands"

    def run(self, coadds: Sequence[Handle], spans: Table, truth: Table) -> Struct:
        """Compute the limits of a patch's pairs.

        Parameters
        ----------
        coadds : sequence of `Handle`
            Handles of coadds with the band in their ``dataId``, one a band.
        spans, truth : `astropy.table.Table`
            `~meas_blends.data.catalogs.SPANS` and
            `~meas_blends.data.catalogs.TRUTH`.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``limits``, `~meas_blends.data.outcome_tables.PAIR_LIMITS`.

        Raises
        ------
        BadInputError
            If the reference band is missing, or has no zero point or pixel
            scale.
        """
        handles = by_band(coadds)
        reference = reference_band(list(handles), self.config.reference)
        return super().run(handles[reference].get(), spans, truth)
