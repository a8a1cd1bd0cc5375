"""Say how many objects each footprint holds, and where."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
from astropy.table import Table
from lsst.pex.config import ConfigField, Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.coadd import Coadd
from ..data.packages import ModelPackage
from ..plugins.registries import peak_finders
from .dimensions import BAND
from .filtering import FilteringConfig, fit_filter
from .peak_finders import check_takes
from .windows import find_peaks

__all__ = ["ClassifyBlendsConfig", "ClassifyBlendsConnections", "ClassifyBlendsTask"]


class ClassifyBlendsConnections(
    PipelineTaskConnections, dimensions=("skymap", "tract", "patch", "band")
):
    """Coadd and spans in, classification and peaks out."""

    coadd = ct.Input(
        doc="Coadd that the footprints were found in.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    spans = ct.Input(
        doc="Pixels of the footprints.",
        name="blend_spans",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    model = ct.Input(
        doc="Model of this very coadd, if model_from_input is set.",
        name="patch_blend_model",
        storageClass="BlendModelPackage",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    blend_model = ct.PrerequisiteInput(
        doc="Model of all coadds of the band, if model_from_butler is set.",
        name="blend_model",
        storageClass="BlendModelPackage",
        dimensions=BAND,
    )
    classification = ct.Output(
        doc="One row a footprint: how many objects.",
        name="blend_classification",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    peaks = ct.Output(
        doc="One row an object: where.",
        name="blend_peaks",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )

    def __init__(self, *, config: ClassifyBlendsConfig | None = None) -> None:
        super().__init__(config=config)
        if not config.model_from_input:
            del self.model
        if not config.model_from_butler:
            del self.blend_model


class ClassifyBlendsConfig(PipelineTaskConfig, pipelineConnections=ClassifyBlendsConnections):
    """Configuration of `ClassifyBlendsTask`."""

    filtering = ConfigField(
        doc="Background and matched filter; the same as of the detection.", dtype=FilteringConfig
    )
    peak_finder = peak_finders.makeField(doc="What finds the peaks, by name.", default="gp")
    model_from_input = Field[bool](
        doc="Take the peak finder's model from a dataset, such as one that was trained for this"
        " patch, and not from its own configuration?",
        default=False,
    )
    model_from_butler = Field[bool](
        doc="Take it from a dataset that was there before, one a band, such as one that was trained"
        " or ingested into a Butler?",
        default=False,
    )

    def validate(self) -> None:
        """Check the fields together."""
        super().validate()
        if self.model_from_input and self.model_from_butler:
            raise ValueError("set one of model_from_input and model_from_butler, not both")


class ClassifyBlendsTask(PipelineTask):
    """Classify footprints as blended or not and give them peaks."""

    ConfigClass = ClassifyBlendsConfig
    _DefaultName = "classifyBlends"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.makeSubtask("peak_finder")
        if self.config.model_from_input or self.config.model_from_butler:
            check_takes(self.peak_finder, "package", "a model from a dataset")

    def run(
        self,
        coadd: Coadd,
        spans: Table,
        model: ModelPackage | None = None,
        blend_model: ModelPackage | None = None,
    ) -> Struct:
        """Classify the footprints of a coadd and find their peaks.

        Parameters
        ----------
        coadd : `~meas_blends.data.coadd.Coadd`
            The coadd that they were found in, ours or of ``lsst.images``.
        spans : `astropy.table.Table`
            Their pixels, `~meas_blends.data.catalogs.SPANS`.
        model : `~meas_blends.data.packages.ModelPackage`, optional
            Model of this coadd, in place of the peak finder's own.
        blend_model : `~meas_blends.data.packages.ModelPackage`, optional
            Model of its band, likewise.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``classification``, one row a footprint in the order of
            ``footprintId`` (`~meas_blends.data.catalogs.CLASSIFICATION`), and
            ``peaks`` (`~meas_blends.data.catalogs.PEAKS`), at least one a
            footprint.
        """
        config = self.config
        matched = fit_filter(coadd, config.filtering)
        # Plugins' peak finders need not take a model.
        package = blend_model if model is None else model
        more = {} if package is None else {"package": package}
        drop = config.filtering.saturated_stars == "drop"
        found = find_peaks(
            self.peak_finder,
            matched,
            spans,
            config.filtering.tile,
            drop_satellites=drop,
            **more,
        )
        self.log.info(
            "%s: %d of %d footprints blended",
            matched.coadd.name,
            found.classification["blended"].sum(),
            len(found.classification),
        )
        return found
