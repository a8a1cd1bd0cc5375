"""Measure the morphology of every peak: posteriors of B/T, radius and flux."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.child_models import ChildModels
from ..data.coadd import Coadd
from ..data.footprints import spans_to_labels
from ..data.morphology_tables import MORPHOLOGY, MORPHOLOGY_SAMPLES
from ..data.packages import ModelPackage
from ..detection.background import subtract_background
from ..plugins.registries import estimators
from .coadds import ready_coadd
from .dimensions import BAND, PATCH, drop_band
from .estimators.trained import check_estimator
from .filtering import BackgroundConfig, without_sharp_pixels

if TYPE_CHECKING:
    from ..morphology.stamps import Stamps

__all__ = ["MeasureMorphologyConfig", "MeasureMorphologyConnections", "MeasureMorphologyTask"]


class MeasureMorphologyConnections(
    PipelineTaskConnections, dimensions=("skymap", "tract", "patch", "band")
):
    """Coadd, spans and peaks in, morphology out."""

    coadd = ct.Input(
        doc="Coadd that the peaks were found in.",
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
    peaks = ct.Input(
        doc="One row an object: where.",
        name="blend_peaks",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    models = ct.Input(
        doc="What a deblender made of each object: models or stamps; only with deblended.",
        name="blend_child_models",
        storageClass="BlendChildModels",
        dimensions=PATCH,
    )
    morphology_model = ct.PrerequisiteInput(
        doc="Model of all coadds of the band; only with model_from_butler.",
        name="morphology_model",
        storageClass="BlendModelPackage",
        dimensions=BAND,
    )
    morphology = ct.Output(
        doc="One row an object: the posterior of B/T, radius and flux.",
        name="blend_morphology",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )
    samples = ct.Output(
        doc="Samples of the posteriors; only with n_samples.",
        name="blend_morphology_samples",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
    )

    def __init__(self, *, config: MeasureMorphologyConfig | None = None) -> None:
        super().__init__(config=config)
        if config.n_samples == 0:
            del self.samples
        if not config.deblended:
            del self.models
        if not config.model_from_butler:
            del self.morphology_model
        if config.merged_peaks:
            drop_band(self, "spans", "peaks")


class MeasureMorphologyConfig(
    PipelineTaskConfig, BackgroundConfig, pipelineConnections=MeasureMorphologyConnections
):
    """Configuration of `MeasureMorphologyTask`."""

    merged_peaks = Field[bool](
        doc="Are spans and peaks those of a patch, merged over its bands? Each is then measured in"
        " every band.",
        default=False,
    )
    deblended = Field[bool](
        doc="Subtract what a deblender made of all other objects, models or stamps? Only neighbours"
        " without one are then masked.",
        default=False,
    )
    estimator = estimators.makeField(doc="What measures the stamps, by name.", default="compact")
    model_from_butler = Field[bool](
        doc="Take the estimator's model from a dataset that was there before, one a band, such as"
        " one that was trained or ingested into a Butler?",
        default=False,
    )
    batch_size = Field[int](
        doc="Most stamps that are cut and measured at once; bounds the memory. Of stamps larger"
        " than 64 x 64 fewer are, so that they have no more pixels.",
        default=512,
        check=lambda size: size >= 1,
    )
    n_samples = Field[int](
        doc="Samples of each posterior to write, as a table of their own.",
        default=0,
        check=lambda number: number >= 0,
    )
    seed = Field[int](
        doc="Seed of samples, and of the noise that takes the place of neighbours for estimators"
        " that want it.",
        default=1,
        check=lambda value: value >= 0,
    )
    min_core = Field[float](
        doc="Least share of usable pixels within one PSF FWHM of a peak; below, it has FAILED.",
        default=0.5,
        check=lambda share: 0 <= share <= 1,
    )
    bulge_dominated = Field[float](
        doc="Median B/T from which a galaxy is labelled 'highly bulge-dominated'.",
        default=0.85,
        check=lambda share: 0 <= share <= 1,
    )
    disk_dominated = Field[float](
        doc="Median B/T up to which a galaxy is labelled 'highly disk-dominated'.",
        default=0.10,
        check=lambda share: 0 <= share <= 1,
    )
    below_seeing = Field[float](
        doc="A galaxy whose median radius is below this share of the PSF's FWHM is labelled 'Re"
        " below the seeing'.",
        default=1.0,
        check=lambda share: share >= 0,
    )
    unresolved = Field[float](
        doc="A median radius below this share of the PSF's FWHM is flagged UNRESOLVED.",
        default=0.5,
        check=lambda share: share >= 0,
    )

    def validate(self) -> None:
        """Check the fields together."""
        super().validate()
        if self.disk_dominated >= self.bulge_dominated:
            raise ValueError(
                f"disk_dominated ({self.disk_dominated}) must lie below bulge_dominated"
                f" ({self.bulge_dominated})"
            )


class MeasureMorphologyTask(PipelineTask):
    """Measure each peak's stamp with the chosen estimator."""

    ConfigClass = MeasureMorphologyConfig
    _DefaultName = "measureMorphology"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.makeSubtask("estimator")
        check_estimator(self.estimator, self.config.model_from_butler)

    def run(
        self,
        coadd: Coadd,
        spans: Table,
        peaks: Table,
        models: ChildModels | None = None,
        morphology_model: ModelPackage | None = None,
    ) -> Struct:
        """Measure the morphology of every peak.

        Parameters
        ----------
        coadd : `~meas_blends.data.coadd.Coadd`
            The coadd that they were found in, ours or of ``lsst.images``; may
            lack variance and PSF.
        spans : `astropy.table.Table`
            Pixels of the footprints, `~meas_blends.data.catalogs.SPANS`.
        peaks : `astropy.table.Table`
            `~meas_blends.data.catalogs.PEAKS`.
        models : `~meas_blends.data.child_models.ChildModels`, optional
            Of the same peaks, from `DeblendTask`.
        morphology_model : `~meas_blends.data.packages.ModelPackage`, optional
            Model of the coadd's band, in place of the estimator's own.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``morphology``, one row a peak in the same order
            (`~meas_blends.data.morphology_tables.MORPHOLOGY`). What could not be
            measured is NaN, and flagged. With ``n_samples``, ``samples`` too,
            `~meas_blends.data.morphology_tables.MORPHOLOGY_SAMPLES`.
        """
        if len(peaks) == 0:
            samples = {"samples": MORPHOLOGY_SAMPLES.make()} if self.config.n_samples else {}
            return Struct(morphology=MORPHOLOGY.make(), **samples)
        if morphology_model is not None:
            self.estimator.use(morphology_model)
        # Stamps and networks need scipy and torch: only where they are used.
        from ..morphology.cutter import StampCutter, cut_stamps
        from ..morphology.samples import sample_table

        coadd = ready_coadd(coadd)
        labels = spans_to_labels(spans, coadd.shape, coadd.xy0)
        if self.config.subtract_background:
            # With the galaxies' wings in it, it would take several per cent of their flux.
            coadd = subtract_background(
                coadd, self.config.background_mesh, self.config.background_median, labels != 0
            )
        coadd = without_sharp_pixels(coadd, self.config)
        noise, draws = np.random.default_rng(self.config.seed).spawn(2)
        cutter = StampCutter(
            coadd,
            labels,
            peaks,
            self.estimator.stamp_size,
            self.config.min_core,
            # One that says nothing of neighbours gets them masked.
            getattr(self.estimator, "neighbours", "mask"),
            noise,
            models,
        )
        parts = [
            self._measure(stamps, coadd, draws)
            for stamps in cut_stamps(cutter, self.config.batch_size)
        ]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        failed = columns["flags"] & MORPHOLOGY.flag("FAILED") != 0
        self.log.info("%s: %d of %d peaks measured", coadd.name, np.sum(~failed), len(peaks))
        keys = {
            "peakId": peaks["id"],
            "footprintId": peaks["footprintId"],
            "x": peaks["i_x"],
            "y": peaks["i_y"],
            "coord_ra": peaks["coord_ra"],
            "coord_dec": peaks["coord_dec"],
            "estimator": self.config.estimator.name,
            "model": self.estimator.model_label,
        }
        samples = columns.pop("samples")
        made = {"morphology": MORPHOLOGY.make({**keys, **columns})}
        if self.config.n_samples:
            made["samples"] = sample_table(np.asarray(peaks["id"]), samples)
        return Struct(**made)

    def _measure(
        self, stamps: Stamps, coadd: Coadd, draws: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """Columns of one batch, in physical units, flagged; and samples (n, n_samples, 3)."""
        from ..morphology.comparable import comparable_columns
        from ..morphology.samples import draw_samples

        measured = self.estimator.run(stamps)
        posterior = measured.posterior
        failed = stamps.flags & MORPHOLOGY.flag("FAILED") != 0
        radius = np.exp(posterior.quantiles[:, 1, 3])
        found = {
            "NO_ZERO_POINT": np.full(len(stamps), not np.isfinite(coadd.nanojansky_per_count)),
            "NO_PIXEL_SCALE": np.full(len(stamps), not np.isfinite(coadd.pixel_scale)),
            "UNRESOLVED": ~failed & (radius < self.config.unresolved * stamps.psf_fwhm),
            "OUTSIDE_TRAINING": ~failed & measured.outside,
        }
        # An estimator that does not refine says nothing of it.
        if hasattr(measured, "refined"):
            found["NOT_REFINED"] = ~failed & ~measured.refined
        if hasattr(measured, "misfit"):
            found["MISFIT"] = ~failed & measured.misfit
        flags = stamps.flags.copy()
        for name, rows in found.items():
            flags |= np.where(rows, MORPHOLOGY.flag(name), 0).astype(flags.dtype)
        factors = np.ones((len(stamps), 3))
        factors[:, 1] = coadd.pixel_scale
        factors[:, 2] = coadd.nanojansky_per_count * stamps.sigma
        comparable = comparable_columns(
            stamps, posterior, getattr(measured, "residuals", None), factors[:, 1], factors[:, 2]
        )
        posterior = posterior.shifted(np.log(factors))
        # Copies, for an estimator may hand over arrays that are not to be written to.
        columns = {name: np.array(values) for name, values in posterior.columns().items()}
        columns |= comparable
        columns["samples"] = draw_samples(posterior, draws, self.config.n_samples)
        for values in columns.values():
            values[failed] = np.nan
        median = columns["bulgeToTotal_p50"]
        columns["label"] = np.select(
            [median >= self.config.bulge_dominated, median <= self.config.disk_dominated],
            ["highly bulge-dominated", "highly disk-dominated"],
            "",
        )
        below = ~failed & (radius < self.config.below_seeing * stamps.psf_fwhm)
        columns["radiusLabel"] = np.where(below, "Re below the seeing", "")
        columns["maskedFraction"] = stamps.masked_fraction
        columns["flags"] = flags
        return columns
