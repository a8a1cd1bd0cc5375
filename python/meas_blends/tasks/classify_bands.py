"""Say how many objects each footprint of a patch holds, from all bands at once."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
from astropy.table import Table
from lsst.pex.config import ConfigField, Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.packages import ModelPackage
from ..plugins.registries import peak_finders
from .dimensions import IMAGE, PATCH
from .filtering import FilteringConfig, fit_band_filters
from .handles import Handle, by_band, reference_band
from .peak_finders import check_takes
from .windows import find_peaks

__all__ = ["ClassifyBandsConfig", "ClassifyBandsConnections", "ClassifyBandsTask"]


class ClassifyBandsConnections(PipelineTaskConnections, dimensions=PATCH):
    """Coadds of all bands and spans in, classification and peaks out."""

    coadds = ct.Input(
        doc="Coadds of the bands.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    spans = ct.Input(
        doc="Pixels of the footprints: those found in the bands together, or merged from them.",
        name="bands_blend_spans",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    blend_model = ct.PrerequisiteInput(
        doc="Model over the bands of all patches, if model_from_butler is set.",
        name="bands_blend_model",
        storageClass="BlendModelPackage",
        dimensions=("skymap",),
    )
    classification = ct.Output(
        doc="One row a footprint: how many objects.",
        name="bands_blend_classification",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )
    peaks = ct.Output(
        doc="One row an object: where.",
        name="bands_blend_peaks",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
    )

    def __init__(self, *, config: ClassifyBandsConfig | None = None) -> None:
        super().__init__(config=config)
        if not config.model_from_butler:
            del self.blend_model


class ClassifyBandsConfig(PipelineTaskConfig, pipelineConnections=ClassifyBandsConnections):
    """Configuration of `ClassifyBandsTask`."""

    filtering = ConfigField(
        doc="Background and matched filter; the same as of the detection.", dtype=FilteringConfig
    )
    reference = Field[str](
        doc="Reference band, whose smoothed image has the peaks; a classifier sees the others"
        " beside it.",
        default="i",
    )
    reference_alone = Field[bool](
        doc="Leave the other bands aside? It tells what they bring; any peak finder will do then.",
        default=False,
    )
    peak_finder = peak_finders.makeField(
        doc="What finds the peaks, by name; it must know several bands.", default="gp"
    )
    model_from_butler = Field[bool](
        doc="Take the peak finder's model from a dataset that was there before, such as one that"
        " was trained or ingested into a Butler, and not from its own configuration?",
        default=False,
    )


class ClassifyBandsTask(PipelineTask):
    """Classify footprints by one classifier over all bands, and give them peaks."""

    ConfigClass = ClassifyBandsConfig
    _DefaultName = "classifyBands"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.makeSubtask("peak_finder")
        if not self.config.reference_alone:
            check_takes(self.peak_finder, "others", "several bands")
        if self.config.model_from_butler:
            check_takes(self.peak_finder, "package", "a model from a dataset")

    def run(
        self, coadds: Sequence[Handle], spans: Table, blend_model: ModelPackage | None = None
    ) -> Struct:
        """Classify the footprints of a patch and find their peaks.

        Parameters
        ----------
        coadds : sequence of `Handle`
            Handles of coadds with the band in their ``dataId``, one a band.
        spans : `astropy.table.Table`
            Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
        blend_model : `~meas_blends.data.packages.ModelPackage`, optional
            Model over these bands, in place of the peak finder's own.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``classification`` (`~meas_blends.data.catalogs.CLASSIFICATION`)
            and ``peaks`` (`~meas_blends.data.catalogs.PEAKS`), as of
            `ClassifyBlendsTask`.

        Raises
        ------
        BadInputError
            If the reference band is missing, the bands are not on one grid,
            or the classifier wants other bands.
        """
        config = self.config
        if config.reference_alone:
            handles = by_band(coadds)
            coadds = [handles[reference_band(list(handles), config.reference)]]
        matched, others = fit_band_filters(coadds, config.reference, config.filtering)
        # Plugins' peak finders need not take a model.
        more = {} if blend_model is None else {"package": blend_model}
        drop = config.filtering.saturated_stars == "drop"
        found = find_peaks(
            self.peak_finder, matched, spans, config.filtering.tile, others, drop, **more
        )
        self.log.info(
            "%s with %s: %d of %d footprints blended",
            matched.coadd.name,
            ", ".join(others) or "no other band",
            found.classification["blended"].sum(),
            len(found.classification),
        )
        return found
