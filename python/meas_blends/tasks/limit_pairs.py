"""Compute how much the pixels hold of the difference between a pair and one galaxy."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import ConfigField, Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.coadd import Coadd
from ..data.footprints import footprint_of
from ..errors import BadInputError
from ..evaluation.pair_limits import pair_limits
from .dimensions import IMAGE
from .filtering import FilteringConfig, filter_coadd

__all__ = ["LimitPairsConfig", "LimitPairsConnections", "LimitPairsTask"]


class LimitPairsConnections(PipelineTaskConnections, dimensions=IMAGE):
    """Coadd, spans and true galaxies in, one row a pair out."""

    coadd = ct.Input(
        doc="Coadd that the footprints were found in: its PSF and noise.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
    )
    spans = ct.Input(
        doc="Pixels of the footprints.",
        name="blend_spans",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )
    truth = ct.Input(
        doc="The galaxies that are truly there.",
        name="blend_truth",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )
    limits = ct.Output(
        doc="sqrt(delta chi^2) of each footprint with exactly two galaxies.",
        name="blend_pair_limits",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )


class LimitPairsConfig(PipelineTaskConfig, pipelineConnections=LimitPairsConnections):
    """Configuration of `LimitPairsTask`."""

    filtering = ConfigField(
        doc="Matched filter whose noise counts. By default that of the variance plane: the light"
        " of galaxies too faint to be seen is no noise to an ideal observer.",
        dtype=FilteringConfig,
    )
    min_significance = Field[float](
        doc="Least point-source S/N of a galaxy that counts; the same as of the labels.",
        default=5.0,
        check=lambda value: value >= 0,
    )

    def setDefaults(self) -> None:
        """Take the noise of the variance plane."""
        self.filtering.noise = "variance"


class LimitPairsTask(PipelineTask):
    """Fit one galaxy to each true pair, and say how far it is from the pair."""

    ConfigClass = LimitPairsConfig
    _DefaultName = "limitPairs"

    def run(self, coadd: Coadd, spans: Table, truth: Table) -> Struct:
        """Compute the limits of an image's pairs.

        Parameters
        ----------
        coadd : `~meas_blends.data.coadd.Coadd`
            Its PSF and noise count, not its image.
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
            If the coadd has no zero point or pixel scale.
        """
        if not np.isfinite(coadd.zero_point + coadd.pixel_scale):
            raise BadInputError(
                f"{coadd.name}: without zero point and pixel scale the galaxies cannot be drawn;"
                " give both."
            )
        filtered = filter_coadd(coadd, self.config.filtering)
        galaxies = truth[np.asarray(truth["significance"]) >= self.config.min_significance]
        owner = footprint_of(spans, galaxies["x"], galaxies["y"])
        limits = pair_limits(filtered, galaxies, owner, coadd.pixel_scale)
        self.log.info("%s: %d pairs", coadd.name, len(limits))
        return Struct(limits=limits)
