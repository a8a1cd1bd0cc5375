"""Find footprints in a coadd."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
from lsst.pex.config import Config, ConfigField, Field
from lsst.pipe.base import (
    NoWorkFound,
    PipelineTask,
    PipelineTaskConfig,
    PipelineTaskConnections,
    Struct,
)

from ..data.coadd import Coadd
from ..detection.find import find_footprints
from ..detection.matched_filter import MatchedFilter
from .filtering import FilteringConfig, fit_filter

__all__ = [
    "DetectFootprintsConfig",
    "DetectFootprintsConnections",
    "DetectFootprintsTask",
    "DetectionConfig",
    "check_usable",
]


class DetectFootprintsConnections(
    PipelineTaskConnections, dimensions=("skymap", "tract", "patch", "band")
):
    """Coadd in, footprints and their spans out."""

    coadd = ct.Input(
        doc="Coadd to search.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    footprints = ct.Output(
        doc="One row a footprint.",
        name="blend_footprints",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    spans = ct.Output(
        doc="Pixels of the footprints, one row a run.",
        name="blend_spans",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )


class DetectionConfig(Config):
    """How footprints are found; a base of task configurations."""

    filtering = ConfigField(doc="Background and matched filter.", dtype=FilteringConfig)
    threshold = Field[float](
        doc="Point-source S/N that a pixel must exceed.",
        default=5.0,
        check=lambda value: value > 0,
    )
    grow = Field[float](
        doc="Growth of the footprints, in units of the PSF's sigma.",
        default=2.4,
        check=lambda value: value >= 0,
    )
    min_area = Field[int](
        doc="Fewest pixels above the threshold that make a footprint.",
        default=1,
        check=lambda value: value >= 1,
    )


class DetectFootprintsConfig(
    PipelineTaskConfig, DetectionConfig, pipelineConnections=DetectFootprintsConnections
):
    """Configuration of `DetectFootprintsTask`."""


def check_usable(matched: MatchedFilter) -> None:
    """Check that there is something to search.

    An image without footprints is a result, and its tables are empty; one
    without pixels is none.

    Raises
    ------
    lsst.pipe.base.NoWorkFound
        If no pixel can be used.
    """
    if matched.bad.all():
        raise NoWorkFound(
            f"{matched.coadd.name}: not one usable pixel: all are NaN, masked or without variance"
        )


class DetectFootprintsTask(PipelineTask):
    """Find footprints: background, matched filter, threshold, growth, merging."""

    ConfigClass = DetectFootprintsConfig
    _DefaultName = "detectFootprints"

    def run(self, coadd: Coadd) -> Struct:
        """Find the footprints of a coadd.

        Parameters
        ----------
        coadd : `~meas_blends.data.coadd.Coadd`
            May lack variance and PSF, which are then estimated. Or one of
            ``lsst.images``, see `~meas_blends.rubin.as_coadd`.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``footprints`` and ``spans``, tables of
            `~meas_blends.data.catalogs.FOOTPRINTS` and
            `~meas_blends.data.catalogs.SPANS`; empty if nothing is found.

        Raises
        ------
        lsst.pipe.base.NoWorkFound
            If the coadd has no usable pixel.
        """
        config = self.config
        matched = fit_filter(coadd, config.filtering)
        check_usable(matched)
        footprints, spans = find_footprints(
            matched, config.threshold, config.grow, config.min_area, tile=config.filtering.tile
        )
        self.log.info("%s: %d footprints", matched.coadd.name, len(footprints))
        return Struct(footprints=footprints, spans=spans)
