"""Merge what was detected and classified in each band of a patch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import ChoiceField, Config, ConfigField, Field, ListField, RangeField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..blends.merge_bands import (
    cull_peaks,
    group_footprints,
    keep_peaks,
    merge_peaks,
    overlay_footprints,
)
from ..blends.merged_tables import (
    make_merged_classification,
    make_merged_footprints,
    make_merged_peaks,
)
from ..blends.pool_bands import POOLING
from ..data.footprints import PixelLists, labels_to_spans, pixel_lists
from ..detection.matched_filter import FilteredCoadd
from ..errors import BadInputError
from .dimensions import IMAGE, PATCH
from .filtering import FilteringConfig, filter_coadd
from .handles import Handle, by_band, in_priority, read_bands

__all__ = ["MergeBandsConfig", "MergeBandsConnections", "MergeBandsTask"]


class MergeBandsConnections(PipelineTaskConnections, dimensions=PATCH):
    """Tables of each band in, tables of the patch out."""

    coadds = ct.Input(
        doc="Coadds of the bands.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    footprints = ct.Input(
        doc="Footprints of each band.",
        name="blend_footprints",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    spans = ct.Input(
        doc="Their pixels.",
        name="blend_spans",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    classification = ct.Input(
        doc="How many objects each holds.",
        name="blend_classification",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    peaks = ct.Input(
        doc="Where they are.",
        name="blend_peaks",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    merged_footprints = ct.Output(
        doc="One row a merged footprint.",
        name="merged_blend_footprints",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    merged_spans = ct.Output(
        doc="Pixels of the merged footprints.",
        name="merged_blend_spans",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    merged_classification = ct.Output(
        doc="One row a merged footprint: how many objects, by all bands.",
        name="merged_blend_classification",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    merged_peaks = ct.Output(
        doc="One row an object: where, and which bands saw it.",
        name="merged_blend_peaks",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )


class CullPeaksConfig(Config):
    """Which peaks of crowded merged footprints to keep, as LSST does: any of three reasons."""

    n_bands_sufficient = RangeField[int](
        doc="Keep a peak that this many bands saw.", default=2, min=1
    )
    rank_sufficient = RangeField[int](
        doc="Keep this many of the most significant peaks.", default=20, min=1
    )
    rank_considered = RangeField[int](
        doc="Keep a peak among this many, if the next condition holds too.", default=30, min=0
    )
    rank_normalized = RangeField[float](
        doc="It is among this share of the footprint's most significant peaks.",
        default=0.7,
        min=0.0,
        max=1.0,
        inclusiveMax=True,
    )


class MergeBandsConfig(PipelineTaskConfig, pipelineConnections=MergeBandsConnections):
    """Configuration of `MergeBandsTask`."""

    filtering = ConfigField(
        doc="Background and matched filter of the coadd that merged footprints are measured in.",
        dtype=FilteringConfig,
    )
    priority = ListField[str](
        doc="Bands by priority, as LSST has them: peaks of the first are taken as they are, and"
        " footprints are measured in it. Others follow in their own order.",
        default=["i", "r", "z", "y", "g", "u"],
    )
    min_new_peak = Field[float](
        doc="Distance from all peaks from which a peak of another band is a new one [arcsec].",
        default=1.0,
        check=lambda value: value >= 0,
    )
    max_same_peak = Field[float](
        doc="Distance within which a peak of another band is the same one [arcsec]; one in between"
        " is dropped.",
        default=0.3,
        check=lambda value: value >= 0,
    )
    cull = ConfigField(doc="Culling of crowded footprints.", dtype=CullPeaksConfig)
    pooling = ChoiceField[str](
        doc="How the bands' probabilities become one.",
        allowed=POOLING,
        default="strongest",
        optional=False,
    )

    def validate(self) -> None:
        super().validate()
        if self.max_same_peak > self.min_new_peak:
            raise ValueError("max_same_peak must not be larger than min_new_peak")


class MergeBandsTask(PipelineTask):
    """Merge detections of several bands after LSST's MergeDetectionsTask.

    Footprints become the unions of those that overlap, peaks are matched by
    their distance, and each keeps the names of the bands that saw it.
    """

    ConfigClass = MergeBandsConfig
    _DefaultName = "mergeBands"

    def run(
        self,
        coadds: Sequence[Handle],
        footprints: Sequence[Handle],
        spans: Sequence[Handle],
        classification: Sequence[Handle],
        peaks: Sequence[Handle],
    ) -> Struct:
        """Merge the bands of one patch.

        Parameters
        ----------
        coadds, footprints, spans, classification, peaks : sequences of `Handle`
            Handles with the band in their ``dataId``, one a band. Bands that
            lack one of them are left out.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``merged_footprints`` (`~meas_blends.data.catalogs.MERGED_FOOTPRINTS`),
            ``merged_spans`` (`~meas_blends.data.catalogs.SPANS`),
            ``merged_classification``
            (`~meas_blends.data.catalogs.CLASSIFICATION`; blended are those
            with more than one merged peak, whatever the probability) and
            ``merged_peaks`` (`~meas_blends.data.catalogs.MERGED_PEAKS`).

        Raises
        ------
        BadInputError
            If the bands are not on one grid, or its pixel scale is unknown.
        """
        handles = by_band(coadds)
        given = {
            "footprints": by_band(footprints),
            "spans": by_band(spans),
            "classification": by_band(classification),
            "peaks": by_band(peaks),
        }
        # A band without a usable pixel has a coadd and no tables.
        handles = {
            band: handle
            for band, handle in handles.items()
            if all(band in of_band for of_band in given.values())
        }
        bands = in_priority(handles, self.config.priority)
        filtered = self._reference(handles, bands)
        coadd = filtered.coadd
        tables = {name: [of_band[band].get() for band in bands] for name, of_band in given.items()}
        lists = [pixel_lists(table, coadd.shape, coadd.xy0) for table in tables["spans"]]
        labels = overlay_footprints(lists, coadd.shape)
        groups = [group_footprints(labels, pixels) for pixels in lists]
        merged_spans = labels_to_spans(labels, coadd.xy0)
        merged = pixel_lists(merged_spans, coadd.shape, coadd.xy0)
        peaks_found, owner, seen = self._merge_peaks(
            tables["peaks"], lists, groups, coadd.pixel_scale
        )
        n_peaks = np.bincount(owner, minlength=len(merged.identifiers))
        self.log.info(
            "%s: %d footprints with %d peaks, merged of %s",
            "+".join(bands),
            len(n_peaks),
            len(owner),
            " + ".join(str(len(pixels.identifiers)) for pixels in lists),
        )
        return Struct(
            merged_footprints=make_merged_footprints(
                filtered, merged, tables["footprints"], groups, bands
            ),
            merged_spans=merged_spans,
            merged_classification=make_merged_classification(
                tables["classification"], groups, merged, n_peaks, self.config.pooling
            ),
            merged_peaks=make_merged_peaks(peaks_found, owner, seen, bands),
        )

    def _reference(self, handles: Mapping[str, Handle], bands: Sequence[str]) -> FilteredCoadd:
        """Filter the coadd of the highest priority; check that the others lie on its grid."""
        read = read_bands(handles, bands)
        _, reference = next(read)
        for _ in read:
            pass
        if not np.isfinite(reference.pixel_scale):
            raise BadInputError(
                f"{reference.name}: has no pixel scale, by which peaks of several bands are"
                " matched; give --pixel-scale."
            )
        return filter_coadd(reference, self.config.filtering)

    def _merge_peaks(
        self,
        peaks: Sequence[Table],
        lists: Sequence[PixelLists],
        groups: Sequence[np.ndarray],
        pixel_scale: float,
    ) -> tuple[Table, np.ndarray, np.ndarray]:
        """Merged peaks, rows of the merged footprints that hold them, and who saw them."""
        owners = [
            group[np.searchsorted(pixels.identifiers, np.asarray(table["footprintId"]))]
            for table, pixels, group in zip(peaks, lists, groups, strict=True)
        ]
        merged, owner, seen = merge_peaks(
            peaks,
            owners,
            self.config.min_new_peak / pixel_scale,
            self.config.max_same_peak / pixel_scale,
        )
        keep = cull_peaks(owner, seen, **self.config.cull.toDict())
        return keep_peaks(merged, keep), owner[keep], seen[keep]
