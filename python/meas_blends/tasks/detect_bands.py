"""Find footprints in several bands of a patch at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import lsst.pipe.base.connectionTypes as ct
from lsst.pex.config import ChoiceField, Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..detection.find import find_footprints
from ..detection.matched_filter import MatchedFilter
from ..detection.stack import stack_significance
from .detect_footprints import DetectionConfig, check_usable
from .dimensions import IMAGE, PATCH
from .filtering import fit_filter
from .handles import Handle, by_band, read_bands, reference_band

__all__ = ["DetectBandsConfig", "DetectBandsConnections", "DetectBandsTask"]


class DetectBandsConnections(PipelineTaskConnections, dimensions=PATCH):
    """Coadds of the bands in, footprints of the patch out."""

    coadds = ct.Input(
        doc="Coadds of the bands.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    footprints = ct.Output(
        doc="One row a footprint.",
        name="bands_blend_footprints",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    spans = ct.Output(
        doc="Pixels of the footprints, one row a run.",
        name="bands_blend_spans",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )


class DetectBandsConfig(
    PipelineTaskConfig, DetectionConfig, pipelineConnections=DetectBandsConnections
):
    """Configuration of `DetectBandsTask`."""

    image = ChoiceField[str](
        doc="Where to look for footprints.",
        allowed={
            "reference": "the reference band",
            "stack": "the sum of all bands' S/N",
        },
        default="reference",
        optional=False,
    )
    reference = Field[str](
        doc="Reference band, in which the footprints are measured and the PSF's width is that of"
        " their growth.",
        default="i",
    )


class DetectBandsTask(PipelineTask):
    """Find the footprints of a patch in its reference band, or in the sum of its bands."""

    ConfigClass = DetectBandsConfig
    _DefaultName = "detectBands"

    def run(self, coadds: Sequence[Handle]) -> Struct:
        """Find the footprints of a patch.

        Parameters
        ----------
        coadds : sequence of `Handle`
            Handles of coadds with the band in their ``dataId``, one a band.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``footprints`` and ``spans``, tables of
            `~meas_blends.data.catalogs.FOOTPRINTS` and
            `~meas_blends.data.catalogs.SPANS`; empty if nothing is found.

        Raises
        ------
        BadInputError
            If the reference band is missing, or the bands are not on one
            grid.
        lsst.pipe.base.NoWorkFound
            If the reference band has no usable pixel.
        """
        config = self.config
        handles = by_band(coadds)
        bands = list(handles)
        reference = reference_band(bands, config.reference)
        matched = fit_filter(handles[reference].get(), config.filtering)
        check_usable(matched)
        significance = None
        if config.image == "stack":
            others = [band for band in bands if band != reference]
            filters = self._filters(handles, matched, [reference, *others])
            significance = stack_significance(filters)
        footprints, spans = find_footprints(
            matched,
            config.threshold,
            config.grow,
            config.min_area,
            significance,
            config.filtering.tile,
        )
        self.log.info("%s: %d footprints", "+".join(bands), len(footprints))
        return Struct(footprints=footprints, spans=spans)

    def _filters(
        self, handles: Mapping[str, Handle], reference: MatchedFilter, bands: Sequence[str]
    ) -> Iterator[MatchedFilter]:
        """Prepare band after band, the reference first and only once."""
        for number, (_, coadd) in enumerate(read_bands(handles, bands)):
            yield fit_filter(coadd, self.config.filtering) if number else reference
